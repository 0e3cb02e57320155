import CLibXML2

/// The functions that libxml2 calls. Each finds its recorder through the pointer that the parser was given.
enum XMLCallbacks {
    /// The set of functions for a parser: no DTD, no entities of its own, no output.
    static func handler() -> xmlSAXHandler {
        var handler = unsafe xmlSAXHandler()
        unsafe handler.initialized = UInt32(XML_SAX2_MAGIC)
        unsafe handler.startElementNs = startElement
        unsafe handler.endElementNs = endElement
        unsafe handler.characters = characters
        unsafe handler.ignorableWhitespace = characters
        unsafe handler.cdataBlock = characters
        unsafe handler.internalSubset = internalSubset
        unsafe handler.serror = parserError
        return unsafe handler
    }

    private static func recorder(_ data: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLRecorder>? {
        unsafe data?.assumingMemoryBound(to: XMLRecorder.self)
    }

    private static let startElement: startElementNsSAX2Func = {
        data, name, prefix, namespace, _, _, attributeCount, _, attributes in
        guard let recorder = unsafe XMLCallbacks.recorder(data), let name = unsafe name else { return }
        let none = unsafe UnsafeMutablePointer<UnsafePointer<xmlChar>?>(bitPattern: 8)
        guard let list = unsafe attributes ?? none else { return }
        let tag = unsafe StartTag(
            localName: name, prefix: prefix, namespace: namespace, attributeCount: Int(attributeCount),
            attributes: list)
        unsafe recorder.pointee.start(tag)
    }

    private static let endElement: endElementNsSAX2Func = { data, name, _, namespace in
        guard let recorder = unsafe XMLCallbacks.recorder(data), let name = unsafe name else { return }
        unsafe recorder.pointee.end(name, namespace)
    }

    private static let characters: charactersSAXFunc = { data, text, count in
        unsafe XMLCallbacks.recorder(data)?.pointee.text(text, count)
    }

    private static let internalSubset: internalSubsetSAXFunc = { data, _, _, _ in
        unsafe XMLCallbacks.recorder(data)?.pointee.fail(.forbidden, "a document type declaration")
    }

    /// Errors of the grammar. While a schema is plugged in, libxml2 gives another pointer than the recorder's, so the
    /// recorder is found through the parser.
    private static let parserError: xmlStructuredErrorFunc = { _, error in
        guard let error = unsafe error, unsafe error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
        guard let context = unsafe error.pointee.ctxt?.assumingMemoryBound(to: xmlParserCtxt.self) else { return }
        guard let recorder = unsafe XMLCallbacks.recorder(context.pointee._private) else { return }
        let message = unsafe XMLCallbacks.message(error)
        let undeclared = unsafe error.pointee.code == Int32(XML_ERR_UNDECLARED_ENTITY.rawValue)
        unsafe recorder.pointee.fail(undeclared ? .forbidden : .notWellFormed, message, line: Int(error.pointee.line))
    }

    /// Breaks of the schema.
    static let schemaError: xmlStructuredErrorFunc = { data, error in
        guard let recorder = unsafe XMLCallbacks.recorder(data), let error = unsafe error else { return }
        unsafe recorder.pointee.schemaError(XMLCallbacks.message(error), line: Int(error.pointee.line))
    }

    /// The text of an error in one line.
    static func message(_ error: UnsafePointer<xmlError>) -> String {
        guard let text = unsafe error.pointee.message else { return "an error without a message" }
        return unsafe text.withMemoryRebound(to: xmlChar.self, capacity: 1) { unsafe CText.string($0) }
            .split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
