public import Primitives
public import ProgrammeModel

/// One difference between two programmes, in words.
public struct Change: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Whom it concerns: a partner's id, `promotion` with its id, or `programme`.
    public let who: String
    /// What differs, such as `price ISSUANCE`.
    public let what: String
    /// What held before; nil where there was nothing.
    public let old: String?
    /// What holds now; nil where there is nothing.
    public let new: String?
    /// The first day on which it differs; nil for what has no date.
    public let from: BusinessDate?
    /// The last day on which it differs; nil for what has no date or no end.
    public let to: BusinessDate?

    init(
        _ who: String, _ what: String, old: String?, new: String?, from: BusinessDate? = nil, to: BusinessDate? = nil
    ) {
        self.who = who
        self.what = what
        self.old = old
        self.new = new
        self.from = from
        self.to = to == .distantFuture ? nil : to
    }

    /// One sentence, such as `MARCHE: price ISSUANCE changes from 0.00550 EUR (P-1) to 0.00575 EUR (P-2) from
    /// 2026-03-25`.
    public var description: String {
        let change =
            switch (old, new) {
            case (let old?, let new?): "changes from \(old) to \(new)"
            case (nil, let new?): "is added: \(new)"
            case (let old?, nil): "is removed: \(old)"
            case (nil, nil): "changes"
            }
        let days = from.map { " from \($0)" + (to.map { " to \($0)" } ?? "") } ?? ""
        return "\(who): \(what) \(change)\(days)"
    }
}

/// Tells the differences between two programmes.
public enum ProgrammeDiff {
    /// Every difference, the programme's own first, then partners and promotions in order of their ids.
    public static func diff(_ old: Programme, _ new: Programme) -> [Change] {
        programme(old, new) + windows(old.windows, new.windows) + officers(old.officers, new.officers)
            + partners(old, new) + promotions(old, new)
    }

    private static func years(_ programme: Programme) -> String {
        "\(programme.retentionYears ?? Limits.retentionYears)"
    }

    private static func programme(_ old: Programme, _ new: Programme) -> [Change] {
        let values: [(String, String, String)] = [
            ("id", old.id, new.id), ("host", old.host.text, new.host.text), ("host's name", old.hostName, new.hostName),
            ("currency", old.currency.description, new.currency.description), ("zone", old.zone.name, new.zone.name),
            ("opening points", "\(old.openingPoints)", "\(new.openingPoints)"),
            ("retention years", years(old), years(new)),
            ("bank accounts", old.banking?.words ?? "none", new.banking?.words ?? "none"),
        ]
        var out = values.filter { $0.1 != $0.2 }.map { Change("programme", $0.0, old: $0.1, new: $0.2) }
        for zone in new.zones {
            guard let before = old.zones.first(where: { $0.name == zone.name }), before != zone else { continue }
            let first = zip(before.offsets, zone.offsets).first { $0 != $1 }?.1.from
            out.append(
                Change(
                    "programme", "offsets of zone \(zone.name)", old: "\(before.offsets.count) offsets",
                    new: "\(zone.offsets.count) offsets", from: first.map(zone.date)))
        }
        return out
    }

