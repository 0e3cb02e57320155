/// The layout of an element whose children are known in name and order, to be recognised in the bytes of a document.
///
/// It knows tags as most writers write them: attributes in double quotes, one space before each, no space elsewhere.
/// References, comments and sections it does not know. Between tags blanks may stand. What does not fit is no error: it
/// is for a parser to say what it is.
package struct PlainTemplate: Sendable {
    /// What was found.
    package enum Outcome: Equatable, Sendable {
        /// The element stands here: the index of its `<`, that of the byte behind it, and the line feeds before it and
        /// all in all.
        case element(start: Int, end: Int, linesBefore: Int, lines: Int)
        /// The bytes end before it is clear.
        case incomplete
        /// Something else stands here.
        case other
    }

    /// One step: blanks if they may be there, a piece of markup, then a value if there is one.
    private struct Step {
        var blanks: Bool
        var start: Int32
        var count: Int32
        /// The number of the value behind the markup, or -1.
        var value: Int32
        /// The byte that ends the value.
        var stop: UInt8
        /// Where to go on where the markup is not there; -1 where it must be.
        var otherwise: Int32
    }

    private var steps: [Step] = []
    private var markup: [UInt8] = []

    package init() {}

    /// Adds markup; with a value the value follows, up to a `<` or `"`.
    ///
    /// - Parameter otherwise: by how many steps to go on where the markup is not there; nil where it must be.
    package mutating func add(
        _ text: String, afterBlanks: Bool, value: Int = -1, stop: UInt8 = UInt8(ascii: "<"), otherwise: Int? = nil
    ) {
        let place = steps.count
        steps.append(
            Step(
                blanks: afterBlanks, start: Int32(markup.count), count: Int32(text.utf8.count), value: Int32(value),
                stop: stop, otherwise: otherwise.map { Int32(place + $0) } ?? -1))
        markup.append(contentsOf: text.utf8)
    }

    /// Looks for the element at an index, after blanks. Calls the closure with the number and range of each value; no
    /// value is empty, and none has a `&`, `<` or `>`.
    @inline(__always)
    package func find(
        in bytes: Span<UInt8>, from start: Int, _ value: (Int, Range<Int>) -> Void
    ) -> Outcome {
        unsafe bytes.withUnsafeBufferPointer { text in
            unsafe steps.withUnsafeBufferPointer { steps in
                unsafe markup.withUnsafeBufferPointer { markup in
                    unsafe Self.find(text, start, steps, markup, value)
                }
            }
        }
    }

    @inline(__always)
    private static func find(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ steps: UnsafeBufferPointer<Step>,
        _ markup: UnsafeBufferPointer<UInt8>, _ value: (Int, Range<Int>) -> Void
    ) -> Outcome {
        let count = text.count
        var index = start
        var lines = 0
        var linesBefore = 0
        var element = -1
        var number = 0
        while number < steps.count {
            let step = unsafe steps[number]
            if step.blanks {
                while index < count {
                    let byte = unsafe text[index]
                    if byte == 0x0A { lines += 1 } else if byte != 0x20 && byte != 0x09 && byte != 0x0D { break }
                    index += 1
                }
            }
            let length = Int(step.count)
            // What is there of the markup has to fit even where the rest is not there yet.
            let there = min(length, count - index)
            guard unsafe equal(text, index, markup, Int(step.start), there) else {
                guard step.otherwise >= 0 else { return .other }
                number = Int(step.otherwise)
                continue
            }
            guard there == length else { return .incomplete }
            if element < 0 { (element, linesBefore) = (index, lines) }
            index += length
            if step.value >= 0 {
                let first = index
                while index < count {
                    let byte = unsafe text[index]
                    if byte == step.stop { break }
                    if byte == 0x26 || byte == 0x3C || byte == 0x3E { return .other }
                    index += 1
                }
                guard index < count else { return .incomplete }
                guard index > first else { return .other }
                value(Int(step.value), first..<index)
            }
            number += 1
        }
        return .element(start: element, end: index, linesBefore: linesBefore, lines: lines)
    }

    @inline(__always)
    private static func equal(
        _ text: UnsafeBufferPointer<UInt8>, _ index: Int, _ markup: UnsafeBufferPointer<UInt8>, _ start: Int,
        _ count: Int
    ) -> Bool {
        let (a, b) = (UnsafeRawBufferPointer(text), UnsafeRawBufferPointer(markup))
        var place = 0
        while place + 8 <= count {
            let x = unsafe a.loadUnaligned(fromByteOffset: index + place, as: UInt64.self)
            let y = unsafe b.loadUnaligned(fromByteOffset: start + place, as: UInt64.self)
            if x != y { return false }
            place += 8
        }
        while place < count {
            if unsafe a[index + place] != b[start + place] { return false }
            place += 1
        }
        return true
    }
}
