import Testing

@testable import XMLKit

@Suite struct UTF8ValidatorTests {
    /// Whether the validator finds no fault, in pieces of a size.
    private func accepts(_ bytes: [UInt8], piece: Int) -> Bool {
        var validator = UTF8Validator()
        var start = 0
        while start < bytes.count {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            if validator.check(part.span) != nil { return false }
            start += piece
        }
        return !validator.isWithinCharacter
    }

    @Test func `every sequence is judged as the standard library judges it`() {
        var random = SeededBytes(seed: 20_260_331)
        let interesting: [UInt8] = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0,
            0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        var valid = 0
        for _ in 0..<60_000 {
            let count = Int(random.next() % 12)
            let bytes = (0..<count).map { _ in interesting[Int(random.next()) % interesting.count] }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            if expected { valid += 1 }
            for piece in [1, 3, 16] { #expect(accepts(bytes, piece: piece) == expected, "\(bytes)") }
        }
        #expect(valid > 1_000)
    }

    @Test func `every character of Unicode is accepted`() {
        for value in stride(from: UInt32(1), through: 0x10FFFF, by: 7) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(Character(scalar)).utf8)
            if !accepts(bytes, piece: 1) { Issue.record("U+\(String(value, radix: 16)) is refused") }
        }
    }

    @Test func `a NUL is found at its place`() {
        var validator = UTF8Validator()
        let found = validator.check(Array("0123456789abcdef\u{0}".utf8).span)
        #expect(found?.index == 16)
        #expect(found?.violation == .nul)
    }
}

/// Numbers that follow from a seed.
struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
