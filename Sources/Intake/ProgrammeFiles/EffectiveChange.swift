public import Primitives
public import ProgrammeModel

/// CFG-002: whether a new version of a programme leaves alone what accepted records were told.
///
/// Receipts state conversions, so a change is refused from the moment that a record of its dates is accepted.
public enum EffectiveChange {
    /// Everything that a new programme would change behind accepted records.
    ///
    /// Refused are: another ratio, price or terms on a day up to the partner's last accepted business date, and
    /// another fee on a day up to its last day of acceptance; other content under a version's name, at any time (only
    /// its last day may move); another own or settlement currency of a partner with records, or its disappearance;
    /// other funders of a promotion, or fewer of its days, where records of those days are accepted; another host,
    /// shared currency, zone or opening once there are records; and another course of a window that has opened.
    ///
    /// - Parameters:
    ///   - old: the programme in force.
    ///   - new: the programme that shall follow it.
    ///   - lastAcceptedBusinessDate: the latest business date of a partner's accepted records, and of the bonuses that
    ///     it funds in other partners' records; nil for none.
    ///   - lastAcceptanceDay: the latest day, in the programme's zone, on which a record of the partner was accepted,
    ///     for fees; left out, the business dates stand in for it.
    ///   - openedUpTo: the instant up to which windows count as opened; nil leaves windows unjudged.
    public static func violations(
        old: Programme, new: Programme, lastAcceptedBusinessDate: (PartnerID) -> BusinessDate?,
        lastAcceptanceDay: ((PartnerID) -> BusinessDate?)? = nil, openedUpTo: Timestamp? = nil
    ) -> [Finding] {
        var out: [Finding] = []
        var latest: BusinessDate?
        for agreement in old.agreements {
            let partner = agreement.partner
            let last = lastAcceptedBusinessDate(partner)
            latest = [latest, last].compactMap(\.self).max()
            let file = "agreements/\(partner).yaml"
            guard let after = new.agreement(partner) else {
                if let last {
                    out.append(finding(file, partner.text, "the partner has accepted records up to \(last)"))
                }
                continue
            }
            if let last { out += currencies(agreement, after, last: last, file) }
            let day = lastAcceptanceDay.map { $0(partner) } ?? last
            out += versions(agreement.terms, after.terms, last: last, file)
            out += versions(agreement.ratios, after.ratios, last: last, file)
            out += versions(agreement.prices, after.prices, last: last, file)
            out += versions(agreement.fees, after.fees, last: day, file)
        }
        out += promotions(old, new, last: latest)
        if latest != nil { out += programme(old, new) }
        if let openedUpTo { out += windows(old, new, openedUpTo) }
        return out
    }

    private static func finding(_ place: String, _ value: String, _ detail: String) -> Finding {
        Finding(.cfg002, at: Finding.Place(field: place), value: value, detail: detail)
    }

    private static func currencies(_ old: Agreement, _ new: Agreement, last: BusinessDate, _ file: String) -> [Finding]
    {
        var out: [Finding] = []
        let reason = "the partner has accepted records up to \(last)"
        if old.ownCurrency != new.ownCurrency {
            out.append(finding("\(file): ownCurrency", new.ownCurrency?.description ?? "", reason))
        }
        if old.settlementCurrency != new.settlementCurrency {
            out.append(finding("\(file): settlementCurrency", new.settlementCurrency.description, reason))
        }
        return out
    }

    private static func versions<Version: DescribedVersion>(
        _ old: [Version], _ new: [Version], last: BusinessDate?, _ file: String
    ) -> [Finding] {
        var out: [Finding] = []
        var renamed: Set<VersionID> = []
        for version in new {
            guard let before = old.first(where: { $0.id == version.id }) else { continue }
            if before.key == version.key, before.facts == version.facts, before.validity.from == version.validity.from {
                continue
            }
            renamed.insert(version.id)
            out.append(
                finding(
                    "\(file): \(version.key)", version.id.text,
                    "the name stands for other content; give the new content a name of its own"))
        }
        guard let last else { return out }
        for part in Timeline.differences(old, new) where part.from <= last {
            // Where nothing held, nothing was accepted, except that a missing fee means that none was charged.
            if part.old == nil, !Version.allowsGaps { continue }
            if let id = part.new?.id, renamed.contains(id) { continue }
            let days = "\(part.from) to \(Swift.min(part.to, last))"
            out.append(
                finding(
                    "\(file): \(part.key)", (part.new ?? part.old)?.id.text ?? "",
                    "it would change \(days), and records are accepted up to \(last)"))
        }
        return out
    }

    private static func promotions(_ old: Programme, _ new: Programme, last: BusinessDate?) -> [Finding] {
        guard let last else { return [] }
        return old.promotions.compactMap { before in
            guard before.validity.from <= last else { return nil }
            let place = "promotions/\(before.id).yaml"
            guard let after = new.promotion(before.id) else {
                return finding(place, before.id.text, "records are accepted up to \(last)")
            }
            let keepsDays =
                after.validity.from <= before.validity.from
                && Swift.min(after.validity.to, last) >= Swift.min(before.validity.to, last)
            if before.funders == after.funders, keepsDays { return nil }
            return finding(
                "\(place): funders", before.id.text,
                "records are accepted up to \(last); give other funders or days to a new promotion")
        }
    }

    private static func programme(_ old: Programme, _ new: Programme) -> [Finding] {
        let values: [(String, String, String)] = [
            ("programme", old.id, new.id), ("host.id", old.host.text, new.host.text),
            ("currency", old.currency.description, new.currency.description), ("zone", old.zone.name, new.zone.name),
            ("openingPoints", "\(old.openingPoints)", "\(new.openingPoints)"),
        ]
        return values.filter { $0.1 != $0.2 }.map {
            finding("programme.yaml: \($0.0)", $0.2, "records are accepted under '\($0.1)'")
        }
    }

    /// A window that has opened keeps its name and its course; its value dates may move until it is settled.
    private static func windows(_ old: Programme, _ new: Programme, _ openedUpTo: Timestamp) -> [Finding] {
        old.windows.filter { $0.open <= openedUpTo }.compactMap { before in
            let after = new.window(before.id)
            if let after, after.open == before.open, after.cutoff == before.cutoff { return nil }
            return finding("programme.yaml: calendar", before.id.text, "the window has opened and keeps its course")
        }
    }
}
