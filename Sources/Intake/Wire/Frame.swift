/// What a frame carries, by its number on the wire. Numbers from 0x80 up come from the gateway. `Specs/wire.md` lists
/// them.
public enum FrameKind: UInt8, Hashable, Sendable, CaseIterable {
    /// The client introduces itself; the first frame of a connection.
    case hello = 0x01
    /// The client asks for a sign of life.
    case clientPing = 0x02
    /// The client gives the sign of life that the gateway asked for.
    case clientPong = 0x03
    /// The client declares a batch file.
    case uploadBegin = 0x10
    /// Bytes of a batch file.
    case uploadChunk = 0x11
    /// The batch file is complete.
    case uploadEnd = 0x12
    /// The client cancels a batch file by a signed request.
    case cancel = 0x13
    /// A signed real-time message.
    case message = 0x14
    /// The client waits for a batch file's receipt.
    case wait = 0x15
    /// The client asks what there is.
    case list = 0x16
    /// The client asks for a document's bytes.
    case fetch = 0x17
    /// The client has a document safely.
    case confirm = 0x18
    /// An officer's act with the maker's signature.
    case act = 0x19
    /// The checker's signature over an officer's act.
    case countersign = 0x1A
    /// A question that is answered with a document.
    case query = 0x1B
    /// A partner changes its own keys by a signed request.
    case keyChange = 0x1C
    /// The client gives up a request.
    case abandon = 0x1F
    /// The gateway introduces itself.
    case helloAck = 0x81
    /// The gateway asks for a sign of life.
    case gatewayPing = 0x82
    /// The gateway gives the sign of life that the client asked for.
    case gatewayPong = 0x83
    /// The gateway takes no further requests on this connection.
    case goodbye = 0x84
    /// A request, or the connection, is refused.
    case error = 0x85
    /// The gateway is ready for a batch file's bytes.
    case uploadAccept = 0x90
    /// So many bytes of a batch file are durable.
    case progress = 0x91
    /// A signed receipt.
    case receipt = 0x92
    /// A signed answer to a message, a cancellation or a key change.
    case answer = 0x93
    /// Bytes of a document.
    case document = 0x94
    /// What there is.
    case listing = 0x95
    /// What became of an officer's act.
    case actResult = 0x96
    /// A request ends without anything more to say.
    case done = 0x97

    /// Who sends frames of this kind.
    public var sender: Side { rawValue < 0x80 ? .client : .gateway }
}

extension FrameKind: CustomStringConvertible {
    /// The name in `Specs/wire.md`, such as `UPLOAD_BEGIN`.
    public var description: String {
        switch self {
        case .hello: "HELLO"
        case .clientPing, .gatewayPing: "PING"
        case .clientPong, .gatewayPong: "PONG"
        case .uploadBegin: "UPLOAD_BEGIN"
        case .uploadChunk: "UPLOAD_CHUNK"
        case .uploadEnd: "UPLOAD_END"
        case .cancel: "CANCEL"
        case .message: "MESSAGE"
        case .wait: "WAIT"
        case .list: "LIST"
        case .fetch: "FETCH"
        case .confirm: "CONFIRM"
        case .act: "ACT"
        case .countersign: "COUNTERSIGN"
        case .query: "QUERY"
        case .keyChange: "KEY_CHANGE"
        case .abandon: "ABANDON"
        case .helloAck: "HELLO_ACK"
        case .goodbye: "GOODBYE"
        case .error: "ERROR"
        case .uploadAccept: "UPLOAD_ACCEPT"
        case .progress: "PROGRESS"
        case .receipt: "RECEIPT"
        case .answer: "ANSWER"
        case .document: "DOCUMENT"
        case .listing: "LISTING"
        case .actResult: "ACT_RESULT"
        case .done: "DONE"
        }
    }
}

/// An end of a connection.
public enum Side: Hashable, Sendable {
    /// The one that connects: a partner, an officer or an operator.
    case client
    /// The clearing house.
    case gateway
}

/// One frame of the protocol `coalition/1`: a header of 10 bytes and a payload of fields.
///
/// Made by the messages' `frame(stream:isLast:)` and by `FrameDecoder`; a frame's payload is not yet judged.
public struct Frame: Hashable, Sendable {
    /// What the payload carries.
    public var kind: FrameKind
    /// Whether the gateway ends the stream with this frame.
    public var isLast: Bool
    /// The stream that it belongs to; 0 is the connection itself.
    public var stream: UInt32
    /// The payload's bytes: fields as `FieldReader` reads them.
    public var payload: [UInt8]

    /// Bytes of a header.
    public static let headerBytes = 10
    /// The flag of the last frame of a stream.
    static let lastFlag: UInt8 = 0x01

    /// Makes a frame. A payload is shorter than 2^32 bytes.
    public init(kind: FrameKind, isLast: Bool = false, stream: UInt32, payload: [UInt8]) {
        self.kind = kind
        self.isLast = isLast
        self.stream = stream
        self.payload = payload
    }
}

/// Writes frames as bytes.
public enum FrameEncoder {
    /// The 10 bytes of a frame's header: kind, flags, stream, payload length; big-endian.
    public static func header(of frame: Frame) -> [UInt8] {
        guard let length = UInt32(exactly: frame.payload.count) else {
            preconditionFailure("a payload has \(frame.payload.count) bytes; messages are bounded far below 2^32")
        }
        var out: [UInt8] = []
        out.reserveCapacity(Frame.headerBytes)
        out.append(frame.kind.rawValue)
        out.append(frame.isLast ? Frame.lastFlag : 0)
        BigEndian.append(frame.stream, to: &out)
        BigEndian.append(length, to: &out)
        return out
    }

    /// Header and payload.
    public static func encode(_ frame: Frame) -> [UInt8] { header(of: frame) + frame.payload }
}

/// Big-endian numbers.
enum BigEndian {
    static func append(_ value: some FixedWidthInteger & UnsignedInteger, to out: inout [UInt8]) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            out.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    static func read<Value: FixedWidthInteger & UnsignedInteger>(_ bytes: ArraySlice<UInt8>) -> Value {
        var value: Value = 0
        for byte in bytes { value = value << 8 | Value(byte) }
        return value
    }
}
