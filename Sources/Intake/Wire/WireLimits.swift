/// Named limits on what one connection may send. `Specs/wire.md` lists them; a test compares the two.
public struct WireLimits: Hashable, Sendable {
    /// Payload bytes of a client's frame before HELLO_ACK.
    public var helloPayloadBytes = 4 << 10
    /// Payload bytes of a client's frame after HELLO_ACK.
    public var clientPayloadBytes = 512 << 10
    /// Payload bytes of a gateway's frame.
    public var gatewayPayloadBytes = 4 << 20
    /// Data bytes of an UPLOAD_CHUNK or of a DOCUMENT.
    public var chunkBytes = 256 << 10
    /// Bytes of a batch file.
    public var fileBytes: Int64 = 4 << 30
    /// Requests of one connection that are not yet answered in full.
    public var requestsInFlight = 32
    /// Uploads among them.
    public var uploadsInFlight = 4
    /// Payload bytes for streams that are over, since the last stream was opened: what was under way when a request
    /// ended.
    public var strayBytes = 64 << 20

    /// The defaults.
    public init() {}

    /// Bytes of a CMS signature or of a signed message.
    public static let signatureBytes = 64 << 10
    /// Bytes of an officer's act.
    public static let actBytes = 256 << 10
    /// Bytes of a receipt's document.
    public static let receiptBytes = 3 << 20
    /// Bytes of a listing.
    public static let listingBytes = 1 << 20
    /// Bytes of a query's arguments.
    public static let argumentBytes = 16 << 10
    /// Bytes of a name, an id or another short text.
    public static let textBytes = 255
    /// Bytes of an explanation.
    public static let detailBytes = 64 << 10
    /// Fields of a payload.
    public static let fields = 64
}
