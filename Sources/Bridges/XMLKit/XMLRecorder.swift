import CLibXML2

/// Where libxml2's callbacks write what they are told. One for each parser, on the heap at an address of its own.
///
/// After a fault nothing more is recorded: libxml2 may go on to the end of the block that it was given.
@safe
struct XMLRecorder {
    /// The parser that calls back.
    let context: UnsafeMutablePointer<xmlParserCtxt>
    private let names: InternedNames
    private let limits: XMLLimits
    private let placed: [Bool]

    var output = XMLEvents()
    private var pool = BytePool()
    /// Where in the pool the text since the last tag begins.
    private var textStart = 0
    private var textIsBlank = true
    private var blankOverflow = false
    private var lastWasStart = false
    private var depth = 0
    /// Bytes of the document that libxml2 was not given.
    private var passedBytes: Int64 = 0

    init(context: UnsafeMutablePointer<xmlParserCtxt>, vocabulary: XMLVocabulary, limits: XMLLimits) {
        unsafe self.context = unsafe context
        unsafe names = InternedNames(vocabulary, dictionary: context.pointee.dict)
        self.limits = limits
        placed = vocabulary.names.indices.map(vocabulary.placed.contains)
    }

    /// Makes the texts of the events ready to be handed over.
    mutating func seal() { output.bytes = pool.bytes(textStart) }

    /// Forgets the events that were handed over, but not the text that has not ended yet.
    mutating func clear() {
        output.events.removeAll(keepingCapacity: true)
        output.attributes.removeAll(keepingCapacity: true)
        output.labels.removeAll(keepingCapacity: true)
        output.bytes = []
        pool.drop(textStart)
        textStart = 0
    }

    /// Gives back the memory that is not Swift's.
    func free() { pool.free() }

    /// The offset in the document at which libxml2 stands.
    var offset: Int64 {
        guard let input = unsafe context.pointee.input else { return -1 }
        return unsafe passedBytes + Int64(input.pointee.consumed) + Int64(input.pointee.cur - input.pointee.base)
    }

    /// The line on which libxml2 stands.
    var line: Int { unsafe Int(context.pointee.input?.pointee.line ?? 0) }

    /// Whether nothing was recorded since the last tag.
    var isBehindTag: Bool { output.fault == nil && pool.count == textStart && !blankOverflow }

    /// Takes note of bytes that libxml2 is not given. It counts their lines, which its messages name.
    mutating func passOver(bytes: Int, lines: Int) {
        passedBytes += Int64(bytes)
        unsafe context.pointee.input?.pointee.line += Int32(truncatingIfNeeded: lines)
    }

    mutating func fail(_ kind: XMLFault.Kind, _ detail: String, line: Int? = nil, offset: Int64? = nil) {
        guard output.fault == nil else { return }
        output.fault = XMLFault(kind, detail, line: line ?? self.line, offset: offset ?? self.offset)
    }

    // MARK: what libxml2 tells

    mutating func text(_ start: UnsafePointer<xmlChar>?, _ count: Int32) {
        guard output.fault == nil, let start = unsafe start else { return }
        let piece = unsafe UnsafeBufferPointer(start: start, count: Int(count))
        if textIsBlank {
            textIsBlank = unsafe piece.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
        }
        if pool.count - textStart + piece.count > limits.textBytes {
            guard textIsBlank else {
                return fail(.limit, "a text longer than \(limits.textBytes) bytes")
            }
            blankOverflow = true
            return
        }
        unsafe pool.append(piece)
    }

    mutating func start(_ tag: borrowing StartTag) {
        guard output.fault == nil else { return }
        depth += 1
        guard depth <= limits.depth else {
            return fail(.limit, "elements nested deeper than \(limits.depth)")
        }
        let textCount = pool.count - textStart
        let name = unsafe names.element(tag.localName, tag.namespace)
        let attributeStart = output.attributes.count
        for index in 0..<tag.attributeCount { unsafe append(attribute: tag.attributes + 5 * index) }
        var label: Int32 = -1
        if name < 0 || depth == 1 || placed[Int(name)] {
            label = Int32(output.labels.count)
            output.labels.append(makeLabel(tag, isKnown: name >= 0))
        }
        output.events.append(
            XMLEvent(
                kind: .start, isBlank: textIsBlank, name: name, attributeCount: Int16(tag.attributeCount),
                attributeStart: Int32(attributeStart), textStart: Int32(textStart), textCount: Int32(textCount),
                label: label, line: Int32(line), offset: offset + 1))
        resetText()
        lastWasStart = true
    }

