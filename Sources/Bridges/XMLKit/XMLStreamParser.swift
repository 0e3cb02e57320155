import CLibXML2

/// Reads a document of any size, piece by piece, with bounded memory, and tells what it holds.
///
/// libxml2 judges the grammar. Before it sees a byte, the parser has seen to it that the bytes are UTF-8, that no DTD
/// begins and that no tag is longer than the limits allow; after it, that nesting and texts stay within them. The
/// events and the fault of a document do not depend on how the bytes are cut into pieces: they are read in blocks of
/// equal size. A parser belongs to one task at a time.
@safe
public final class XMLStreamParser {
    /// Bytes that libxml2 is given at a time.
    package static let defaultBlockBytes = 16 << 10

    private let context: UnsafeMutablePointer<xmlParserCtxt>
    private let recorder: UnsafeMutablePointer<XMLRecorder>
    private let plug: SchemaPlug?
    private let blockBytes: Int

    private var block: [UInt8] = []
    private var validator = UTF8Validator()
    private var tagGuard: TagLengthGuard
    /// The first bytes, until it is known that they declare no other encoding.
    private var head: [UInt8]? = []
    private var received: Int64 = 0

    /// Makes a parser. With a schema, what breaks it is told as events among the others.
    public convenience init(vocabulary: XMLVocabulary, limits: XMLLimits = XMLLimits(), schema: XMLSchema? = nil) {
        self.init(vocabulary: vocabulary, limits: limits, schema: schema, blockBytes: Self.defaultBlockBytes)
    }

    package init(vocabulary: XMLVocabulary, limits: XMLLimits, schema: XMLSchema?, blockBytes: Int) {
        XMLLibrary.prepare()
        var handler = unsafe XMLCallbacks.handler()
        guard let context = unsafe xmlCreatePushParserCtxt(&handler, nil, nil, 0, nil) else {
            preconditionFailure("libxml2 has no memory for a parser")
        }
        _ = unsafe xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
        unsafe self.context = unsafe context
        unsafe recorder = .allocate(capacity: 1)
        unsafe recorder.initialize(to: XMLRecorder(context: context, vocabulary: vocabulary, limits: limits))
        unsafe context.pointee.userData = UnsafeMutableRawPointer(recorder)
        unsafe context.pointee._private = UnsafeMutableRawPointer(recorder)
        if let schema {
            plug = unsafe SchemaPlug(schema, context: context, recorder: recorder)
        } else {
            plug = nil
        }
        tagGuard = TagLengthGuard(tagBytes: limits.tagBytes, attributesPerTag: limits.attributesPerTag)
        self.blockBytes = blockBytes
    }

    deinit {
        plug?.remove()
        unsafe xmlFreeParserCtxt(context)
        unsafe recorder.pointee.free()
        unsafe recorder.deinitialize(count: 1)
        unsafe recorder.deallocate()
    }

    /// The fault that ended the document, where there is one.
    public var fault: XMLFault? { unsafe recorder.pointee.output.fault }

    /// Takes the next bytes. What they hold is given to `consume` at once or with later bytes, a block at a time.
    ///
    /// After a fault, which comes with the last events, further bytes are ignored.
    public func feed<E>(_ bytes: Span<UInt8>, _ consume: (borrowing XMLEvents) throws(E) -> Void) throws(E) {
        var start = 0
        while start < bytes.count, fault == nil {
            if block.isEmpty, bytes.count - start >= blockBytes {
                parse(bytes.extracting(start..<start + blockBytes))
                start += blockBytes
                try deliver(consume)
                continue
            }
            let end = min(start + blockBytes - block.count, bytes.count)
            let piece = bytes.extracting(start..<end)
            unsafe piece.withUnsafeBufferPointer { unsafe block.append(contentsOf: $0) }
            start = end
            if block.count == blockBytes {
                parse(block.span)
                block.removeAll(keepingCapacity: true)
                try deliver(consume)
            }
        }
    }

    /// Parses what has come so far and gives its events to `consume`, instead of waiting for a whole block.
    package func flush<E>(_ consume: (borrowing XMLEvents) throws(E) -> Void) throws(E) {
        guard fault == nil, !block.isEmpty else { return }
        parse(block.span)
        block.removeAll(keepingCapacity: true)
        try deliver(consume)
    }

    /// Whether all bytes so far are parsed, and they end behind a tag.
    package var isBehindTag: Bool {
        guard fault == nil, block.isEmpty, head == nil, tagGuard.isInContent, !validator.isWithinCharacter,
            unsafe recorder.pointee.isBehindTag, let input = unsafe context.pointee.input
        else { return false }
        return unsafe input.pointee.cur == input.pointee.end
    }

