public import Wire

/// How a listener listens, with named limits. `Specs/wire.md` lists the defaults.
public struct ListenerConfiguration: Sendable {
    /// The address to listen on.
    public var host: String
    /// The port; 0 for any free one.
    public var port: Int
    /// What one connection may send.
    public var limits = WireLimits()
    /// How long each thing may take.
    public var deadlines = ConnectionDeadlines()
    /// Connections in total.
    public var connections = 512
    /// Connections of one party.
    public var connectionsPerParty = 16
    /// Connections whose client is not yet authenticated.
    public var connectionsInHandshake = 64

    /// The port of the protocol.
    public static let defaultPort = 7443

    /// Listens on an address with the default limits.
    public init(host: String = "127.0.0.1", port: Int = ListenerConfiguration.defaultPort) {
        self.host = host
        self.port = port
    }
}

/// The address cannot be listened on: another program has it, or it is none of this machine's.
public struct ListeningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address with its port.
    public let address: String
    /// What the system said.
    public let reason: String

    package init(address: String, reason: String) {
        self.address = address
        self.reason = reason
    }

    /// A sentence with both.
    public var description: String { "cannot listen on \(address): \(reason)" }
}
