import Clearing
public import Gateway
import House
public import Journal
import Ledger
public import Primitives
import ProgrammeModel
import Settlement
import XMLKit

/// What the house says of one file, one position, one id: the same figures for the socket, the HTTPS API and whoever
/// else asks. Whose they are is the caller's to judge.
public struct HouseReadings: Sendable {
    let house: Clearinghouse

    /// Reads a house.
    public init(house: Clearinghouse) { self.house = house }

    /// A receipt that a file has.
    public struct ReceiptRow: Encodable, Sendable {
        /// Its id, by which it is fetched.
        public var id: String
        /// `RECEIVED`, `VALIDATED` or `CLEARED`.
        public var grade: String
        /// What became of the file: `RCVD` while that is open.
        public var status: String
    }

    /// What became of a file.
    public struct FileRow: Encodable, Sendable {
        /// `PARTNER/SERIES/SEQUENCE`.
        public var batch: String
        /// SHA-256 of its bytes; nil for a number withdrawn before anything arrived.
        public var sha256: String?
        /// `RCVD`, `ACCP`, `PART`, `RJCT` or `CANCELLED`.
        public var status: String
        /// Its window; nil when it was refused before one was fixed.
        public var window: String?
        /// Its header's message id, once judged.
        public var messageId: String?
        /// Its receipts, oldest first.
        public var receipts: [ReceiptRow]
    }

    /// What became of a file.
    ///
    /// - Throws: `Refusal` with NET-005 for a number under which nothing has arrived; `Fault` when the log cannot be
    ///   read.
    public func file(_ batch: BatchID) async throws -> FileRow {
        let (history, attempt) = try await attempt(batch)
        var receipts: [ReceiptRow] = []
        if let attempt {
            receipts = try await house.receipts(of: attempt).map { receipt in
                ReceiptRow(
                    id: receipt.id, grade: (receipt.grade ?? .received).rawValue,
                    status: receipt.status?.rawValue ?? "RCVD")
            }
        }
        return FileRow(
            batch: batch.description, sha256: attempt?.digest.description,
            status: history.cancelled != nil ? "CANCELLED" : attempt?.status?.rawValue ?? "RCVD",
            window: attempt?.window?.text, messageId: attempt?.messageID?.text, receipts: receipts)
    }

    private func attempt(_ batch: BatchID) async throws -> (FileHistory, FileAttempt?) {
        guard let history = await house.state.files.history(batch) else {
            throw Refusal(.net005, value: batch.description)
        }
        return (history, history.holder ?? history.attempts.last)
    }

    // MARK: Findings

    /// A finding as a receipt states it.
    public struct FindingRow: Encodable, Sendable {
        /// The reason code.
        public var code: String
        /// `WARNING` or what it refuses.
        public var severity: String
        /// The record's number; nil for the whole.
        public var record: Int?
        /// The field; empty where it is not one.
        public var field: String
        /// The value, cut and masked.
        public var value: String
        /// What was found or expected.
        public var detail: String
        /// What to do.
        public var action: String
    }

    /// What a file's last receipt lists, and how many findings stand in the file of all of them only.
    public struct Findings: Encodable, Sendable {
        /// The receipt that lists them; nil while there is none.
        public var receipt: String?
        /// The findings listed.
        public var findings: [FindingRow]
        /// How many more there are; then `RECEIPT.findings.csv` has all.
        public var further: Int
    }

    /// The findings of a file, as its last receipt before clearing lists them.
    ///
    /// - Throws: `Refusal` with NET-005 for a number under which nothing has arrived; `Fault` when the log cannot be
    ///   read.
    public func findings(_ batch: BatchID) async throws -> Findings {
        let (_, attempt) = try await attempt(batch)
        guard let attempt,
            let receipt = try await house.receipts(of: attempt).last(where: { $0.grade != .cleared })
        else { return Findings(receipt: nil, findings: [], further: 0) }
        return try Self.findings(in: receipt.document, of: receipt.id)
    }

    /// The findings that a receipt lists.
    ///
    /// - Throws: `Fault` when it cannot be read.
    public static func findings(in document: [UInt8], of id: String) throws(Fault) -> Findings {
        guard let root = try? XMLDocument.parse(document, maximumBytes: receiptBytes) else {
            throw Fault("the receipt \(id) cannot be read")
        }
        let rows = root.children("Finding").map { element in
            let code = element.attribute("code") ?? ""
            return FindingRow(
                code: code, severity: element.attribute("severity") ?? "",
                record: element.attribute("record").flatMap { Int($0) }, field: element.text("Field") ?? "",
                value: element.text("Value") ?? "", detail: element.text("Detail") ?? "",
                action: ReasonCode(code)?.entry.action ?? "")
        }
        return Findings(
            receipt: id, findings: rows, further: root.text("FurtherFindings").flatMap { Int($0) } ?? 0)
    }