    /// The line at the end of the bytes that were parsed or passed over.
    package var line: Int { unsafe recorder.pointee.line }

    /// The number of bytes that were parsed or passed over.
    package var offset: Int64 { received }

    /// Passes over bytes that stand behind a tag, as if they were not part of the document but for places and lines.
    ///
    /// They must be whole elements and blanks, well-formed and in UTF-8, that the caller has read otherwise.
    package func passOver(bytes: Int, lines: Int) {
        received += Int64(bytes)
        tagGuard.passOver(bytes)
        unsafe recorder.pointee.passOver(bytes: bytes, lines: lines)
    }

    /// Ends the document: gives the last events to `consume`, with a fault when the document is not complete.
    public func finish<E>(_ consume: (borrowing XMLEvents) throws(E) -> Void) throws(E) {
        guard fault == nil else { return }
        parse(block.span)
        block = []
        if let head, fault == nil { release(head) }
        head = nil
        if fault == nil {
            if validator.isWithinCharacter {
                fail(
                    .encoding, "the document ends within a character", line: nil,
                    offset: received - Int64(validator.bytesOfCharacter))
            } else {
                let code = unsafe xmlParseChunk(context, nil, 0, 1)
                let isWellFormed = unsafe context.pointee.wellFormed == 1
                if fault == nil, code != 0 || !isWellFormed {
                    fail(.notWellFormed, "the document is not complete", line: nil, offset: received)
                }
            }
        }
        try deliver(consume)
    }

    private func deliver<E>(_ consume: (borrowing XMLEvents) throws(E) -> Void) throws(E) {
        unsafe recorder.pointee.seal()
        try consume(unsafe recorder.pointee.output)
        unsafe recorder.pointee.clear()
    }

    private func fail(_ kind: XMLFault.Kind, _ detail: String, line: Int?, offset: Int64) {
        unsafe recorder.pointee.fail(kind, detail, line: line, offset: offset)
    }

    /// Checks a block's raw bytes and gives libxml2 those before the first that must not pass.
    private func parse(_ bytes: Span<UInt8>) {
        let encoding = validator.check(bytes)
        let allowed = encoding?.index ?? bytes.count
        let markup = tagGuard.check(bytes.extracting(0..<allowed))
        let passed = bytes.extracting(0..<(markup?.index ?? allowed))
        give(passed)
        if let markup {
            fail(
                markup.violation.kind, markup.violation.detail, line: lineBehindInput(), offset: markup.violation.markup
            )
        } else if let encoding {
            let offset = received + Int64(encoding.index - validator.bytesOfCharacter)
            switch encoding.violation {
            case .invalid: fail(.encoding, "a byte that is not UTF-8", line: lineBehindInput(), offset: offset)
            case .nul where offset < 2: fail(.encoding, "an encoding other than UTF-8", line: 1, offset: offset)
            case .nul: fail(.notWellFormed, "a NUL byte", line: lineBehindInput(), offset: offset)
            }
        }
        received += Int64(bytes.count)
    }

    /// Gives bytes to libxml2, but holds them back while they may still declare another encoding.
    private func give(_ bytes: Span<UInt8>) {
        guard var head else { return push(bytes) }
        for index in bytes.indices { head.append(bytes[index]) }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = head.starts(with: mark) ? head.dropFirst(3) : head[...]
        switch XMLDeclaration.judge(text) {
        case .undecided: self.head = head
        case .plain: release(head)
        case .other(let name):
            self.head = nil
            fail(.encoding, "the declared encoding is \(name), not UTF-8", line: 1, offset: 0)
        }
    }

    private func release(_ held: [UInt8]) {
        head = nil
        push(held.span)
    }

    private func push(_ bytes: Span<UInt8>) {
        guard fault == nil, bytes.count > 0 else { return }
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) {
                _ = unsafe xmlParseChunk(context, $0.baseAddress, Int32($0.count), 0)
            }
        }
    }

    /// The line of the first byte that libxml2 was not given.
    private func lineBehindInput() -> Int {
        guard let input = unsafe context.pointee.input else { return 1 }
        var line = unsafe recorder.pointee.line
        guard var at = unsafe input.pointee.cur, let end = unsafe input.pointee.end else { return line }
        while unsafe at < end {
            if unsafe at.pointee == 0x0A { line += 1 }
            unsafe at += 1
        }
        return line
    }
}

/// What libxml2 needs once in a process.
enum XMLLibrary {
    private static let ready: Void = xmlInitParser()

    /// Makes libxml2 ready for several threads.
    static func prepare() { ready }
}
