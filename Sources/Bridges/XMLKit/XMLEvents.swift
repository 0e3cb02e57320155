/// The names that a reader of documents knows, each with a number of its own.
///
/// Elements are known by their number when their namespace is the vocabulary's; attributes when they have no namespace.
public struct XMLVocabulary: Sendable {
    /// The namespace of the elements; nil when elements of every namespace are told by name.
    public let namespace: String?
    /// The local names; the place of each is its number.
    public let names: [String]
    /// Numbers of the elements whose first byte's place is told with their start.
    public let placed: Set<Int>

    /// Makes a vocabulary of at most 10,000 names.
    public init(namespace: String?, names: [String], placed: Set<Int> = []) {
        precondition(names.count <= 10_000, "a vocabulary has at most 10,000 names")
        self.namespace = namespace
        self.names = names
        self.placed = placed
    }

    /// A vocabulary without names: every element and attribute is told by its name.
    public static let open = XMLVocabulary(namespace: nil, names: [])
}

/// One step of a document.
public struct XMLEvent: Sendable {
    /// What happened.
    public enum Kind: UInt8, Sendable {
        /// A start tag; the text is what stood between it and the tag before.
        case start
        /// An end tag; the text is what stood between it and the tag before.
        case end
        /// The schema that the parser was given is broken here; the text is the message.
        case schemaError
    }

    /// What happened.
    public let kind: Kind
    /// Whether the text is nothing but blanks.
    public let isBlank: Bool
    /// The number of the element's name in the vocabulary, or -1.
    public let name: Int16
    /// Attributes of a start tag.
    public let attributeCount: Int16
    /// The place of the first of them in `XMLEvents.attributes`.
    public let attributeStart: Int32
    /// The place of the text in `XMLEvents.bytes`.
    public let textStart: Int32
    /// Bytes of the text.
    public let textCount: Int32
    /// The place of the tag's label in `XMLEvents.labels`, or -1.
    public let label: Int32
    /// The line on which the tag ends.
    public let line: Int32
    /// The offset in the document of the byte behind the tag.
    public let offset: Int64
}

/// More about a start tag whose name is unknown, or whose place was asked for.
public struct XMLLabel: Sendable {
    /// The local name, cut to 256 bytes; empty for a known name.
    public let name: String
    /// The prefix, with which the tag was written; empty where there is none.
    public let prefix: String
    /// The namespace, cut to 256 bytes; empty where there is none.
    public let namespace: String
    /// The line on which the tag begins.
    public let line: Int
    /// The offset in the document of the tag's `<`.
    public let offset: Int64
    /// The bytes of the tag as written; of the root's tag only, else empty.
    public let source: [UInt8]
}

/// An attribute of a start tag.
public struct XMLAttribute: Sendable {
    /// The number of the name in the vocabulary; -1 for an unknown name or one with a namespace.
    public let name: Int16
    /// Whether it is `xsi:schemaLocation` or `xsi:noNamespaceSchemaLocation`, a hint for editors.
    public let isSchemaHint: Bool
    /// The place of the value in `XMLEvents.bytes`.
    public let valueStart: Int32
    /// Bytes of the value.
    public let valueCount: Int32
    /// The local name of an unknown attribute, cut to 256 bytes.
    public let unknownName: String
}

/// What a stretch of a document holds, in order.
public struct XMLEvents: Sendable {
    /// The steps.
    public internal(set) var events: [XMLEvent] = []
    /// Texts and values, to which events and attributes point.
    public internal(set) var bytes: [UInt8] = []
    /// The attributes of the start tags.
    public internal(set) var attributes: [XMLAttribute] = []
    /// The labels of the start tags that have one.
    public internal(set) var labels: [XMLLabel] = []
    /// Why the document ends here, where it is at fault. Comes with the last stretch; nothing follows.
    public internal(set) var fault: XMLFault?

    /// The text of an event.
    public func text(of event: XMLEvent) -> ArraySlice<UInt8> {
        bytes[Int(event.textStart)..<Int(event.textStart + event.textCount)]
    }

    /// The value of an attribute.
    public func value(of attribute: XMLAttribute) -> ArraySlice<UInt8> {
        bytes[Int(attribute.valueStart)..<Int(attribute.valueStart + attribute.valueCount)]
    }

    /// The attributes of an event.
    public func attributes(of event: XMLEvent) -> ArraySlice<XMLAttribute> {
        attributes[Int(event.attributeStart)..<Int(event.attributeStart) + Int(event.attributeCount)]
    }

    /// The label of an event, where it has one.
    public func label(of event: XMLEvent) -> XMLLabel? {
        event.label < 0 ? nil : labels[Int(event.label)]
    }
}
