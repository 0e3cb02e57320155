/// Cuts a stream of bytes into frames, as they arrive.
///
/// It keeps at most one incomplete frame, and refuses a header before it keeps a byte of its payload: so a peer cannot
/// make it hold more than `payloadLimit` and what was appended at once. After an error it gives nothing but that error.
public struct FrameDecoder: Sendable {
    /// The largest payload that is accepted, in bytes. Raised once a connection's HELLO is accepted.
    public var payloadLimit: Int

    private let sender: Side
    private var buffer: [UInt8] = []
    private var start = 0
    private var failure: WireError?

    /// Starts a decoder of the frames that `sender` sends.
    public init(of sender: Side, payloadLimit: Int) {
        self.sender = sender
        self.payloadLimit = payloadLimit
    }

    /// Bytes that are kept: of an incomplete frame, or of frames not yet taken.
    public var pendingBytes: Int { buffer.count - start }

    /// Adds bytes that arrived. Take the frames with `next()` before the next call.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        guard failure == nil else { return }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next complete frame, or nil when more bytes are needed.
    ///
    /// - Throws: `WireError` when the header is not one that the sender may send, or announces too much.
    public mutating func next() throws(WireError) -> Frame? {
        if let failure { throw failure }
        guard pendingBytes >= Frame.headerBytes else { return nil }
        do throws(WireError) {
            let header = try readHeader()
            let payloadStart = start + Frame.headerBytes
            guard buffer.count - payloadStart >= header.length else { return nil }
            let end = payloadStart + header.length
            let frame = Frame(
                kind: header.kind, isLast: header.isLast, stream: header.stream,
                payload: Array(buffer[payloadStart..<end]))
            start = end
            if start == buffer.count {
                buffer.removeAll(keepingCapacity: true)
                start = 0
            }
            return frame
        } catch {
            failure = error
            buffer = []
            start = 0
            throw error
        }
    }

    private struct Header {
        var kind: FrameKind
        var isLast: Bool
        var stream: UInt32
        var length: Int
    }

    private func readHeader() throws(WireError) -> Header {
        let raw = buffer[start]
        guard let kind = FrameKind(rawValue: raw), kind.sender == sender else {
            throw .malformed("0x\(String(raw, radix: 16)) is no kind of frame that this side may send")
        }
        let flags = buffer[start + 1]
        guard flags == 0 || (flags == Frame.lastFlag && sender == .gateway) else {
            throw .malformed("flags 0x\(String(flags, radix: 16)) are not defined for \(kind)")
        }
        let stream: UInt32 = BigEndian.read(buffer[start + 2..<start + 6])
        let length: UInt32 = BigEndian.read(buffer[start + 6..<start + 10])
        guard length <= UInt32(clamping: payloadLimit) else {
            throw .excessive("a payload of \(length) bytes; at most \(payloadLimit) are allowed here")
        }
        return Header(kind: kind, isLast: flags == Frame.lastFlag, stream: stream, length: Int(length))
    }
}
