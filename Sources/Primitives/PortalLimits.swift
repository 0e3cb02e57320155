/// Named limits on what comes to the HTTPS API. `Specs/limits.md` lists them with their reasons.
public struct PortalLimits: Hashable, Sendable {
    /// Connections in total.
    public var connections = 256
    /// Connections of one party.
    public var connectionsPerParty = 16
    /// Connections whose client is not yet authenticated.
    public var connectionsInHandshake = 64
    /// Seconds for the TLS handshake.
    public var handshakeSeconds: Int64 = 15
    /// Seconds for a request's whole head, between two requests, and between two pieces of a body.
    public var idleSeconds: Int64 = 30
    /// Seconds for a request with its body and its answer.
    public var requestSeconds: Int64 = 900
    /// Bytes of one header field of HTTP/1.1.
    public var headerFieldBytes = 16 << 10
    /// Bytes of all header fields.
    public var headerListBytes = 32 << 10
    /// Header fields.
    public var headerFields = 64
    /// Bytes of a body that is no batch file.
    public var bodyBytes = 128 << 10
    /// Requests of one party within a minute.
    public var requestsPerMinute = 600
    /// Seconds for which a client may wait for a receipt.
    public var waitSeconds: Int64 = 60
    /// Idempotency keys that are remembered, of all parties.
    public var idempotencyKeys = 4096
    /// Characters of an idempotency key.
    public var idempotencyKeyLength = 128
    /// Seconds that requests in flight have when the gateway shuts down.
    public var drainSeconds: Int64 = 20

    /// The defaults.
    public init() {}
}
