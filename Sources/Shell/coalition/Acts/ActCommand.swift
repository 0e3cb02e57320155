import ArgumentParser
import FileStore
import Foundation
import Gateway
import House
import Inquiry
import OpenSSLKit
import Primitives
import ProgrammeModel
import Transport
import Wire

/// Acts that wait for their checker.
struct ActCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "act",
        abstract: "List, show and countersign officers' acts that wait for a checker; suspend a partner's key.",
        discussion: """
            EXAMPLES
              coalition act list --data house
              coalition act show 5c83... --data house
              coalition act countersign 5c83... --data house --cert checker.pem \\
                --key checker.key
            """,
        subcommands: [ActList.self, ActShow.self, ActCountersign.self, ActSuspendKey.self])
}

/// An act that waits, as it can be read without its house's keys.
struct WaitingAct: Codable, Sendable {
    let digest: Digest32
    let maker: String
    let document: String

    /// The acts that wait at a place.
    ///
    /// - Throws: what reading or asking throws.
    static func all(_ place: PlaceOptions) async throws -> [WaitingAct] {
        if let data = place.data { return try read(try HouseReader(data)) }
        let answer = try await place.connection.connected { connection in
            try await connection.query(Query(kind: QueryKind(unchecked: "acts")))
        }
        do {
            return try JSONDecoder().decode([WaitingAct].self, from: Data(answer))
        } catch {
            throw Fault("the gateway's list of acts cannot be read: \(error)")
        }
    }

    private static func read(_ reader: HouseReader) throws -> [WaitingAct] {
        try reader.directory.pendingActs.names().filter { $0.hasSuffix(".json") }.compactMap { name in
            guard let digest = Digest32(hex: String(name.dropLast(5))),
                let document = try reader.directory.pendingActs.read(name),
                let signature = try reader.directory.pendingActs.read("\(digest).maker.p7s")
            else { return nil }
            return WaitingAct(
                digest: digest, maker: maker(signature, reader.house),
                document: String(decoding: document, as: UTF8.self))
        }
    }

    /// Whose certificate came with the signature, which the house verified when it took the act.
    private static func maker(_ signature: [UInt8], _ house: HouseState) -> String {
        let cms = try? CMSSignature(ber: signature, maximumBytes: signature.count)
        let fingerprints = Set((cms?.embeddedCertificates ?? []).map { SHA256.digest($0) })
        return house.officers.first { fingerprints.contains($0.fingerprint) }?.name ?? "unknown"
    }

    /// The act of a digest or of the beginning of one.
    static func find(_ digest: String, _ place: PlaceOptions) async throws -> WaitingAct {
        let found = try await all(place).filter { $0.digest.description.hasPrefix(digest.lowercased()) }
        guard found.count == 1, digest.count >= 4 else {
            let detail = found.isEmpty ? "no such act waits" : "give more digits of the digest"
            throw Refusal(.act004, value: digest, detail: detail)
        }
        return found[0]
    }
}

/// Lists acts that wait.
struct ActList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the acts that wait.",
        discussion: """
            EXAMPLES
              coalition act list --data house
            """)

    @OptionGroup var place: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let acts = try await WaitingAct.all(place)
        var table = TextTable(["digest", "maker", "act"])
        for act in acts {
            table.add([act.digest.description, act.maker, act.document.trimmingCharacters(in: .newlines)])
        }
        output.show(.list(acts.map { .encoded($0) }), acts.isEmpty ? "no act waits" : table.text)
    }
}

/// Shows an act's document as it is signed.
struct ActShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print an act's document, byte for byte as it is signed, or write it to a file.",
        discussion: """
            EXAMPLES
              coalition act show 5c83 --data house
              coalition act show 5c83 --data house --out act.json
            """)

    @Argument(help: "The act's digest, or the beginning of it.")
    var digest: String

    @OptionGroup var place: PlaceOptions

    @Option(help: ArgumentHelp("Where to write the document.", valueName: "file"))
    var out: String?

    func run() async throws {
        let act = try await WaitingAct.find(digest, place)
        if let out { try Files.write(Array(act.document.utf8), to: out) } else { Console.write(act.document) }
    }
}

/// Countersigns an act.
struct ActCountersign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Carry out an act that another officer made, by signing it.",
        discussion: """
            Look at it first: 'coalition act show'. Its document's bytes are signed, after they have been compared \
            with the digest.

            EXAMPLES
              coalition act countersign 5c83 --data house --cert checker.pem \\
                --key checker.key
            """)

    @Argument(help: "The act's digest, or the beginning of it.")
    var digest: String

    @OptionGroup var place: PlaceOptions
    @OptionGroup var signer: SignerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let signer = try signer.signer()
        let act = try await WaitingAct.find(digest, place)
        let document = Array(act.document.utf8)
        guard SHA256.digest(document) == act.digest else {
            throw VerificationFailure(damage: "the document of act \(act.digest) does not have its digest")
        }
        let report: ActReport
        if let house = try place.house() {
            let signature = try signer.signDetached(document, at: await house.now)
            report = ActReport(try await house.countersign(digest: act.digest, signature: signature))
        } else {
            report = try await place.connection.connected { connection in
                let signature = try signer.signDetached(document, at: connection.welcome.time)
                return ActReport(
                    try await connection.countersign(Countersignature(digest: act.digest, signature: signature)))
            }
        }
        report.show(output)
    }
}
