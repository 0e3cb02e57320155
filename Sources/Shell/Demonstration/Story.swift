import Clearing
public import Foundation
import Gateway
import House
import Journal
import Ledger
public import Logging
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Serving
import Settlement
import Transport
import Validation
import Wire

/// Plays the golden scenario through a real gateway over TLS: keys, programme, files, messages, windows, statements.
///
/// Everything is left in a folder: keys, programme, what was sent, receipts and statements with their signatures.
public struct Story: Sendable {
    let folder: URL
    let say: @Sendable (String) -> Void
    let logger: Logger

    /// What the story came to.
    public struct Outcome: Sendable {
        /// Documents whose signatures the system's openssl confirmed.
        public var confirmed: Int
        /// Documents whose signatures it did not confirm.
        public var refused: [String]
    }

    /// Prepares a story.
    ///
    /// - Parameters:
    ///   - folder: must not exist, or be empty.
    ///   - say: takes each line that is told.
    public init(folder: URL, logger: Logger, say: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.logger = logger
        self.say = say
    }

    /// Plays the story.
    ///
    /// - Throws: `Refusal` when the folder is in use, `Fault` when something fails that must not.
    public func play() async throws -> Outcome {
        try prepareFolder()
        let partners = try ["BANQUE", "CARBU", "MARCHE", "RAILCO"].map { try PartnerID($0) }
        say("Keys: a coalition CA, the host, the gateway, three officers and four partners, in \(path("pki"))")
        let keys = try StoryKeys(partners: partners, folder: folder.appending(path: "pki"))
        let programme = StoryProgramme(keys: keys, folder: folder.appending(path: "programme"))
        try programme.write(at: Self.start)
        say("Programme: signed by maker, checker, every partner and funder, in \(path("programme"))")
        let house = try open(keys)
        let load = try await house.load(try ProgrammeDirectory.read(at: programme.folder.path))
        say("Loaded as version \(load.version ?? 0); the test clock shows \(await house.now)")

        let service = try await GatewayService(
            house: house, listening: Self.listening,
            identity: try keys.gateway.identity(authority: keys.authority), logger: logger)
        say("Gateway: listening on 127.0.0.1:\(service.listener.port), TLS with client certificates")
        say("")
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                try await service.run()
                return nil
            }
            group.addTask {
                let clients = StoryClients(keys: keys, port: service.listener.port, folder: folder, logger: logger)
                try await perform(house, clients, keys)
                let outcome = try await collect(house, clients, partners)
                await service.stop()
                return outcome
            }
            var outcome: Outcome?
            do {
                while let finished = try await group.next() {
                    if let finished { outcome = finished }
                }
            } catch  where outcome != nil {
                // The story is told; how the gateway's tasks end is no part of it.
            }
            guard let outcome else { throw Fault("the gateway ended before the story") }
            return outcome
        }
    }

    static var start: Timestamp {
        guard let start = Timestamp("2026-03-01T00:00:00+01:00") else { preconditionFailure("a date is a date") }
        return start
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func prepareFolder() throws {
        let manager = FileManager.default
        let contents = (try? manager.contentsOfDirectory(atPath: folder.path)) ?? []
        guard contents.isEmpty else {
            throw Refusal(.act004, value: folder.path, detail: "the folder is not empty: name another one or remove it")
        }
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// So that `coalition serve --data data` finds the keys afterwards. Paths are relative to the file.
    private static let configuration = """
        hostCertificate: '../pki/host-signing.pem'
        hostKey: '../pki/host-signing.key'
        tlsCertificate: '../pki/gateway-tls.pem'
        tlsKey: '../pki/gateway-tls.key'
        authority: '../pki/ca.pem'
        revocationLists:
          - '../pki/ca.crl.pem'

        """

    private func open(_ keys: StoryKeys) throws -> Clearinghouse {
        try HouseOpening.found(
            path("data"),
            HouseOpening.Founding(
                clock: .test, at: Self.start, authorities: [keys.authority.pem],
                officers: [
                    Officer(name: "Maker", fingerprint: keys.maker.certificate.fingerprint, roles: [.maker]),
                    Officer(name: "Checker", fingerprint: keys.checker.certificate.fingerprint, roles: [.checker]),
                    Officer(
                        name: "Operator", fingerprint: keys.operations.certificate.fingerprint, roles: [.operations]),
                ], hostCertificate: keys.hostSigning.certificate))
        try Data(Self.configuration.utf8).write(to: folder.appending(path: "data/gateway.yaml"))
        return try HouseOpening.open(
            path("data"), holder: "coalition demo",
            signer: try HostSigner(certificate: keys.hostSigning.certificate, key: keys.hostSigning.key),
            revocationLists: [keys.revocationList], logger: logger)
    }

    /// The gateway serves nobody but the story, which may run on a machine that does much else: it waits long.
    static let patience: Duration = .seconds(300)

    private static var listening: ListenerConfiguration {
        var out = ListenerConfiguration(port: 0)
        out.deadlines.handshake = patience
        out.deadlines.hello = patience
        out.deadlines.frame = patience
        out.deadlines.uploadStall = patience
        out.deadlines.silence = patience
        out.deadlines.writeStall = patience
        return out
    }

    // MARK: The months

    private enum Event {
        case report([StoryInput])
        case act(StoryAct)
    }

    /// Everything that happens, in order of time; reports of one partner and instant are one file.
    private func events() throws -> [(at: Timestamp, event: Event)] {
        var events: [(at: Timestamp, event: Event)] = []
        for input in try StoryInput.all() {
            if case .report(let last)? = events.last?.event, let first = last.first, !input.isMessage,
                !first.isMessage, first.partner == input.partner, first.received == input.received
            {
                events[events.count - 1].event = .report(last + [input])
            } else {
                events.append((input.received, .report([input])))
            }
        }
        for act in try StoryAct.all() { events.append((act.at, .act(act))) }
        return events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private func perform(_ house: Clearinghouse, _ clients: StoryClients, _ keys: StoryKeys) async throws {
        let zone = await house.state.programme?.zone
        for (at, event) in try events() {
            try await clients.advanceClock(to: at)
            switch event {
            case .report(let inputs):
                for line in try await clients.send(inputs) { say("\(zone?.format(at) ?? at.description)  \(line)") }
            case .act(let act):
                say("\(zone?.format(at) ?? at.description)  \(try await clients.carryOut(act))")
            }
        }
        guard let end = Timestamp("2026-05-01T09:00:00+02:00") else { preconditionFailure("a date is a date") }
        try await clients.advanceClock(to: end)
    }

    // MARK: The end

    private func collect(
        _ house: Clearinghouse, _ clients: StoryClients, _ partners: [PartnerID]
    ) async throws -> Outcome {
        say("")
        var outcome = Outcome(confirmed: 0, refused: [])
        for partner in partners {
            let names = try await clients.fetchStatements(of: partner)
            for name in names {
                let file = folder.appending(path: "statements/\(partner)/\(name)")
                if try Openssl.confirms(file, authority: folder.appending(path: "pki/ca.pem")) {
                    outcome.confirmed += 1
                } else {
                    outcome.refused.append(name)
                }
            }
        }
        say("Statements: fetched over TLS into \(path("statements"));")
        say("openssl cms -verify confirmed \(outcome.confirmed) signatures, refused \(outcome.refused.count)")
        say("")
        await tell(house)
        return outcome
    }

    private func tell(_ house: Clearinghouse) async {
        let state = await house.state
        say("Who pays whom:")
        for instruction in state.instructions.all {
            let amount = instruction.instruction.amount
            let direction = amount.minorUnits > 0 ? "host pays" : "pays host"
            say(
                "  \(Self.pad(instruction.instruction.partner.text, 8)) \(direction) "
                    + "\(Self.pad(amount.magnitude.description, 12, left: true)) "
                    + "on \(instruction.instruction.valueDate)  "
                    + "\(Self.pad(instruction.status.rawValue, 12)) \(instruction.instruction.endToEndID)")
        }
        say("")
        say("Accounts after \(state.windows.closed.last?.text ?? "") (plus: the host owes):")
        for (partner, account) in state.accounts.accounts.sorted(by: { $0.key < $1.key }) {
            say("  \(Self.pad(partner.text, 8)) \(Self.pad(account.closing.description, 14, left: true))")
        }
        let outstanding = state.ledger.points[.members]
        say(
            "Points outstanding: \(outstanding); all points accounts add up to "
                + "\(state.ledger.points.all.reduce(0) { $0 + $1.balance })")
    }

    private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return left ? spaces + text : text + spaces
    }
}
