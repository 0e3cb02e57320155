import Primitives
import ProgrammeModel

/// How numbers and dates are written for people.
public enum PageFormat: String, Hashable, Sendable, CaseIterable {
    /// 1,234.50 and 2026-03-18.
    case international
    /// 1 234,50 and 18/03/2026, as in France.
    case french

    /// The language of the page's numbers, for screen readers.
    var language: String { self == .french ? "fr" : "en" }

    /// The format that a browser's `Accept-Language` asks for first.
    public init(acceptLanguage: String) {
        let first = acceptLanguage.split(separator: ",").first ?? ""
        self = first.lowercased().drop { $0 == " " }.hasPrefix("fr") ? .french : .international
    }

    func number(_ value: some BinaryInteger) -> String { decimal("\(value)") }

    /// A number that is written plainly, such as -1234.50; other texts stay as they are.
    func decimal(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard (1...2).contains(parts.count), !digits.isEmpty, parts[0].utf8.count >= 1,
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return text }
        // The space of a French number is narrow and does not break; the minus is the sign and not a hyphen.
        let separator: (group: String, point: String) = self == .french ? ("\u{202F}", ",") : (",", ".")
        var whole = ""
        for (index, digit) in parts[0].enumerated() {
            if index > 0, (parts[0].count - index) % 3 == 0 { whole += separator.group }
            whole.append(digit)
        }
        return (isNegative ? "\u{2212}" : "") + whole + (parts.count == 2 ? separator.point + parts[1] : "")
    }

    func money(_ amount: Money) -> String { "\(decimal(amount.amountText)) \(amount.currency)" }

    func date(_ date: BusinessDate) -> String { self.date("\(date)") }

    func time(_ instant: Timestamp, _ zone: Zone) -> String { time(zone.format(instant)) }

    /// An instant in RFC 3339 as its date, hour and minute, in the zone that it is written in.
    func time(_ text: String) -> String {
        let parts = text.split(separator: "T")
        guard parts.count == 2 else { return text }
        return "\(date(String(parts[0]))) \(parts[1].prefix(5))"
    }

    private func date(_ text: String) -> String {
        let parts = text.split(separator: "-")
        guard self == .french, parts.count == 3 else { return text }
        return "\(parts[2])/\(parts[1])/\(parts[0])"
    }

    /// How long it is from one instant to another, in the two largest units.
    static func duration(from start: Timestamp, to end: Timestamp) -> String {
        let minutes = max(0, (end.milliseconds - start.milliseconds) / 60_000)
        let (days, hours) = (minutes / 1440, minutes / 60 % 24)
        if days > 0 { return "\(days) d \(hours) h" }
        return hours > 0 ? "\(hours) h \(minutes % 60) min" : "\(minutes) min"
    }
}
