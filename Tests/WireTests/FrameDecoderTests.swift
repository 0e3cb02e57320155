import Primitives
import Testing
import Wire

@Suite struct FrameDecoderTests {
    @Test(
        "whatever is sent is read again, frame by frame", arguments: [Side.client, .gateway], 0..<20 as Range<UInt64>)
    func roundTrip(side: Side, seed: UInt64) throws {
        var messages = RandomMessages(seed: seed)
        let frames = (0..<50).map { _ in messages.frame(from: side) }
        var decoder = FrameDecoder(of: side, payloadLimit: 1 << 20)
        decoder.append(frames.flatMap(FrameEncoder.encode))
        for frame in frames { #expect(try decoder.next() == frame) }
        #expect(try decoder.next() == nil)
        #expect(decoder.pendingBytes == 0)
    }

    @Test("frames that arrive byte by byte are the same", arguments: [Side.client, .gateway])
    func dripFeed(side: Side) throws {
        var messages = RandomMessages(seed: 99)
        let frames = (0..<40).map { _ in messages.frame(from: side) }
        var decoder = FrameDecoder(of: side, payloadLimit: 1 << 20)
        var read: [Frame] = []
        for byte in frames.flatMap(FrameEncoder.encode) {
            decoder.append([byte])
            while let frame = try decoder.next() { read.append(frame) }
        }
        #expect(read == frames)
    }

    @Test("frames cut at random places are the same")
    func randomCuts() throws {
        var messages = RandomMessages(seed: 5)
        let frames = (0..<200).map { _ in messages.frame(from: .client) }
        var rest = frames.flatMap(FrameEncoder.encode)[...]
        var decoder = FrameDecoder(of: .client, payloadLimit: 1 << 20)
        var read: [Frame] = []
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...3000, using: &messages.random))
            rest = rest.dropFirst(piece.count)
            decoder.append(piece)
            while let frame = try decoder.next() { read.append(frame) }
        }
        #expect(read == frames)
    }

    @Test("a payload above the limit is refused by its header alone")
    func limit() throws {
        var decoder = FrameDecoder(of: .client, payloadLimit: 100)
        let header = FrameEncoder.header(of: Frame(kind: .hello, stream: 0, payload: Array(repeating: 0, count: 101)))
        decoder.append(header)
        let error = #expect(throws: WireError.self) { try decoder.next() }
        #expect(error?.code == .net002)
        #expect(decoder.pendingBytes == 0)
        decoder.append(FrameEncoder.encode(ClientMessage.ping(1).frame(stream: 0)))
        let again = #expect(throws: WireError.self) { try decoder.next() }
        #expect(again == error)
    }

    @Test("a payload at the limit passes")
    func atLimit() throws {
        var decoder = FrameDecoder(of: .client, payloadLimit: 100)
        let frame = Frame(kind: .hello, stream: 0, payload: Array(repeating: 0, count: 100))
        decoder.append(FrameEncoder.encode(frame))
        #expect(try decoder.next() == frame)
    }

    @Test("kinds and flags of the other side or of nobody are refused", arguments: [Side.client, .gateway])
    func kinds(side: Side) {
        for kind in UInt8.min...UInt8.max {
            for flags in [UInt8](arrayLiteral: 0, 1, 2, 0x80) {
                var decoder = FrameDecoder(of: side, payloadLimit: 100)
                decoder.append([kind, flags, 0, 0, 0, 1, 0, 0, 0, 0])
                let known = FrameKind(rawValue: kind)?.sender == side
                let allowed = known && (flags == 0 || flags == 1 && side == .gateway)
                if allowed {
                    #expect(throws: Never.self) { try decoder.next() }
                } else {
                    let error = #expect(throws: WireError.self) { try decoder.next() }
                    #expect(error?.code == .net001)
                }
            }
        }
    }
}
