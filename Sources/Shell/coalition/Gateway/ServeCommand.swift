import ArgumentParser
import Foundation
import Gateway
import House
import Journal
import Logging
import OpenSSLKit
import Portal
import Primitives
import Serving
import Transport

/// Runs the gateway on a data directory until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the gateway: the TLS socket, the HTTPS API, the judgement of files, the calendar.",
        discussion: """
            SIGTERM or SIGINT drains: no new requests, those in flight finish, then the program ends with status 0.
            SIGHUP reads certificates and revocation lists again without dropping a connection.

            EXAMPLE
              coalition serve --data data
              coalition serve --data data --port 0 --port-file port
              coalition serve --data data --https-port 7444
            """)

    @Option(help: "The data directory, made with `coalition init`.")
    var data: String

    @Option(help: "The configuration; DIR/gateway.yaml by default. The options below come before what it says.")
    var config: String?

    @Option(help: "The host's signing certificate, PEM.")
    var hostCert: String?

    @Option(help: "The host's signing key, PEM.")
    var hostKey: String?

    @Option(help: "The gateway's TLS certificate, PEM, with its chain.")
    var tlsCert: String?

    @Option(help: "The gateway's TLS key, PEM.")
    var tlsKey: String?

    @Option(help: "Revocation lists of the authority, PEM or DER; may be repeated.")
    var crl: [String] = []

    @Option(help: "Seconds for which a revocation list still counts after its next update, with an alarm.")
    var crlGrace: Int64?

    @Option(help: "The address to listen on.")
    var bind: String?

    @Option(help: "The port to listen on; 0 for any free one.")
    var port: Int?

    @Option(help: "A file to write the port into once the gateway listens.")
    var portFile: String?

    @Option(help: "The port of the HTTPS API; 0 for any free one. It is not offered where nothing names a port.")
    var httpsPort: Int?

    @Option(help: "A file to write that port into once the API listens.")
    var httpsPortFile: String?

    @Option(help: "Move a test clock to this instant first (RFC 3339).")
    var testClock: Timestamp?

    func validate() throws {
        if let port, !(0...65535).contains(port) { throw ValidationError("--port is a number from 0 to 65535") }
        if let httpsPort, !(0...65535).contains(httpsPort) {
            throw ValidationError("--https-port is a number from 0 to 65535")
        }
        if let crlGrace, !(0...31_536_000).contains(crlGrace) {
            throw ValidationError("--crl-grace is a number of seconds from 0 to 31536000")
        }
    }

    func run() async throws {
        var logger = Logger(label: "coalition", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .info
        let settings = try self.settings()
        guard let tlsCertificate = settings.tlsCertificate, let tlsKey = settings.tlsKey else {
            throw UsageError("the gateway's TLS certificate and key are not named", action: "name them in gateway.yaml")
        }
        let files = ServeFiles(
            tlsCert: tlsCertificate, tlsKey: tlsKey, crl: settings.revocationLists,
            crlGrace: settings.revocationGraceSeconds)
        let signer = try settings.hostSigner()
        let house = try HouseOpening.open(
            data, holder: "coalition serve (pid \(ProcessInfo.processInfo.processIdentifier))", signer: signer,
            revocationLists: try files.lists(), revocationGraceSeconds: settings.revocationGraceSeconds,
            logger: logger)
        if let testClock { try await house.advanceClock(to: testClock) }
        let identity = try await files.identity(house)
        let service = try await GatewayService(
            house: house, listening: ListenerConfiguration(host: settings.bind, port: settings.port),
            identity: identity, logger: logger)
        var portal: PortalListener?
        if let port = settings.httpsPort {
            portal = try await PortalListener.bind(
                host: settings.bind, port: port, identity: identity, sessions: service.sessions, log: logger)
        }
        if let portFile { try Files.write(Array("\(service.listener.port)\n".utf8), to: portFile) }
        if let httpsPortFile, let portal { try Files.write(Array("\(portal.port)\n".utf8), to: httpsPortFile) }
        try await withThrowingTaskGroup(of: Void.self) { [portal] group in
            group.addTask {
                // The API ends before the service does, and with it when that fails.
                try await withThrowingTaskGroup(of: Void.self) { both in
                    if let portal { both.addTask { try await portal.serve() } }
                    try await service.run()
                    both.cancelAll()
                }
            }
            group.addTask { [logger] in await files.obeySignals(service, portal, house, logger) }
            try await group.next()
            group.cancelAll()
        }
    }
}

extension ServeCommand {
    /// What the configuration says, with the options before it.
    private func settings() throws -> GatewayConfiguration {
        try HouseAccess.require(data)
        let file = config ?? "\(data)/\(GatewayConfiguration.fileName)"
        var settings = GatewayConfiguration()
        if config != nil || Files.exists(file) { settings = try GatewayConfiguration.read(file) }
        settings.hostCertificate = hostCert ?? settings.hostCertificate
        settings.hostKey = hostKey ?? settings.hostKey
        settings.tlsCertificate = tlsCert ?? settings.tlsCertificate
        settings.tlsKey = tlsKey ?? settings.tlsKey
        if !crl.isEmpty { settings.revocationLists = crl }
        settings.revocationGraceSeconds = crlGrace ?? settings.revocationGraceSeconds
        settings.bind = bind ?? settings.bind
        settings.port = port ?? settings.port
        settings.httpsPort = httpsPort ?? settings.httpsPort
        return settings
    }
}

/// The files that a running gateway reads again when it is told to.
private struct ServeFiles: Sendable {
    let tlsCert: String
    let tlsKey: String
    let crl: [String]
    let crlGrace: Int64

    /// Obeys signals until one of them ends the program.
    func obeySignals(
        _ service: GatewayService, _ portal: PortalListener?, _ house: Clearinghouse, _ logger: Logger
    ) async {
        for await signal in Signals.stream([SIGTERM, SIGINT, SIGHUP]) {
            guard signal == SIGHUP else {
                await portal?.drain()
                await service.stop()
                return
            }
            do {
                try await house.reload(revocationLists: try lists(), graceSeconds: crlGrace)
                let identity = try await identity(house)
                try service.reload(identity: identity)
                try portal?.reload(identity: identity, sessions: service.sessions)
            } catch {
                logger.error("the old certificates and lists stay", metadata: ["reason": "\(error)"])
            }
        }
    }

    func identity(_ house: Clearinghouse) async throws -> TLSIdentity {
        let authorities = await house.state.genesis?.authorities ?? []
        return try TLSIdentity(
            chainPEM: try Files.read(tlsCert), keyPEM: try Files.read(tlsKey),
            rootsPEM: Array(authorities.joined(separator: "\n").utf8))
    }

    func lists() throws -> [RevocationList] { try Files.revocationLists(crl) }
}
