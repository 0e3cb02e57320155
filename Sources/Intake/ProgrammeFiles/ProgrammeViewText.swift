import Primitives
import ProgrammeModel

extension ProgrammeView {
    /// The view as plain text, lines of at most about 120 characters, ending in a line break.
    public var text: String {
        var lines = ["Programme \(programme) on \(on)" + (viewer.map { ", as \($0) sees it" } ?? "")]
        lines.append("  host \(host), \(hostName); shared currency \(currency); zone \(zone)")
        lines += ["", "Windows"] + windows.map(Self.line)
        if windows.isEmpty { lines.append("  the calendar ends before this day") }
        for party in agreements { lines += [""] + Self.lines(party) }
        if !promotions.isEmpty { lines += ["", "Promotions"] + promotions.flatMap(Self.lines) }
        if !officers.isEmpty {
            lines += ["", "Officers"]
            lines += officers.map { officer in
                "  \(officer.name)  \(officer.roles.map(\.rawValue).joined(separator: " "))  \(officer.fingerprint)"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ window: Window) -> String {
        let dates = window.valueDates.map { "\($0.currency) \($0.date)" }.joined(separator: ", ")
        return "  \(window.id)  \(window.open) to \(window.cutoff)  "
            + (dates.isEmpty ? "settled with a later window" : "settled \(dates)")
    }

    private static func lines(_ party: Party) -> [String] {
        var out = ["\(party.partner), \(party.legalName) (\(party.country)), \(party.status.rawValue)"]
        let own = party.ownCurrency.map { "own points \($0)" } ?? "no points of its own"
        out.append("  \(own); settles in \(party.settlementCurrency); zone \(party.zone)")
        for certificate in party.certificates {
            let end = certificate.activeTo.map { " to \($0)" } ?? ""
            out.append(
                "  certificate \(certificate.usage.rawValue) \(certificate.fingerprint)"
                    + " from \(certificate.activeFrom)\(end)"
            )
        }
        out += party.inForce.flatMap { lines($0, indent: "  ") }
        if !party.later.isEmpty {
            out.append("  later:")
            out += party.later.flatMap { lines($0, indent: "    ") }
        }
        return out
    }

    private static func lines(_ version: Version, indent: String) -> [String] {
        let days = "from \(version.validFrom)" + (version.validTo.map { " to \($0)" } ?? "")
        if version.facts.count > 4 {
            return ["\(indent)\(version.key)  \(version.id)  \(days)"]
                + version.facts.map { "\(indent)  \($0.label): \($0.value)" }
        }
        let values = version.facts.enumerated().map {
            $0.offset == 0 ? $0.element.value : "\($0.element.label) \($0.element.value)"
        }
        return ["\(indent)\(version.key): \(values.joined(separator: ", "))  \(version.id)  \(days)"]
    }

    private static func lines(_ campaign: Campaign) -> [String] {
        let days = "from \(campaign.validFrom)" + (campaign.validTo.map { " to \($0)" } ?? "")
        let shares = campaign.funders.map { "\($0.funder) \($0.weight)" }.joined(separator: ", ")
        let missing = campaign.missingSignatures.map(\.text).joined(separator: ", ")
        return ["  \(campaign.id), \(campaign.name), \(days): \(shares)"]
            + (missing.isEmpty ? [] : ["    not signed by \(missing)"])
    }
}
