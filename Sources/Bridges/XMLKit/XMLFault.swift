/// Why a document is not read any further.
public struct XMLFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing is wrong; a caller turns it into its own reason code.
    public enum Kind: String, Hashable, Sendable {
        /// The document breaks the grammar of XML 1.0 or of namespaces.
        case notWellFormed
        /// The document holds a DTD or refers to an entity other than the five of XML.
        case forbidden
        /// Nesting, a tag, a comment or a text is larger than the limits allow.
        case limit
        /// The bytes are not UTF-8, or the document declares another encoding.
        case encoding
    }

    /// What kind of thing is wrong.
    public let kind: Kind
    /// What was found, in one clause.
    public let detail: String
    /// The line, counted from 1.
    public let line: Int
    /// The offset of the byte at which reading stopped.
    public let offset: Int64

    /// Describes a fault.
    public init(_ kind: Kind, _ detail: String, line: Int, offset: Int64) {
        self.kind = kind
        self.detail = detail
        self.line = line
        self.offset = offset
    }

    /// The detail and its place.
    public var description: String { "\(detail) at line \(line), byte \(offset)" }
}

/// Limits on a document, kept before and while it is parsed.
public struct XMLLimits: Hashable, Sendable {
    /// Nested elements, the root included.
    public var depth = 16
    /// Bytes from `<` to `>` of a tag, a comment or a processing instruction.
    public var tagBytes = 8 << 10
    /// Attributes of one tag, namespace declarations included. libxml2 compares each with every other.
    public var attributesPerTag = 32
    /// Bytes of the text between two tags, unless it is all blanks between elements.
    public var textBytes = 4 << 10

    /// The defaults.
    public init() {}
}
