import Primitives
import Wire

/// Bytes as a client or a gateway might send them: frames, messages, and the session that takes them.
enum WireFuzz {
    static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        for side in [Side.client, .gateway] {
            let (frames, error) = try decode([bytes[...]], of: side)
            let (again, sameError) = try decode(Cuts.pieces(bytes), of: side)
            try hold(frames == again && error == sameError, "cuts do not change frames: \(side)")
            if bytes.count <= 4096 {
                let (single, lastError) = try decode(bytes.indices.map { bytes[$0...$0] }, of: side)
                try hold(frames == single && error == lastError, "frames byte by byte are the same: \(side)")
            }
            for frame in frames { try check(frame, from: side) }
        }
        var server = ServerDriver()
        for piece in Cuts.pieces(bytes) { try server.take(piece) }
        var client = ClientDriver()
        for piece in Cuts.pieces(bytes) { try client.take(piece) }
    }

    private static let payloadLimit = 64 << 10

    private static func decode(
        _ pieces: [ArraySlice<UInt8>], of side: Side
    ) throws(BrokenPromise) -> (frames: [Frame], error: WireError?) {
        var decoder = FrameDecoder(of: side, payloadLimit: payloadLimit)
        var frames: [Frame] = []
        for piece in pieces {
            decoder.append(piece)
            do {
                while let frame = try decoder.next() { frames.append(frame) }
            } catch {
                try hold(decoder.pendingBytes == 0, "nothing is kept after an error")
                return (frames, error)
            }
            try hold(
                decoder.pendingBytes < payloadLimit + Frame.headerBytes, "no more than an incomplete frame is kept")
        }
        return (frames, nil)
    }

    /// A frame's bytes, and the message in it, come back from their encoding.
    static func check(_ frame: Frame, from side: Side) throws(BrokenPromise) {
        let encoded = FrameEncoder.encode(frame)
        let (frames, error) = try decode([encoded[...]], of: side)
        try hold(frames == [frame] && error == nil, "a frame comes back from its encoding: \(frame.kind)")
        switch side {
        case .client:
            guard let message = try? ClientMessage(frame) else { return }
            let written = message.frame(stream: frame.stream)
            try hold(
                written.kind == frame.kind && written.payload.count <= frame.payload.count,
                "a message's encoding is the shortest: \(frame.kind)")
            try hold((try? ClientMessage(written)) == message, "a message comes back: \(frame.kind)")
        case .gateway:
            guard let message = try? GatewayMessage(frame) else { return }
            let written = message.frame(stream: frame.stream, isLast: frame.isLast)
            try hold((try? GatewayMessage(written)) == message, "a message comes back: \(frame.kind)")
        }
    }
}
