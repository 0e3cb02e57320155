import Primitives

/// Reads one mapping strictly: every key must be asked for, and `finish` tells those that nobody asked for.
final class MapReader {
    let spot: Spot
    let log: FindingLog
    private let entries: [YAMLEntry]
    private var asked: [String] = []
    private var laterKeys: [String] = []

    init(_ entries: [YAMLEntry], at spot: Spot, log: FindingLog) {
        self.entries = entries
        self.spot = spot
        self.log = log
    }

    /// The value of a key, or nil when the key is absent.
    func optional(_ key: String) -> Field? {
        asked.append(key)
        // The last of equal keys, since the earlier ones were told and renamed.
        guard let entry = entries.last(where: { $0.key == key }) else { return nil }
        return Field(value: entry.value, spot: spot.key(key, line: entry.line), log: log)
    }

    /// The value of a key that must be there; its absence is a finding.
    func required(_ key: String) -> Field? {
        if let field = optional(key) { return field }
        log.add(.cfg005, spot, value: key, detail: "the key '\(key)' is missing")
        return nil
    }

    /// Whether a key is there; it counts as asked for.
    func has(_ key: String) -> Bool { optional(key) != nil }

    /// Tells every key of a later version: known, and not carried out by this one.
    func later(_ keys: [String]) {
        for entry in entries where keys.contains(entry.key) {
            log.add(
                .cfg007, spot.key(entry.key, line: entry.line), value: entry.key,
                detail: "'\(entry.key)' is not carried out by this version")
        }
        laterKeys += keys
    }

    /// Every key with its value, for mappings whose keys are data.
    func all() -> [Located<(key: String, field: Field)>] {
        entries.map { entry in
            asked.append(entry.key)
            let place = spot.key(entry.key, line: entry.line)
            return Located(value: (entry.key, Field(value: entry.value, spot: place, log: log)), spot: place)
        }
    }

    /// Tells the keys that nobody asked for.
    func finish() {
        let known = Set(asked)
        for entry in entries where !known.contains(entry.key) && !laterKeys.contains(entry.key) {
            log.add(
                .cfg005, spot.key(entry.key, line: entry.line), value: entry.key,
                detail: "unknown key; known here: \(known.sorted().joined(separator: ", "))")
        }
    }
}

/// One value of a mapping or list, with its place. Each reading answers nil after a finding.
struct Field {
    let value: YAMLValue
    let spot: Spot
    let log: FindingLog

    /// Tells that the value is not what it should be.
    func refuse(_ detail: String, value: String? = nil, code: ReasonCode = .cfg005) {
        log.add(code, spot, value: value ?? plain ?? "", detail: detail)
    }

    private var plain: String? {
        if case .text(let text) = value.content { text } else { nil }
    }

    /// The text as written, not empty.
    func raw(_ expected: String) -> String? {
        guard let plain else {
            refuse("expected \(expected), not a list or mapping")
            return nil
        }
        guard !plain.isEmpty else {
            refuse("expected \(expected), found nothing")
            return nil
        }
        return plain
    }

    /// Text of one line for people.
    func text(_ expected: String, max: Int = ProgrammeLimits.nameCharacters) -> String? {
        guard let text = raw(expected) else { return nil }
        let fits =
            text.unicodeScalars.count <= max
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
                default: true
                }
            }
        guard fits, text.first != " ", text.last != " " else {
            refuse("expected \(expected): one line of at most \(max) printable characters")
            return nil
        }
        return text
    }

    /// A whole number in digits, within a range.
    func integer(_ range: ClosedRange<Int64>) -> Int64? {
        guard let text = raw("a whole number") else { return nil }
        let digits = text.utf8
        let isPlain = digits.allSatisfy(\.isDigit) && (digits.first != 0x30 || digits.count == 1)
        guard isPlain, let number = Int64(text), range.contains(number) else {
            refuse("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A whole number that fits `Int`.
    func int(_ range: ClosedRange<Int64>) -> Int? { integer(range).map { Int($0) } }

    /// One of an enumeration's words; words that a later version will know are CFG-007.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ type: Value.Type, later: [String] = []
    ) -> Value? where Value.RawValue == String {
        guard let text = raw("a word") else { return nil }
        if let value = Value(rawValue: text) { return value }
        if later.contains(text) {
            refuse("'\(text)' is not carried out by this version", code: .cfg007)
        } else {
            refuse("expected one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return nil
    }

    /// An identifier of the domain.
    func identifier<Value: ValidatedText>(_ type: Value.Type) -> Value? {
        guard let text = raw("a \(Value.label)") else { return nil }
        guard Value.accepts(text) else {
            refuse("not a \(Value.label): \(Value.rule)")
            return nil
        }
        return Value(unchecked: text)
    }

    /// Three capital letters.
    func currency() -> CurrencyCode? {
        guard let text = raw("a currency code") else { return nil }
        guard let code = CurrencyCode(text) else {
            refuse("expected a currency code of three capital letters")
            return nil
        }
        return code
    }

    /// A current ISO 4217 currency.
    func moneyCode() -> CurrencyCode? {
        guard let code = currency() else { return nil }
        guard code.minorUnits != nil else {
            refuse("not a currency of ISO 4217")
            return nil
        }
        return code
    }

    /// A currency for points, which no ISO 4217 currency is named like.
    func points() -> CurrencyCode? {
        guard let code = currency() else { return nil }
        guard code.minorUnits == nil else {
            refuse("a currency of ISO 4217 cannot name points")
            return nil
        }
        return code
    }

    /// A day.
    func date() -> BusinessDate? {
        guard let text = raw("a day YYYY-MM-DD") else { return nil }
        guard let date = BusinessDate(text) else {
            refuse("expected a day YYYY-MM-DD")
            return nil
        }
        return date
    }

    /// An instant with its offset.
    func instant() -> Timestamp? {
        guard let text = raw("an instant such as 2026-01-01T00:00:00Z") else { return nil }
        guard let instant = Timestamp(text) else {
            refuse("expected an instant such as 2026-01-01T00:00:00Z")
            return nil
        }
        return instant
    }

    /// A time of day `HH:MM`, as seconds after midnight.
    func timeOfDay() -> Int? {
        guard let text = raw("a time of day HH:MM") else { return nil }
        guard let seconds = LocalTime.secondOfDay(text) else {
            refuse("expected a time of day from 00:00 to 23:59")
            return nil
        }
        return seconds
    }

    /// A SHA-256 fingerprint in hexadecimal digits.
    func digest() -> Digest32? {
        guard let text = raw("a SHA-256 fingerprint") else { return nil }
        guard let digest = Digest32(hex: text) else {
            refuse("expected a SHA-256 fingerprint of 64 hexadecimal digits")
            return nil
        }
        return digest
    }

    /// A mapping; the reader's `finish` must follow.
    func map() -> MapReader? {
        guard case .map(let entries) = value.content else {
            refuse("expected keys with values")
            return nil
        }
        return MapReader(entries, at: spot, log: log)
    }

    /// The items of a list.
    func items() -> [Field]? {
        guard case .list(let values) = value.content else {
            refuse("expected a list")
            return nil
        }
        return values.enumerated().map { index, value in
            Field(value: value, spot: spot.item(index + 1, line: value.line), log: log)
        }
    }
}