    mutating func end(_ localName: UnsafePointer<xmlChar>, _ namespace: UnsafePointer<xmlChar>?) {
        guard output.fault == nil else { return }
        depth -= 1
        // Blanks between elements may be as long as they like; as the value of a field they are a long text.
        if blankOverflow, lastWasStart {
            return fail(.limit, "a text longer than \(limits.textBytes) bytes")
        }
        output.events.append(
            XMLEvent(
                kind: .end, isBlank: textIsBlank, name: unsafe names.element(localName, namespace), attributeCount: 0,
                attributeStart: 0,
                textStart: Int32(textStart), textCount: Int32(pool.count - textStart), label: -1,
                line: Int32(line), offset: offset))
        resetText()
        lastWasStart = false
    }

    mutating func schemaError(_ message: String, line: Int) {
        guard output.fault == nil else { return }
        // The message goes in front of the text that has not ended yet.
        let count = pool.insert(Array(message.utf8), at: textStart)
        output.events.append(
            XMLEvent(
                kind: .schemaError, isBlank: false, name: -1, attributeCount: 0, attributeStart: 0,
                textStart: Int32(textStart), textCount: Int32(count), label: -1, line: Int32(line), offset: offset))
        textStart += count
    }

    // MARK: helpers

    private mutating func resetText() {
        textStart = pool.count
        textIsBlank = true
        blankOverflow = false
    }

    /// Takes one attribute: five pointers to name, prefix, namespace, and begin and end of its value.
    private mutating func append(attribute parts: UnsafeMutablePointer<UnsafePointer<xmlChar>?>) {
        guard let name = unsafe parts[0], let begin = unsafe parts[3], let end = unsafe parts[4] else { return }
        let number = unsafe parts[2] == nil ? names.attribute(name) : -1
        var hint = false
        var unknownName = ""
        if number < 0 {
            unknownName = unsafe CText.string(name)
            hint =
                unsafe CText.string(parts[2]) == "http://www.w3.org/2001/XMLSchema-instance"
                && (unknownName == "schemaLocation" || unknownName == "noNamespaceSchemaLocation")
        }
        // The value goes in front of the text that follows the tag, behind the text that precedes it.
        let valueStart = pool.count
        let value = unsafe UnsafeBufferPointer(start: begin, count: end - begin)
        if unsafe value.contains(UInt8(ascii: "&")) {
            unsafe pool.append(Self.restored(value))
        } else {
            unsafe pool.append(value)
        }
        output.attributes.append(
            XMLAttribute(
                name: number, isSchemaHint: hint, valueStart: Int32(valueStart),
                valueCount: Int32(pool.count - valueStart), unknownName: unknownName))
    }

    /// libxml2 gives every ampersand of an attribute's value as `&#38;`, whatever stood in the document.
    private static func restored(_ value: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        let rest = Array("#38;".utf8)
        var index = 0
        while index < value.count {
            let byte = unsafe value[index]
            out.append(byte)
            index += 1
            let next = unsafe value[index..<min(index + rest.count, value.count)]
            if byte == UInt8(ascii: "&"), unsafe next.elementsEqual(rest) { index += rest.count }
        }
        return out
    }

    /// Looks back from the end of the tag to its `<`, which cannot stand within a tag elsewhere.
    private func makeLabel(_ tag: borrowing StartTag, isKnown: Bool) -> XMLLabel {
        var tagLine = line
        var tagOffset = offset
        var source: [UInt8] = []
        if let input = unsafe context.pointee.input, var at = unsafe input.pointee.cur,
            let base = unsafe input.pointee.base
        {
            let end = unsafe at
            while unsafe at > base, unsafe at.pointee != 0x3C {
                if unsafe at.pointee == 0x0A { tagLine -= 1 }
                unsafe at -= 1
            }
            unsafe tagOffset -= Int64(end - at)
            if depth == 1 { source = unsafe Array(UnsafeBufferPointer(start: at, count: end - at)) }
        }
        return XMLLabel(
            name: isKnown ? "" : unsafe CText.string(tag.localName), prefix: unsafe CText.string(tag.prefix),
            namespace: isKnown ? "" : unsafe CText.string(tag.namespace), line: tagLine, offset: tagOffset,
            source: source)
    }
}

/// The arguments of libxml2's call for a start tag.
@safe
struct StartTag {
    let localName: UnsafePointer<xmlChar>
    let prefix: UnsafePointer<xmlChar>?
    let namespace: UnsafePointer<xmlChar>?
    let attributeCount: Int
    let attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>
}

/// Texts of C, cut to 256 bytes.
enum CText {
    static func string(_ text: UnsafePointer<xmlChar>?) -> String {
        guard let text = unsafe text else { return "" }
        var count = 0
        while count < 256, unsafe text[count] != 0 { count += 1 }
        // Not through a character: a cut must not make bytes that are no UTF-8.
        while count == 256, count > 0, unsafe text[count] & 0xC0 == 0x80 { count -= 1 }
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
}
