/// A name or number that is a piece of text with rules of its own, such as a partner's id.
///
/// A conforming type can only be made from text that passed its rules, so code that holds one need not check it again.
public protocol ValidatedText: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// What the text is called in messages, such as "partner id".
    static var label: String { get }
    /// The rule in words, for messages.
    static var rule: String { get }
    /// Whether the text obeys the rule.
    static func accepts(_ text: String) -> Bool
    /// The text as given.
    var text: String { get }
    /// Wraps text that is known to obey the rule.
    init(unchecked text: String)
}

extension ValidatedText {
    /// Makes the value from text.
    ///
    /// - Throws: `InvalidText` when the text breaks the type's rule.
    public init(_ text: String) throws(InvalidText) {
        guard Self.accepts(text) else { throw InvalidText(label: Self.label, rule: Self.rule, text: text) }
        self.init(unchecked: text)
    }

    /// Orders by the bytes of the text, the order that every list and file of the product uses.
    public static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

    /// The text itself.
    public var description: String { text }

    /// Reads the text from a single value and checks it.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text as a single value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Text that breaks the rule of the type it was meant for.
public struct InvalidText: Error, Hashable, CustomStringConvertible {
    /// What the text should have been.
    public let label: String
    /// The rule that it breaks.
    public let rule: String
    /// The offending text.
    public let text: String

    /// A sentence that names the text and the rule.
    public var description: String { "'\(text)' is not a \(label): \(rule)" }
}

/// Tests on single bytes of ASCII text.
extension UInt8 {
    /// `0` to `9`.
    @inlinable public var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    /// `A` to `Z`.
    @inlinable public var isUppercase: Bool { self >= 0x41 && self <= 0x5A }
    /// `a` to `z`.
    @inlinable public var isLowercase: Bool { self >= 0x61 && self <= 0x7A }
    /// A letter or digit of ASCII.
    @inlinable public var isAlphanumeric: Bool { isDigit || isUppercase || isLowercase }
}
