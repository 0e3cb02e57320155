import Foundation
import Gateway
import Journal
import Logging
import OpenSSLKit
import Primitives
import Transport
import Validation
import Wire

/// The partners' and officers' ends of the socket. What they send is kept in the folder `sent`.
actor StoryClients {
    private let keys: StoryKeys
    private let port: Int
    private let folder: URL
    private let logger: Logger
    private var sequences: [PartnerID: Int64] = [:]
    private var acts = 0
    private var now = Story.start

    init(keys: StoryKeys, port: Int, folder: URL, logger: Logger) {
        self.keys = keys
        self.port = port
        self.folder = folder
        self.logger = logger
    }

    private func connect<Result: Sendable>(
        _ pair: StoryKeys.Pair, _ body: @escaping @Sendable (GatewayConnection) async throws -> Result
    ) async throws -> Result {
        var configuration = ClientConfiguration(
            endpoint: Endpoint(host: "127.0.0.1", port: port, serverName: "localhost"),
            identity: try pair.identity(authority: keys.authority), software: "coalition demo")
        configuration.connectTimeout = Story.patience
        configuration.silence = Story.patience
        return try await GatewayConnection.withConnection(configuration, log: logger, body)
    }

    private func keep(_ name: String, _ bytes: [UInt8], in place: String) throws {
        let directory = folder.appending(path: place)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(bytes).write(to: directory.appending(path: name))
    }

    // MARK: Officers

    /// Moves the gateway's clock, as its operator.
    func advanceClock(to instant: Timestamp) async throws {
        guard instant > now else { return }
        now = instant
        let kind = try QueryKind("clock-advance")
        _ = try await connect(keys.operations) { connection in
            try await connection.query(Query(kind: kind, arguments: instant.description))
        }
    }

    /// Has an act made by one officer and countersigned by another.
    func carryOut(_ act: StoryAct) async throws -> String {
        acts += 1
        var document = ActDocument(act: act.fields["act"] ?? "", reference: "demo-\(acts)")
        document.window = act.fields["window"]
        document.base = act.fields["base"]
        document.quote = act.fields["quote"]
        document.rate = act.fields["rate"]
        document.source = act.fields["source"]
        document.partner = act.fields["partner"]
        document.direction = act.fields["direction"]
        document.unit = act.fields["unit"]
        document.amount = act.fields["amount"]
        document.reason = act.fields["reason"]
        document.businessDate = act.fields["businessDate"]
        document.taxCategory = act.fields["taxCategory"]
        document.taxRate = act.fields["taxRate"]
        document.correctedLine = act.fields["correctedLine"]
        document.instruction = act.fields["instruction"]
        document.bankReference = act.fields["bankReference"]
        document.bookingDate = act.fields["bookingDate"]
        let bytes = document.bytes
        try keep("act-\(acts).json", bytes, in: "sent/officers")
        let made = OfficerAct(document: bytes, signature: try keys.maker.signer.signDetached(bytes, at: now))
        let proposed = try await connect(keys.maker) { try await $0.act(made) }
        let checked = Countersignature(
            digest: proposed.digest, signature: try keys.checker.signer.signDetached(bytes, at: now))
        let result = try await connect(keys.checker) { try await $0.countersign(checked) }
        let subject = document.instruction ?? document.window ?? document.partner ?? ""
        return "officers: \(document.act) \(subject) \(result.state.rawValue)"
    }

    // MARK: Partners

    /// Sends reports: one message, or one signed file; XML and CSV in turn.
    ///
    /// - Returns: what came back, in words.
    func send(_ inputs: [StoryInput]) async throws -> [String] {
        guard let first = inputs.first else { return [] }
        return first.isMessage ? [try await sendMessage(first)] : try await sendFile(inputs, of: first.partner)
    }

    private func pairs(_ partner: PartnerID) throws -> (tls: StoryKeys.Pair, signing: StoryKeys.Pair) {
        guard let tls = keys.partnerTLS[partner], let signing = keys.partnerSigning[partner] else {
            throw Fault("\(partner) has no keys")
        }
        return (tls, signing)
    }

    private func sendFile(_ inputs: [StoryInput], of partner: PartnerID) async throws -> [String] {
        let (tls, signing) = try pairs(partner)
        sequences[partner, default: 0] += 1
        let sequence = sequences[partner] ?? 0
        let format: BatchFormat = sequence % 2 == 1 ? .xml : .csv
        let header = BatchHeader(
            format: format, messageID: try MessageID("\(partner)-\(sequence)"), createdAt: now,
            initiatingParty: partner, recipient: try PartnerID("HOST"), programmeID: "SMILES", series: .live,
            sequenceNumber: sequence)
        let bytes = BatchWriter.file(header: header, records: inputs.map(\.content))
        let signature = try signing.signer.signDetached(bytes, at: now)
        let name = "\(partner)-\(sequence).\(format.rawValue.lowercased())"
        try keep(name, bytes, in: "sent/\(partner)")
        try keep(name + ".p7s", signature, in: "sent/\(partner)")
        let begin = UploadBegin(
            batch: BatchNumber(series: .live, sequence: sequence), messageID: header.messageID,
            size: Int64(bytes.count), digest: SHA256.digest(bytes), format: format, signature: signature)
        let receipts = try await connect(tls) { connection in
            try await connection.upload(begin, from: MemorySource(bytes), until: .validated)
        }
        for receipt in receipts {
            try keep("\(receipt.id).xml", receipt.document, in: "receipts/\(partner)")
            try keep("\(receipt.id).xml.p7s", receipt.signature, in: "receipts/\(partner)")
        }
        let ids = inputs.map(\.content.transactionID.text).joined(separator: " ")
        let last = receipts.last.map { "\($0.id) \($0.status)" } ?? "no receipt"
        return ["\(partner): \(name) with \(ids): \(last)"]
    }

    private func sendMessage(_ input: StoryInput) async throws -> String {
        let (tls, signing) = try pairs(input.partner)
        let id = try MessageID("\(input.partner)-RT-\(input.content.transactionID)")
        let document = MessageWriter.message(
            id, createdAt: now, partner: input.partner, .transaction(input.content))
        let cms = try signing.signer.signAttached(document, at: now)
        try keep("\(id).cms", cms, in: "sent/\(input.partner)")
        let answer = try await connect(tls) { try await $0.send(SignedMessage(cms: cms)) }
        try keep("\(id).answer.cms", answer.cms, in: "receipts/\(input.partner)")
        return "\(input.partner): message \(id) answered in \(answer.cms.count) bytes"
    }

    /// What the story needs of a listing's row.
    private struct ListedDocument: Decodable {
        var id: String
    }

    /// Fetches all statements of a partner, as that partner.
    ///
    /// - Returns: their names.
    func fetchStatements(of partner: PartnerID) async throws -> [String] {
        let (tls, _) = try pairs(partner)
        let documents = try await connect(tls) { connection in
            let listing = try await connection.list(ListRequest(kind: .statements))
            let rows = try JSONDecoder().decode([ListedDocument].self, from: Data(listing.json))
            var documents: [(String, [UInt8], [UInt8])] = []
            for name in rows.map(\.id) {
                let (document, bytes) = try await connection.fetch(try DocumentID(name), limit: 16 << 20)
                try await connection.confirm(FetchConfirm(id: document.id, digest: document.digest))
                documents.append((name, bytes, document.signature))
            }
            return documents
        }
        for (name, bytes, signature) in documents {
            try keep(name, bytes, in: "statements/\(partner)")
            try keep(name + ".p7s", signature, in: "statements/\(partner)")
        }
        return documents.map(\.0)
    }
}
