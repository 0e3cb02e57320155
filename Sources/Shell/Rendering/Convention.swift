import Primitives

/// How numbers and days are written.
public enum Convention: Sendable, Hashable {
    /// A decimal point, days as `2026-04-07`; columns are separated by commas.
    case international
    /// A decimal comma, days as `07/04/2026`; columns are separated by semicolons, as French spreadsheets expect them.
    case french

    /// A decimal as people write it; there are never separators of thousands.
    func number(_ decimal: String) -> String {
        self == .french ? String(decimal.map { $0 == "." ? "," : $0 }) : decimal
    }

    /// A day.
    func day(_ day: BusinessDate) -> String {
        guard self == .french else { return day.description }
        let parts = day.description.split(separator: "-")
        return parts.reversed().joined(separator: "/")
    }

    /// The day and time of an instant of RFC 3339 in the zone in which it is written.
    func instant(_ text: String) -> String {
        guard self == .french, let day = BusinessDate(String(text.prefix(10))) else { return text }
        return "\(self.day(day)) \(text.dropFirst(11))"
    }
}
