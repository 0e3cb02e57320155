import Primitives
import Testing
import Wire

@Suite struct MessageCodecTests {
    @Test("a client's message survives the wire", arguments: 0..<400 as Range<UInt64>)
    func clientRoundTrip(seed: UInt64) throws {
        var messages = RandomMessages(seed: seed)
        let message = messages.clientMessage()
        #expect(try ClientMessage(message.frame(stream: 7)) == message)
    }

    @Test("a gateway's message survives the wire", arguments: 0..<400 as Range<UInt64>)
    func gatewayRoundTrip(seed: UInt64) throws {
        var messages = RandomMessages(seed: seed)
        let message = messages.gatewayMessage()
        #expect(try GatewayMessage(message.frame(stream: 7, isLast: true)) == message)
    }

    @Test("a message has one encoding: what is accepted is encoded as it came", arguments: 0..<60 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var messages = RandomMessages(seed: seed)
        var refused = 0
        for _ in 0..<200 {
            let side: Side = messages.flip() ? .client : .gateway
            var frame = messages.frame(from: side)
            mutate(&frame, &messages)
            do throws(WireError) {
                let again =
                    switch side {
                    case .client: try ClientMessage(frame).frame(stream: frame.stream)
                    case .gateway: try GatewayMessage(frame).frame(stream: frame.stream, isLast: frame.isLast)
                    }
                // Instants may be written in several ways and unknown fields from 0x80 up are skipped; the rest is
                // fixed.
                if again != frame { expectHarmless(frame, again) }
            } catch {
                refused += 1
                #expect(error.code == .net001 || error.code == .net002)
            }
        }
        #expect(refused > 0)
    }

    @Test("a truncated payload is refused with NET-001", arguments: 0..<60 as Range<UInt64>)
    func truncations(seed: UInt64) {
        var messages = RandomMessages(seed: seed)
        for _ in 0..<20 {
            let frame = ClientMessage.request(messages.request()).frame(stream: 1)
            for length in 0..<frame.payload.count {
                var cut = frame
                cut.payload = Array(frame.payload.prefix(length))
                do throws(WireError) {
                    // A message whose last fields are optional may end before them.
                    #expect(try ClientMessage(cut).frame(stream: 1) == cut)
                    #expect(frame.kind == .list || frame.kind == .keyChange)
                } catch {
                    #expect(error.code == .net001)
                }
            }
        }
    }

    private func mutate(_ frame: inout Frame, _ messages: inout RandomMessages) {
        for _ in 0..<Int.random(in: 1...3, using: &messages.random) {
            guard !frame.payload.isEmpty else {
                frame.payload = messages.bytes(1...9)
                continue
            }
            let index = Int.random(in: 0..<frame.payload.count, using: &messages.random)
            switch Int.random(in: 0..<4, using: &messages.random) {
            case 0: frame.payload[index] = UInt8.random(in: 0...255, using: &messages.random)
            case 1: frame.payload[index] ^= 1 << UInt8.random(in: 0...7, using: &messages.random)
            case 2: frame.payload.remove(at: index)
            default: frame.payload.insert(UInt8.random(in: 0...255, using: &messages.random), at: index)
            }
        }
    }

    private func expectHarmless(_ frame: Frame, _ again: Frame) {
        let hasInstant = frame.kind == .list || frame.kind == .helloAck
        let hasSkipped = frame.payload.count > again.payload.count && frame.payload.starts(with: again.payload)
        #expect(hasInstant || hasSkipped, "\(frame.kind) was accepted and is encoded otherwise")
    }
}
