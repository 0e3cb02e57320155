import Primitives
import Testing
import Wire

/// The rules of fields, tried on PING (one number) and HELLO (a number and a text).
@Suite struct FieldTests {
    private func field(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
        let count = UInt32(value.count)
        return [tag, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + value
    }

    private let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]

    private func refusal(_ kind: FrameKind, _ payload: [UInt8]) -> WireError? {
        #expect(throws: WireError.self) { try ClientMessage(Frame(kind: kind, stream: 0, payload: payload)) }
    }

    @Test("a number has 8 bytes and is below 2^63")
    func numbers() throws {
        #expect(try ClientMessage(Frame(kind: .clientPing, stream: 0, payload: field(1, one))) == .ping(1))
        #expect(refusal(.clientPing, field(1, [1]))?.code == .net001)
        #expect(refusal(.clientPing, field(1, []))?.code == .net001)
        #expect(refusal(.clientPing, field(1, [0x80, 0, 0, 0, 0, 0, 0, 0]))?.code == .net001)
        #expect(refusal(.clientPing, field(1, one + [0]))?.code == .net002)
    }

    @Test("a missing field is named")
    func missing() {
        #expect(refusal(.clientPing, [])?.detail == "PING: field 1 (number) is missing")
        #expect(refusal(.hello, field(1, one))?.detail == "HELLO: field 2 (software) is missing")
    }

    @Test("a repeated field is refused")
    func repeated() {
        #expect(refusal(.clientPing, field(1, one) + field(1, one))?.detail.contains("repeated") == true)
        #expect(refusal(.hello, field(1, one) + field(1, one) + field(2, [65]))?.detail.contains("repeated") == true)
    }

    @Test("fields out of order are refused")
    func order() {
        #expect(refusal(.hello, field(2, [65]) + field(1, one))?.code == .net001)
        #expect(refusal(.clientPing, field(1, one) + field(0x90, []) + field(0x85, []))?.code == .net001)
    }

    @Test("an unknown field below 0x80 is refused, one from 0x80 up is skipped")
    func unknown() throws {
        #expect(refusal(.clientPing, field(1, one) + field(2, [1]))?.detail == "PING: field 2 is unknown")
        #expect(refusal(.clientPing, field(0, []) + field(1, one))?.code == .net001)
        let extended = Frame(
            kind: .clientPing, stream: 0, payload: field(1, one) + field(0x80, [1, 2]) + field(0xFF, []))
        #expect(try ClientMessage(extended) == .ping(1))
    }

    @Test("a field that announces more than there is, is refused")
    func overrun() {
        #expect(refusal(.clientPing, [1, 0xFF, 0xFF, 0xFF, 0xFF])?.code == .net001)
        #expect(refusal(.clientPing, [1, 0, 0, 0])?.code == .net001)
        #expect(refusal(.clientPing, field(1, one) + [0x80])?.code == .net001)
    }

    @Test("text is UTF-8 without control characters")
    func text() throws {
        #expect(refusal(.hello, field(1, one) + field(2, [0xFF]))?.code == .net001)
        #expect(refusal(.hello, field(1, one) + field(2, [65, 0]))?.code == .net001)
        #expect(refusal(.hello, field(1, one) + field(2, [0x1B]))?.code == .net001)
        #expect(refusal(.hello, field(1, one) + field(2, [0x7F]))?.code == .net001)
        #expect(refusal(.hello, field(1, one) + field(2, Array(repeating: 65, count: 256)))?.code == .net002)
        let longest = Frame(
            kind: .hello, stream: 0, payload: field(1, one) + field(2, Array(repeating: 65, count: 255)))
        #expect(throws: Never.self) { try ClientMessage(longest) }
    }

    @Test("more fields than allowed are refused")
    func tooMany() {
        var payload = field(1, one)
        for tag in UInt8(0x80)...UInt8(0xC0) { payload += field(tag, []) }
        #expect(refusal(.clientPing, payload)?.code == .net002)
    }

    @Test("a declaration keeps to the limits: sequence and size from 1, file size, digest")
    func declarations() throws {
        var messages = RandomMessages(seed: 3)
        var limits = WireLimits()
        limits.fileBytes = 1000
        var begin = messages.uploadBegin()
        begin.size = 1000
        #expect(throws: Never.self) {
            try ClientMessage(ClientMessage.request(.upload(begin)).frame(stream: 1), limits: limits)
        }
        begin.size = 1001
        let tooLarge = #expect(throws: WireError.self) {
            try ClientMessage(ClientMessage.request(.upload(begin)).frame(stream: 1), limits: limits)
        }
        #expect(tooLarge?.code == .net002)
        begin.size = 0
        let empty = #expect(throws: WireError.self) {
            try ClientMessage(ClientMessage.request(.upload(begin)).frame(stream: 1))
        }
        #expect(empty?.code == .net001)
        #expect(refusal(.wait, field(1, Array("LIVE".utf8)) + field(2, Array(repeating: 0, count: 8)))?.code == .net001)
        #expect(refusal(.wait, field(1, Array("PROD".utf8)))?.code == .net001)
    }

    @Test("an explanation that is too long or has control characters is brought within the rules")
    func cleaned() throws {
        let notice = ErrorNotice(.net001, detail: "a\u{0}b" + String(repeating: "é", count: 40_000))
        guard case .error(let read) = try GatewayMessage(GatewayMessage.error(notice).frame(stream: 0)) else {
            Issue.record("not an error")
            return
        }
        #expect(read.detail.hasPrefix("a bé"))
        #expect(read.detail.utf8.count <= WireLimits.detailBytes)
    }
}
