import CLibXML2

/// An XML Schema, ready to validate. Each task makes its own.
@safe
public final class XMLSchema {
    let pointer: xmlSchemaPtr

    /// Reads a schema from its text, which may not refer to other files.
    ///
    /// - Throws: `XMLFault` when the text is no schema that libxml2 can use.
    public init(_ text: String) throws(XMLFault) {
        let bytes = Array(text.utf8)
        // libxml2 would write what is not well-formed in a schema to standard error.
        let parser = XMLStreamParser(vocabulary: .open, limits: Self.limits)
        parser.feed(bytes.span) { _ in }
        parser.finish { _ in }
        if let fault = parser.fault { throw fault }
        var messages = MessageList()
        let parsed: OpaquePointer? = unsafe withUnsafeMutablePointer(to: &messages) { list in
            unsafe bytes.withUnsafeBytes { raw -> OpaquePointer? in
                let start = unsafe raw.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard let parser = unsafe xmlSchemaNewMemParserCtxt(start, Int32(raw.count)) else {
                    return nil
                }
                defer { unsafe xmlSchemaFreeParserCtxt(parser) }
                unsafe xmlSchemaSetParserStructuredErrors(parser, MessageList.collect, UnsafeMutableRawPointer(list))
                return unsafe xmlSchemaParse(parser)
            }
        }
        guard let schema = unsafe parsed else {
            throw XMLFault(
                .notWellFormed, messages.texts.first ?? "the text is not a schema", line: messages.line, offset: -1)
        }
        unsafe pointer = unsafe schema
    }

    deinit { unsafe xmlSchemaFree(pointer) }

    private static var limits: XMLLimits {
        var limits = XMLLimits()
        limits.depth = 32
        return limits
    }
}

/// Messages that libxml2 gives while it reads a schema.
private struct MessageList {
    var texts: [String] = []
    var line = 0

    static let collect: xmlStructuredErrorFunc = { data, error in
        guard let list = unsafe data?.assumingMemoryBound(to: MessageList.self), let error = unsafe error else {
            return
        }
        if unsafe list.pointee.texts.isEmpty { unsafe list.pointee.line = Int(error.pointee.line) }
        unsafe list.pointee.texts.append(XMLCallbacks.message(error))
    }
}

/// A schema's validator, plugged between libxml2 and the recorder.
@safe
struct SchemaPlug {
    private let schema: XMLSchema
    private let validator: xmlSchemaValidCtxtPtr
    private let plug: xmlSchemaSAXPlugPtr

    init(
        _ schema: XMLSchema, context: UnsafeMutablePointer<xmlParserCtxt>, recorder: UnsafeMutablePointer<XMLRecorder>
    ) {
        self.schema = schema
        guard let validator = unsafe xmlSchemaNewValidCtxt(schema.pointer) else {
            preconditionFailure("libxml2 has no memory for a validator")
        }
        unsafe self.validator = unsafe validator
        unsafe xmlSchemaSetValidStructuredErrors(validator, XMLCallbacks.schemaError, UnsafeMutableRawPointer(recorder))
        guard
            let plug = unsafe xmlSchemaSAXPlug(validator, &context.pointee.sax, &context.pointee.userData)
        else {
            preconditionFailure("libxml2 does not take the validator")
        }
        unsafe self.plug = unsafe plug
        // libxml2 leaves its own set of functions without one for errors, and would write to standard error.
        unsafe context.pointee.sax.pointee.serror = XMLCallbacks.handler().serror
        let line: xmlSchemaValidityLocatorFunc = { data, file, line in
            // libxml2 copies the file's name from wherever its variable happens to point, unless it is set here.
            unsafe file?.pointee = nil
            guard let recorder = unsafe data?.assumingMemoryBound(to: XMLRecorder.self) else { return -1 }
            unsafe line?.pointee = UInt(recorder.pointee.line)
            return 0
        }
        unsafe xmlSchemaValidateSetLocator(validator, line, UnsafeMutableRawPointer(recorder))
    }

    /// Takes the validator out. The parser must not be fed any more.
    func remove() {
        _ = unsafe xmlSchemaSAXUnplug(plug)
        unsafe xmlSchemaFreeValidCtxt(validator)
    }
}
