public import Journal
public import Primitives

/// A document that the house issued.
public struct IssuedRecord: Hashable, Sendable, Codable {
    /// Its name, by which it is fetched: `RCP-00000042`, `STL-W-2026-03B-MARCHE.xml`.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// For whom it is; nil for the host's own.
    public var partner: PartnerID?
    /// When it was issued.
    public var issued: Timestamp
    /// SHA-256 of its bytes.
    public var digest: Digest32
    /// Their number.
    public var length: Int
    /// The fact that it is kept with.
    public var sequence: UInt64
    /// The attachment's name there.
    public var attachment: String

    /// What a document is.
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The receipt of a file.
        case receipt
        /// A clearing or settlement statement.
        case statement
        /// The host's summary of a window.
        case summary
    }
}

/// All documents issued, in the order of the log, and who has confirmed which. A fold of the log.
public struct DocumentRegister: Hashable, Sendable, Codable {
    /// The documents.
    public private(set) var all: [IssuedRecord] = []
    private var places: [String: Int] = [:]
    private var confirmed: [String: Set<String>] = [:]

    /// No documents.
    public init() {}

    /// A document by its name, or nil.
    public subscript(name: String) -> IssuedRecord? { places[name].map { all[$0] } }

    /// Whether a reader has confirmed a document.
    public func isConfirmed(_ name: String, by reader: String) -> Bool { confirmed[reader]?.contains(name) ?? false }

    /// Takes the documents of a fact.
    public mutating func apply(_ envelope: FactEnvelope) {
        switch envelope.fact {
        case .fileReceived(let fact): receipt(fact.receiptID, fact.batch.partner, fact.attachments, envelope)
        case .fileDecided(let fact): receipt(fact.receiptID, fact.batch.partner, fact.attachments, envelope)
        case .fileRefused(let fact): receipt(fact.receiptID, fact.batch.partner, fact.attachments, envelope)
        case .fileCleared(let fact): receipt(fact.receiptID, fact.batch.partner, fact.attachments, envelope)
        case .windowClosed(let fact):
            for reference in fact.attachments where !reference.name.hasSuffix(".p7s") {
                let stem = reference.name.prefix { $0 != "." }
                let partner = try? PartnerID(String(stem.dropFirst("STL-\(fact.window)-".utf8.count)))
                add(reference.name, partner == nil ? .summary : .statement, partner, reference, envelope)
            }
        case .documentConfirmed(let fact): confirmed[fact.reader, default: []].insert(fact.document)
        default: break
        }
    }

    private mutating func receipt(
        _ id: String, _ partner: PartnerID, _ attachments: [AttachmentReference], _ envelope: FactEnvelope
    ) {
        guard let reference = attachments.first(where: { $0.name == "receipt.xml" }) else { return }
        add(id, .receipt, partner, reference, envelope)
    }

    private mutating func add(
        _ name: String, _ kind: IssuedRecord.Kind, _ partner: PartnerID?, _ reference: AttachmentReference,
        _ envelope: FactEnvelope
    ) {
        places[name] = all.count
        all.append(
            IssuedRecord(
                name: name, kind: kind, partner: partner, issued: envelope.time, digest: reference.digest,
                length: reference.length, sequence: envelope.sequence, attachment: reference.name))
    }
}