    /// More than a receipt with all the findings that it may list.
    private static let receiptBytes = 16 << 20

    // MARK: Positions

    /// A partner's position.
    public struct PositionRow: Encodable, Sendable {
        /// The partner.
        public var partner: String
        /// The open window; nil outside the calendar.
        public var window: String?
        /// Points of the open window; plus means that the host owes.
        public var points: Int64
        /// The account's closing in money; plus means that the host owes.
        public var closing: String?
        /// Of the closing, what is not instructed.
        public var carried: String?
    }

    /// A partner's position in the open window, in points, and its account in money.
    ///
    /// - Throws: `Refusal` with NET-005 for a partner without an agreement.
    public func position(of partner: PartnerID) async throws(Refusal) -> PositionRow {
        let state = await house.state
        guard state.programme?.agreement(partner) != nil else { throw Refusal(.net005, value: partner.text) }
        return Self.position(of: partner, state)
    }

    /// The positions of all partners, in order of their ids.
    public func positions() async -> [PositionRow] {
        let state = await house.state
        return (state.programme?.agreements ?? []).map { Self.position(of: $0.partner, state) }
    }

    private static func position(of partner: PartnerID, _ state: HouseState) -> PositionRow {
        let window = state.openWindow
        let account = state.standing(of: partner)
        return PositionRow(
            partner: partner.text, window: window?.text,
            points: window.flatMap { state.ledger.windows[$0]?.position(of: partner) } ?? 0,
            closing: account?.closing.description, carried: account?.carried.description)
    }

    // MARK: Any id

    /// What an id stands for, and what became of it.
    public struct StatusRow: Encodable, Sendable {
        /// The id that was asked for.
        public var id: String
        /// `FILE`, `RECEIPT`, `DOCUMENT`, `MESSAGE` or `TRANSACTION`.
        public var kind: String
        /// What became of it: a file's, message's or record's status; `ISSUED` for a document.
        public var status: String
        /// Its window, where it has one.
        public var window: String?
        /// The file that it is or belongs to; nil for what came as a message.
        public var batch: String?
        /// The clearing reference of a record that was accepted.
        public var reference: String?
        /// When it came or was issued, where that is known.
        public var at: String?
    }

    /// What a partner's id stands for: `SERIES/SEQUENCE`, a receipt, a document, a file's or message's id, a
    /// transaction's id; tried in this order.
    ///
    /// - Throws: `Refusal` with NET-005 when it is nothing of the partner's; `Fault` when the log cannot be read.
    public func status(_ id: String, of partner: PartnerID) async throws -> StatusRow {
        let state = await house.state
        if let batch = Self.batch(id, of: partner), state.files.history(batch) != nil {
            return try await row(id, "FILE", batch)
        }
        if let document = state.documents[id], document.partner == partner {
            if let place = state.files.find(receipt: id) { return try await row(id, "RECEIPT", place.batch) }
            return StatusRow(id: id, kind: "DOCUMENT", status: "ISSUED", at: document.issued.description)
        }
        if let name = try? MessageID(id) {
            if let batch = state.files.batch(messageID: name, of: partner) { return try await row(id, "FILE", batch) }
            if let known = try await house.known(message: name, of: partner) { return Self.row(id, "MESSAGE", known) }
        }
        if let name = try? TransactionID(id), let known = try await house.known(transaction: name, of: partner) {
            return Self.row(id, "TRANSACTION", known)
        }
        throw Refusal(.net005, value: id)
    }

    private func row(_ id: String, _ kind: String, _ batch: BatchID) async throws -> StatusRow {
        let file = try await file(batch)
        return StatusRow(id: id, kind: kind, status: file.status, window: file.window, batch: file.batch)
    }

    private static func row(_ id: String, _ kind: String, _ known: KnownItem) -> StatusRow {
        StatusRow(
            id: id, kind: kind, status: known.status.rawValue, window: known.window?.text, reference: known.reference,
            at: known.received?.description)
    }

    private static func batch(_ id: String, of partner: PartnerID) -> BatchID? {
        let parts = id.split(separator: "/")
        guard parts.count == 2, let series = Series(rawValue: String(parts[0])), let sequence = Int64(parts[1]) else {
            return nil
        }
        return BatchID(partner: partner, series: series, sequence: sequence)
    }
}
