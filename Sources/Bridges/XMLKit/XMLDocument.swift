/// An element of a small document that is held as a whole.
public struct XMLElement: Sendable, Hashable {
    /// The local name.
    public let name: String
    /// The namespace, empty where there is none.
    public let namespace: String
    /// The attributes without a namespace, in order.
    public let attributes: [Attribute]
    /// The line of its start tag, counted from 1.
    public let line: Int
    /// All text that stands directly within it, in order.
    public internal(set) var text: String
    /// The elements directly within it, in order.
    public internal(set) var children: [XMLElement]

    /// An attribute.
    public struct Attribute: Sendable, Hashable {
        /// The local name.
        public let name: String
        /// The value.
        public let value: String
    }

    /// The first child of a name, or nil.
    public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }
    /// The children of a name, in order.
    public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
    /// The text of the first child of a name, or nil.
    public func text(_ name: String) -> String? { child(name)?.text }
    /// The value of an attribute, or nil.
    public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Reads small documents as a whole: messages, receipts, acts. The same parser and limits as for large ones.
public enum XMLDocument {
    /// Reads a document and answers its root.
    ///
    /// - Throws: `XMLFault` when the document is not well-formed, holds what is forbidden, or exceeds a limit;
    ///   `maximumBytes` is one of the limits.
    public static func parse(
        _ bytes: [UInt8], maximumBytes: Int = 64 << 10, limits: XMLLimits = XMLLimits()
    ) throws(XMLFault) -> XMLElement {
        guard bytes.count <= maximumBytes else {
            throw XMLFault(.limit, "a document longer than \(maximumBytes) bytes", line: 1, offset: Int64(maximumBytes))
        }
        let parser = XMLStreamParser(vocabulary: .open, limits: limits)
        var open: [XMLElement] = []
        var root: XMLElement?
        let consume = { (events: borrowing XMLEvents) -> Void in
            for event in events.events { Self.take(event, of: events, &open, &root) }
        }
        parser.feed(bytes.span, consume)
        parser.finish(consume)
        if let fault = parser.fault { throw fault }
        guard let root else { throw XMLFault(.notWellFormed, "a document without an element", line: 1, offset: 0) }
        return root
    }

    private static func take(
        _ event: XMLEvent, of events: borrowing XMLEvents, _ open: inout [XMLElement], _ root: inout XMLElement?
    ) {
        if let last = open.indices.last {
            open[last].text += String(decoding: events.text(of: event), as: UTF8.self)
        }
        switch event.kind {
        case .start:
            let label = events.label(of: event)
            let attributes = events.attributes(of: event).filter { !$0.isSchemaHint }.map {
                XMLElement.Attribute(
                    name: $0.unknownName, value: String(decoding: events.value(of: $0), as: UTF8.self))
            }
            open.append(
                XMLElement(
                    name: label?.name ?? "", namespace: label?.namespace ?? "", attributes: attributes,
                    line: label?.line ?? 0, text: "", children: []))
        case .end:
            guard let element = open.popLast() else { return }
            if let parent = open.indices.last { open[parent].children.append(element) } else { root = element }
        case .schemaError: break
        }
    }
}
