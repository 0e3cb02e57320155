import ArgumentParser
import Foundation
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import Transport
import Wire

/// The register of keys, and changes of a partner's own keys.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "List all registered keys with their times; rotate or suspend a partner's own keys.",
        discussion: """
            EXAMPLES
              coalition keys list --data house
            """,
        subcommands: [KeysList.self, KeysRotate.self, KeysSuspend.self])
}

/// Lists keys.
struct KeysList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every key: whose, for what, from when to when, how it came and went, and when it ends.",
        discussion: """
            On a data directory, revocation lists are those of the last checkpoint. At a gateway, a partner sees its \
            own keys. Certificates that end within 60, 30 and 7 days are warned about.

            EXAMPLES
              coalition keys list --data house
              coalition keys list --gateway gateway.example:7443 --tls-cert MARCHE-tls.pem \\
                --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @OptionGroup var place: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let rows = try await rows()
        var table = TextTable(["use", "holder", "state", "from", "until", "expires", "entered by", "fingerprint"])
        var remarks = ""
        for row in rows {
            let end = [row.until, row.suspendedSince].compactMap { $0 }.min()
            table.add([
                row.use, row.holder, row.state, row.from.description, end?.description ?? "-",
                row.expires?.description ?? "-", "\(row.enteredBy), fact \(row.enteredFact)",
                row.fingerprint.description,
            ])
            if let fact = row.suspendedFact, let since = row.suspendedSince {
                remarks += "\(row.holder) \(row.use): suspended since \(since) by fact \(fact)\n"
            }
            if let since = row.revokedSince, let list = row.revokedBy {
                remarks += "\(row.holder) \(row.use): revoked since \(since) by the list \(list)\n"
            }
            if let next = row.replacedBy { remarks += "\(row.holder) \(row.use): replaced by \(next)\n" }
            if let warning = row.warning { remarks += "warning: \(row.holder) \(row.use): \(warning)\n" }
        }
        output.show(.list(rows.map { .encoded($0) }), table.text + remarks)
    }

    private func rows() async throws -> [KeyRow] {
        if let data = place.data {
            let reader = try HouseReader(data)
            let lists = try KeyRows.keptLists(reader.house, reader.log, reader.originals)
            return KeyRows(reader.house, lists: lists, now: reader.now).rows(for: nil)
        }
        let answer = try await place.connection.connected { connection in
            try await connection.query(Query(kind: QueryKind(unchecked: "keys")))
        }
        do {
            return try JSONDecoder().decode([KeyRow].self, from: Data(answer))
        } catch {
            throw Fault("the gateway's answer cannot be read")
        }
    }
}

/// A signed key change on its way.
struct KeyChangeDelivery: Sendable {
    let document: KeyChangeDocument
    let signer: CMSSigner
    /// The new key, of a rotation.
    let newSigner: CMSSigner?

    /// Changes the keys at a place and answers the reply with the host's signature, and its content.
    func deliver(_ place: PlaceOptions) async throws -> (answer: [UInt8], content: [UInt8]) {
        let partner = document.partner
        if let house = try place.house() {
            let now = await house.now
            let answer = try await house.changeKeys(
                request: try signer.signAttached(document.bytes, at: now),
                proof: try newSigner?.signDetached(document.bytes, at: now), from: partner
            ).answer
            return (answer, try CMSSignature(ber: answer, maximumBytes: answer.count).content ?? [])
        }
        let answer = try await place.connection.connected { connection in
            let (party, now) = (connection.welcome.party, connection.welcome.time)
            guard party.name == partner.text else {
                throw Refusal(.key001, value: party.description, detail: "the keys are those of \(partner)")
            }
            let request = KeyChangeRequest(
                cms: try signer.signAttached(document.bytes, at: now),
                proof: try newSigner?.signDetached(document.bytes, at: now))
            return try await connection.changeKeys(request).cms
        }
        return (answer, try HostDocuments(authority: place.connection.ca ?? "").content(of: answer))
    }

    /// The partner that a certificate names.
    ///
    /// - Throws: `UsageError` when it names none.
    static func partner(of path: String) throws -> PartnerID {
        let certificate = try Files.certificate(path)
        guard let name = certificate.commonName, let partner = try? PartnerID(name) else {
            throw UsageError(
                "\(path) is no partner's certificate", action: "give one whose common name is the partner's id")
        }
        return partner
    }
}
