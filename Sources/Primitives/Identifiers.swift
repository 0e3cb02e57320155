// The identifiers of the domain. Each is a type of its own, so that one cannot be given where another is meant.

/// A partner, or the host: `[A-Z][A-Z0-9]{2,10}`, unique and never used again.
public struct PartnerID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "partner id"
    /// The rule in words.
    public static let rule = "a capital letter, then 2 to 10 capital letters or digits"
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (3...11).contains(bytes.count), let first = bytes.first, first.isUppercase else { return false }
        return bytes.allSatisfy { $0.isUppercase || $0.isDigit }
    }
}

/// A partner's own name for one record, unique for that partner for ever: 1 to 35 characters of the ISO 20022 set.
public struct TransactionID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "transaction id"
    /// The rule in words.
    public static let rule =
        "1 to 35 characters of A-Z a-z 0-9 / - ? : ( ) . , ' + and space, no space or / at either end, no //"
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool { IdentifierText.isTransactionText(text) }
}

/// A partner's own name for one file or message: the same characters as a transaction id.
public struct MessageID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "message id"
    /// The rule in words.
    public static let rule = TransactionID.rule
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool { IdentifierText.isTransactionText(text) }
}

/// A clearing window, such as `W-2026-03B`.
public struct WindowID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "window id"
    /// The rule in words.
    public static let rule = "W- and then 1 to 18 of A-Z 0-9 -"
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        text.utf8.starts(with: "W-".utf8) && (3...20).contains(text.utf8.count) && IdentifierText.isCode(text)
    }
    /// The window's part of other names: `2026-03B` for `W-2026-03B`.
    public var suffix: String { String(text.dropFirst(2)) }
    /// The name that this window's fixings have on statements, such as `FX-2026-03B`. Rule R6 (Specs/rules.md).
    public var fixingName: String { "FX-" + suffix }
}

/// A version of a ratio, a price or a fee, as named in the programme's files, such as `P-MAR-ISS-1`.
public struct VersionID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "version id"
    /// The rule in words.
    public static let rule = "1 to 35 of A-Z 0-9 - _ ."
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        (1...35).contains(text.utf8.count) && IdentifierText.isCode(text)
    }
}

/// A jointly funded promotion, such as `PRM-SPRING`.
public struct PromotionID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "promotion id"
    /// The rule in words.
    public static let rule = "1 to 35 of A-Z 0-9 - _ ."
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        (1...35).contains(text.utf8.count) && IdentifierText.isCode(text)
    }
}

/// The rules that several identifiers share.
enum IdentifierText {
    static func isCode(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0.isUppercase || $0.isDigit || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }

    static func isTransactionText(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...35).contains(bytes.count) else { return false }
        guard bytes.allSatisfy({ $0.isAlphanumeric || punctuation.contains($0) }) else { return false }
        let slash = UInt8(ascii: "/"), space = UInt8(ascii: " ")
        for end in [bytes[0], bytes[bytes.count - 1]] where end == slash || end == space { return false }
        return !zip(bytes, bytes.dropFirst()).contains { $0 == slash && $1 == slash }
    }

    private static let punctuation = Set("/-?:().,'+ ".utf8)
}