    private static func windows(_ old: [WindowDefinition], _ new: [WindowDefinition]) -> [Change] {
        let before = Dictionary(old.map { ($0.id, $0) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.id, $0) }) { first, _ in first }
        var out: [Change] = []
        for window in old {
            guard let now = after[window.id], now != window else { continue }
            out.append(
                Change("programme", "window \(window.id)", old: words(window), new: words(now), from: now.firstDay))
        }
        let removed = old.filter { after[$0.id] == nil }
        let added = new.filter { before[$0.id] == nil }
        if !removed.isEmpty {
            out.append(Change("programme", "windows", old: range(removed), new: nil, from: removed.first?.firstDay))
        }
        if !added.isEmpty {
            out.append(Change("programme", "windows", old: nil, new: range(added), from: added.first?.firstDay))
        }
        return out
    }

    static func words(_ window: WindowDefinition) -> String {
        let dates = window.valueDates.map { "\($0.currency) \($0.date)" }.joined(separator: ", ")
        return "\(window.open) to \(window.cutoff), " + (dates.isEmpty ? "no settlement" : "settled \(dates)")
    }

    private static func range(_ windows: [WindowDefinition]) -> String {
        guard let first = windows.first, let last = windows.last, windows.count > 1 else {
            return windows.first.map { "\($0.id)" } ?? "none"
        }
        return "\(windows.count) windows, \(first.id) to \(last.id)"
    }

    private static func officers(_ old: [Officer], _ new: [Officer]) -> [Change] {
        sets("programme", old, new, name: { "officer \($0.fingerprint.description.prefix(16))" }) { officer in
            "\(officer.name) (\(officer.roles.map(\.rawValue).sorted().joined(separator: " ")))"
        }
    }

    private static func partners(_ old: Programme, _ new: Programme) -> [Change] {
        let ids = Set((old.agreements + new.agreements).map(\.partner)).sorted()
        return ids.flatMap { id -> [Change] in
            switch (old.agreement(id), new.agreement(id)) {
            case (let before?, let after?): return agreement(before, after)
            case (nil, let after?):
                return [
                    Change(id.text, "agreement", old: nil, new: after.legalName, from: after.terms.first?.validity.from)
                ]
            case (let before?, nil): return [Change(id.text, "agreement", old: before.legalName, new: nil)]
            case (nil, nil): return []
            }
        }
    }

    private static func agreement(_ old: Agreement, _ new: Agreement) -> [Change] {
        let who = new.partner.text
        let values: [(String, String?, String?)] = [
            ("legal name", old.legalName, new.legalName), ("country", old.country, new.country),
            ("status", old.status.rawValue, new.status.rawValue),
            ("own currency", old.ownCurrency?.description, new.ownCurrency?.description),
            ("settlement currency", old.settlementCurrency.description, new.settlementCurrency.description),
            ("zone", old.zone, new.zone), ("bank account", old.bankAccount?.words, new.bankAccount?.words),
            ("file expected by", old.fileExpectedBy, new.fileExpectedBy),
        ]
        var out = values.filter { $0.1 != $0.2 }.map { Change(who, $0.0, old: $0.1, new: $0.2) }
        out += sets(who, old.registrations, new.registrations, name: { "registration \($0.label)" }, words: \.number)
        out += sets(who, old.certificates, new.certificates, name: \.label, words: \.words)
        out += versions(who, old.terms, new.terms) + versions(who, old.ratios, new.ratios)
        return out + versions(who, old.prices, new.prices) + versions(who, old.fees, new.fees)
    }

    private static func versions<Version: DescribedVersion>(
        _ who: String, _ old: [Version], _ new: [Version]
    ) -> [Change] {
        Timeline.differences(old, new).flatMap { part -> [Change] in
            guard let before = part.old, let after = part.new else {
                return [
                    Change(
                        who, part.key, old: part.old.map { "\($0.summary) (\($0.id))" },
                        new: part.new.map { "\($0.summary) (\($0.id))" }, from: part.from, to: part.to)
                ]
            }
            let facts = sets("", before.facts, after.facts, name: \.label, words: \.value)
            if facts.isEmpty {
                return [Change(who, part.key, old: before.id.text, new: after.id.text, from: part.from, to: part.to)]
            }
            return facts.map { fact in
                let what = before.facts.count == 1 && after.facts.count == 1 ? part.key : "\(part.key), \(fact.what)"
                return Change(
                    who, what, old: fact.old.map { "\($0) (\(before.id))" },
                    new: fact.new.map { "\($0) (\(after.id))" },
                    from: part.from, to: part.to)
            }
        }
    }

    private static func promotions(_ old: Programme, _ new: Programme) -> [Change] {
        let ids = Set((old.promotions + new.promotions).map(\.id)).sorted()
        return ids.flatMap { id -> [Change] in
            let who = "promotion \(id)"
            guard let before = old.promotion(id), let after = new.promotion(id) else {
                let (before, after) = (old.promotion(id), new.promotion(id))
                return [
                    Change(
                        who, "promotion", old: before?.words, new: after?.words, from: (after ?? before)?.validity.from)
                ]
            }
            let values = [
                ("name", before.name, after.name),
                ("days", before.validity.description, after.validity.description),
                ("funders", before.funderWords, after.funderWords),
                ("funders who signed", before.signerWords, after.signerWords),
            ]
            return values.filter { $0.1 != $0.2 }.map {
                Change(who, $0.0, old: $0.1, new: $0.2, from: after.validity.from)
            }
        }
    }

    /// Differences of two lists whose items have names.
    private static func sets<Item>(
        _ who: String, _ old: [Item], _ new: [Item], name: (Item) -> String, words: (Item) -> String
    ) -> [Change] {
        let before = Dictionary(old.map { (name($0), words($0)) }) { first, _ in first }
        let after = Dictionary(new.map { (name($0), words($0)) }) { first, _ in first }
        var names: [String] = []
        for item in old + new where !names.contains(name(item)) { names.append(name(item)) }
        return names.filter { before[$0] != after[$0] }.map { Change(who, $0, old: before[$0], new: after[$0]) }
    }
}

extension BankAccount {
    /// The account in full: whoever approves a change of account must see all of it.
    var words: String {
        "\(account) at \(bic)" + (mandate.map { ", mandate \($0)" } ?? "") + (mandateDate.map { " of \($0)" } ?? "")
    }
}

extension HostBanking {
    /// Every account in full, as of partners.
    var words: String {
        let held = accounts.map { "\($0.currency) \($0.account) at \($0.bic)" }
        return ((creditorID.map { ["creditor \($0)"] } ?? []) + held).joined(separator: "; ")
    }
}

extension CertificateGrant {
    var label: String { "certificate \(usage.rawValue) \(fingerprint.description.prefix(16))" }
    var words: String { "active from \(activeFrom)" + (activeTo.map { " to \($0)" } ?? "") }
}

extension Promotion {
    var funderWords: String { funders.map { "\($0.funder) \($0.weight)" }.joined(separator: ", ") }
    var signerWords: String { signedBy.isEmpty ? "none" : signedBy.map(\.text).joined(separator: ", ") }
    var words: String { "\(name), \(validity), \(funderWords)" }
}
