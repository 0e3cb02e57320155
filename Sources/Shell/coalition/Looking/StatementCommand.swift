import ArgumentParser
import Clearing
import Foundation
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transport
import Wire

/// Issued statements.
struct StatementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement",
        abstract:
            "List, fetch, export and answer issued statements: clearing (CLS), settlement (STL), host summary (HST).",
        discussion: """
            EXAMPLES
              coalition statement list --data house --window W-2026-03B
              coalition statement get STL-W-2026-03B-MARCHE --data house
              coalition statement get STL-W-2026-03B-MARCHE --format xml --out . \\
                --data house
              coalition statement export STL-W-2026-03B-MARCHE --format pdf --data house
              coalition verify STL-W-2026-03B-MARCHE.xml --trust ca.pem
              coalition statement agree STL-W-2026-03B-MARCHE --from STL-W-2026-03B-MARCHE.xml \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key --data house
            """,
        subcommands: [
            StatementList.self, StatementGet.self, StatementExport.self, StatementAgree.self, StatementDiffer.self,
        ])
}

/// The renderings of statements.
enum StatementFormat: String, ExpressibleByArgument, CaseIterable {
    case xml, csv, txt
}

/// Lists statements.
struct StatementList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List issued statements in order of windows, with digests.",
        discussion: """
            EXAMPLES
              coalition statement list --data house
              coalition statement list --data house --window W-2026-03B --partner MARCHE
            """)

    @OptionGroup var place: PlaceOptions

    @Option(help: "Of one window.")
    var window: WindowID?

    @Option(help: "Of one partner.")
    var partner: PartnerID?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        var names: [(name: String, digest: String)] = []
        if let data = place.data {
            let reader = try HouseReader(data)
            for window in reader.house.windows.closed {
                names += try reader.statements(of: window).map { ($0.name, $0.digest.description) }
            }
        } else {
            names = try await listed()
        }
        names = names.filter { name, _ in
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            return (window.map { stem.dropFirst(4) == $0.text || stem.dropFirst(4).hasPrefix($0.text + "-") } ?? true)
                && (partner.map { stem.hasSuffix("-\($0)") } ?? true)
        }
        var table = TextTable()
        for name in names { table.add([name.name, name.digest]) }
        output.show(
            .list(names.map { ["name": .text($0.name), "digest": $0.digest.isEmpty ? .null : .text($0.digest)] }),
            names.isEmpty ? "no statement is issued" : table.text)
    }

    /// A row of the gateway's listing, as far as it is needed here.
    private struct Row: Decodable {
        let id: String
        let sha256: String
    }

    private func listed() async throws -> [(name: String, digest: String)] {
        let rows = try await place.connection.connected { connection in
            var rows: [Row] = []
            var cursor: String?
            repeat {
                let page = try await connection.list(ListRequest(kind: .statements, cursor: cursor))
                do {
                    rows += try JSONDecoder().decode([Row].self, from: Data(page.json))
                } catch {
                    throw Fault("the gateway's listing cannot be read: \(error)")
                }
                cursor = page.next
            } while cursor != nil
            return rows
        }
        return rows.map { ($0.id, $0.sha256) }
    }
}

/// Fetches a statement.
struct StatementGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print an issued statement, or write it with its signature.",
        discussion: """
            EXAMPLES
              coalition statement get STL-W-2026-03B-MARCHE --data house
              coalition statement get HST-W-2026-03B --format csv --out . --data house
            """)

    @Argument(help: "The statement's id.")
    var id: String

    @Option(help: "The rendering: xml, csv or txt.")
    var format: StatementFormat?

    @Option(help: ArgumentHelp("A file or directory to write to, the signature (.p7s) beside it.", valueName: "path"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let known = StatementFormat.allCases.contains { id.hasSuffix("." + $0.rawValue) }
        let name = known ? id : "\(id).\((format ?? .txt).rawValue)"
        if let data = place.data { return try HouseReader(data).statement(name).deliver(out) }
        try await RemoteDocument(connection: place.connection, id: name).fetch(as: name, out)
    }
}

/// A document of a running gateway.
struct RemoteDocument {
    let connection: ConnectionOptions
    let id: String

    /// Fetches the document, compares it with its digest, and prints it or writes it; what is written is confirmed, so
    /// that the gateway no longer lists it as pending. An auditor confirms nothing.
    ///
    /// - Throws: `ClientFailure` when there is none that the connection's certificate may see.
    func fetch(as name: String, _ out: String?) async throws {
        let documentID = try DocumentID(id)
        try await connection.connected { connection in
            let (bytes, signature, digest) = try await Self.get(documentID, connection)
            try KeptDocument(name: name, bytes: bytes, signature: signature).deliver(out)
            guard out != nil, connection.welcome.party.role != .auditor else { return }
            try await connection.confirm(FetchConfirm(id: documentID, digest: digest))
        }
    }

    /// The document and its signature, without confirming it.
    ///
    /// - Throws: as `fetch`.
    func get() async throws -> (bytes: [UInt8], signature: [UInt8]?) {
        let documentID = try DocumentID(id)
        return try await connection.connected { connection in
            let (bytes, signature, _) = try await Self.get(documentID, connection)
            return (bytes, signature)
        }
    }

    private static func get(
        _ id: DocumentID, _ connection: GatewayConnection
    ) async throws -> (bytes: [UInt8], signature: [UInt8]?, digest: Digest32) {
        let (document, bytes) = try await connection.fetch(id, limit: 1 << 30)
        guard SHA256.digest(bytes) == document.digest else {
            throw VerificationFailure(damage: "\(id) does not have the digest that the gateway stated")
        }
        return (bytes, document.signature.isEmpty ? nil : document.signature, document.digest)
    }
}
