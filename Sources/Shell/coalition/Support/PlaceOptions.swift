import ArgumentParser
import Gateway
import Logging
import OpenSSLKit
import Primitives
import Transport

/// A running gateway that a command speaks to.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A running gateway.", valueName: "host:port"))
    var gateway: String?

    @Option(help: ArgumentHelp("The client's TLS certificate, PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Its key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("The coalition's authority, PEM, by which the gateway is known.", valueName: "file"))
    var ca: String?

    @Option(
        help: ArgumentHelp("The name in the gateway's certificate, where it is reached by another.", valueName: "name"))
    var serverName: String?

    /// How to connect.
    ///
    /// - Throws: `UsageError` when something is missing.
    func client() throws -> ClientConfiguration {
        guard let gateway, let tlsCert, let tlsKey, let ca else {
            throw UsageError("a connection needs --gateway, --tls-cert, --tls-key and --ca")
        }
        var endpoint: Endpoint
        if let colon = gateway.lastIndex(of: ":") {
            guard let port = Int(gateway[gateway.index(after: colon)...]), (1...65535).contains(port) else {
                throw UsageError("'\(gateway)' is no HOST:PORT")
            }
            endpoint = Endpoint(host: String(gateway[..<colon]), port: port)
        } else {
            endpoint = Endpoint(host: gateway)
        }
        if let serverName { endpoint.serverName = serverName }
        // Files that do not fit are named before anything is sent.
        _ = try CMSSigner(certificate: try Files.certificate(tlsCert), key: try Files.key(tlsKey))
        _ = try Files.certificates(ca)
        let identity = try TLSIdentity(
            chainPEM: try Files.read(tlsCert), keyPEM: try Files.read(tlsKey), rootsPEM: try Files.read(ca))
        return ClientConfiguration(endpoint: endpoint, identity: identity, software: "coalition/1.0")
    }

    /// Connects, runs the body, and closes.
    ///
    /// - Throws: `ClientFailure`, `UsageError`, and what the body throws.
    func connected<Result: Sendable>(
        _ body: @escaping @Sendable (GatewayConnection) async throws -> Result
    ) async throws -> Result {
        try await GatewayConnection.withConnection(try client(), log: HouseAccess.quietLogger, body)
    }
}

/// Where a command does its work: on a data directory under its lock, or at a running gateway.
struct PlaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory, when no gateway runs on it.", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp("The configuration with the host's keys; DIR/gateway.yaml by default.", valueName: "file"))
    var config: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (data == nil) != (connection.gateway == nil) else {
            throw ValidationError("give --data, or --gateway with --tls-cert, --tls-key and --ca")
        }
    }

    /// The house of the data directory; nil when a gateway was named.
    func house() throws -> Clearinghouse? { try data.map { try HouseAccess.open($0, config: config) } }
}
