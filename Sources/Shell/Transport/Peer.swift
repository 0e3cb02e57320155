public import Primitives
public import Wire

/// Judges the certificate of a client during the TLS handshake.
public protocol PeerVerifier: Sendable {
    /// Judges a chain of DER certificates as the client presented it, its own first.
    ///
    /// The answer replaces every check of the TLS library: chain, validity, purpose, key strength, signature algorithm
    /// and revocation are all the verifier's. Nothing but the client's possession of the key is established elsewhere.
    func judge(_ chain: [[UInt8]]) async -> PeerVerdict
}

/// What a `PeerVerifier` found.
public enum PeerVerdict: Hashable, Sendable {
    /// The certificate is good and registered for this party.
    case accepted(PeerIdentity)
    /// The certificate is good, but nobody's: the client is told its fingerprint with NET-004, and disconnected.
    case unregistered(fingerprint: Digest32)
    /// The certificate is not good: the handshake fails, and the finding goes to the log only.
    case refused(Finding)
}

/// Whom a certificate stands for.
public struct PeerIdentity: Hashable, Sendable {
    /// SHA-256 of the certificate's DER.
    public var fingerprint: Digest32
    /// The party that it is registered for.
    public var party: Party

    /// Names an identity.
    public init(fingerprint: Digest32, party: Party) {
        self.fingerprint = fingerprint
        self.party = party
    }
}

/// A connected and authenticated client.
public struct Peer: Hashable, Sendable, CustomStringConvertible {
    /// Whom its certificate stands for.
    public let identity: PeerIdentity
    /// The number of the connection, unique within the listener's life.
    public let connection: Int64
    /// The remote address, for logs.
    public let address: String

    /// Describes a client, for a `RequestHandler`'s tests too.
    public init(identity: PeerIdentity, connection: Int64, address: String) {
        self.identity = identity
        self.connection = connection
        self.address = address
    }

    /// The party.
    public var party: Party { identity.party }
    /// Party and connection.
    public var description: String { "\(identity.party) on connection \(connection)" }
}
