public import Primitives

/// Bytes that belong to a fact and are kept beside it: a receipt, a signature, a statement.
public struct AttachmentReference: Hashable, Sendable, Codable {
    /// What it is, such as `receipt.xml`.
    public var name: String
    /// SHA-256 of the bytes.
    public var digest: Digest32
    /// Their number.
    public var length: Int

    /// Makes a reference.
    public init(name: String, digest: Digest32, length: Int) {
        self.name = name
        self.digest = digest
        self.length = length
    }
}

/// The judgement of a signature, as kept for ever. Rule: signature policy (Specs/rules.md).
public struct SignerEvidence: Hashable, Sendable, Codable {
    /// The signer's name.
    public var subject: String
    /// The certificate's serial number, hexadecimal.
    public var serial: String
    /// SHA-256 of the certificate.
    public var fingerprint: Digest32
    /// Digest and signature algorithm.
    public var algorithm: String
    /// The signer's own statement of the time; never judged.
    public var signingTime: Timestamp?
    /// The instant for which certificate and revocation were judged.
    public var judgedAt: Timestamp
    /// SHA-256 of the revocation lists used.
    public var revocationLists: [Digest32]
    /// Warnings, such as SIG-009.
    public var warnings: [Finding]

    /// Makes evidence; the parameters are the properties of the same names.
    public init(
        subject: String, serial: String, fingerprint: Digest32, algorithm: String, signingTime: Timestamp?,
        judgedAt: Timestamp, revocationLists: [Digest32], warnings: [Finding]
    ) {
        self.subject = subject
        self.serial = serial
        self.fingerprint = fingerprint
        self.algorithm = algorithm
        self.signingTime = signingTime
        self.judgedAt = judgedAt
        self.revocationLists = revocationLists
        self.warnings = warnings
    }
}

/// The identity of a batch file. Rulings on identity: Specs/rules.md.
public struct BatchID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The submitter.
    public var partner: PartnerID
    /// What counts, or the dry run.
    public var series: Series
    /// The partner's own counter within the series, from 1.
    public var sequence: Int64

    /// Makes an identity.
    public init(partner: PartnerID, series: Series, sequence: Int64) {
        self.partner = partner
        self.series = series
        self.sequence = sequence
    }

    /// `PARTNER/LIVE/17`.
    public var description: String { "\(partner)/\(series.rawValue)/\(sequence)" }

    /// Orders by partner, series, sequence.
    public static func < (a: BatchID, b: BatchID) -> Bool {
        (a.partner, a.series.rawValue, a.sequence) < (b.partner, b.series.rawValue, b.sequence)
    }
}

/// A file arrived whole, signed by its partner, and its bytes are kept. Fixes the window of its records. Rule R13.
public struct FileReceived: Hashable, Sendable, Codable {
    /// The file's identity.
    public var batch: BatchID
    /// SHA-256 of the bytes.
    public var digest: Digest32
    /// Their number.
    public var size: Int64
    /// The syntax.
    public var format: BatchFormat
    /// When its upload began.
    public var uploadBegan: Timestamp
    /// The window of its records; nil for a dry run outside the calendar.
    public var window: WindowID
    /// The programme's version by which it is judged.
    public var programmeVersion: Int
    /// Who signed, and how that was judged.
    public var signer: SignerEvidence
    /// SHA-256 of the certificate of the connection that brought it; nil where none did, or it was not kept yet.
    public var connection: Digest32?
    /// Earlier numbers of the series that have not arrived. Code FIL-006.
    public var gaps: [SequenceGap]
    /// The receipt's id.
    public var receiptID: String
    /// The partner's signature, the receipt and the receipt's signature.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        batch: BatchID, digest: Digest32, size: Int64, format: BatchFormat, uploadBegan: Timestamp, window: WindowID,
        programmeVersion: Int, signer: SignerEvidence, connection: Digest32? = nil, gaps: [SequenceGap],
        receiptID: String, attachments: [AttachmentReference]
    ) {
        self.batch = batch
        self.digest = digest
        self.size = size
        self.format = format
        self.uploadBegan = uploadBegan
        self.window = window
        self.programmeVersion = programmeVersion
        self.signer = signer
        self.connection = connection
        self.gaps = gaps
        self.receiptID = receiptID
        self.attachments = attachments
    }
}

/// Numbers of a series that are missing, both ends included.
public struct SequenceGap: Hashable, Sendable, Codable {
    /// The first missing number.
    public var from: Int64
    /// The last missing number.
    public var to: Int64

    /// Makes a gap.
    public init(from: Int64, to: Int64) {
        self.from = from
        self.to = to
    }
}

/// What became of a file as a whole; the codes are those of ISO 20022.
public enum FileStatus: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every record accepted or a repeat.
    case accepted = "ACCP"
    /// Some records accepted.
    case partlyAccepted = "PART"
    /// Nothing accepted.
    case refused = "RJCT"
}

/// Records and units by status and unit. Control sums of receipts.
public struct StatusSum: Hashable, Sendable, Codable {
    /// What became of the records.
    public var status: RecordStatus
    /// Their unit; nil when it could not be read.
    public var unit: CurrencyCode?
    /// How many.
    public var records: Int64
    /// The sum of their units.
    public var units: Int64
    /// The sum of their points of the shared currency, unsigned.
    public var points: Int64

    /// Makes a sum.
    public init(status: RecordStatus, unit: CurrencyCode?, records: Int64, units: Int64, points: Int64) {
        self.status = status
        self.unit = unit
        self.records = records
        self.units = units
        self.points = points
    }
}

/// What a file, message or act posts: the part of a decision that the books fold.
public struct Posting: Hashable, Sendable, Codable {
    /// The window that it counts in.
    public var window: WindowID
    /// Totals by line.
    public var lines: [LineTotal]
    /// The sets of lines that its entries name.
    public var lineSets: [LineSet]
    /// Fees.
    public var fees: [FeeCount]
    /// Points that the host funded itself, less what was reversed of them.
    public var hostFunded: Int64
    /// The latest business date accepted; nil when nothing was.
    public var latestBusinessDate: BusinessDate?

    /// Makes an empty posting for a window.
    public init(window: WindowID) {
        self.window = window
        lines = []
        lineSets = []
        fees = []
        hostFunded = 0
        latestBusinessDate = nil
    }
}

/// A file was judged to the end: what was accepted is posted with this fact, once and for ever.
public struct FileDecided: Hashable, Sendable, Codable {
    /// The file's identity.
    public var batch: BatchID
    /// The fact of its receipt.
    public var received: UInt64
    /// What became of it.
    public var status: FileStatus
    /// The message id of its header; nil when the header could not be read.
    public var messageID: MessageID?
    /// The refusal that it replaces, by receipt id.
    public var replaces: String?
    /// Records and sums by status and unit.
    public var sums: [StatusSum]
    /// What it posts; nil when nothing was accepted and for a dry run.
    public var posting: Posting?
    /// How many entries the record store keeps, and their digest.
    public var entries: EntriesReference?
    /// How many findings there are by code.
    public var findings: [FindingCount]
    /// The file of all findings, kept among the originals; nil when the receipt lists them all.
    public var findingsFile: AttachmentReference?
    /// The receipt's id.
    public var receiptID: String
    /// The receipt, its signature and the findings file's signature.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        batch: BatchID, received: UInt64, status: FileStatus, messageID: MessageID?, replaces: String?,
        sums: [StatusSum], posting: Posting?, entries: EntriesReference?, findings: [FindingCount],
        findingsFile: AttachmentReference? = nil, receiptID: String, attachments: [AttachmentReference]
    ) {
        self.findingsFile = findingsFile
        self.batch = batch
        self.received = received
        self.status = status
        self.messageID = messageID
        self.replaces = replaces
        self.sums = sums
        self.posting = posting
        self.entries = entries
        self.findings = findings
        self.receiptID = receiptID
        self.attachments = attachments
    }
}

/// The entries of a batch in the record store.
public struct EntriesReference: Hashable, Sendable, Codable {
    /// How many.
    public var count: Int64
    /// SHA-256 of their bytes.
    public var digest: Digest32

    /// Makes a reference.
    public init(count: Int64, digest: Digest32) {
        self.count = count
        self.digest = digest
    }
}

/// How often a code was found.
public struct FindingCount: Hashable, Sendable, Codable {
    /// The code.
    public var code: ReasonCode
    /// How often.
    public var count: Int64

    /// Makes a count.
    public init(code: ReasonCode, count: Int64) {
        self.code = code
        self.count = count
    }
}

/// A file was refused before it was received, such as at its signature; its number stays free.
public struct FileRefused: Hashable, Sendable, Codable {
    /// The identity that its upload declared.
    public var batch: BatchID
    /// SHA-256 of the bytes.
    public var digest: Digest32
    /// Their number.
    public var size: Int64
    /// Why.
    public var findings: [Finding]
    /// The receipt's id.
    public var receiptID: String
    /// The receipt and its signature.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        batch: BatchID, digest: Digest32, size: Int64, findings: [Finding], receiptID: String,
        attachments: [AttachmentReference]
    ) {
        self.batch = batch
        self.digest = digest
        self.size = size
        self.findings = findings
        self.receiptID = receiptID
        self.attachments = attachments
    }
}

/// A cleared file got its last receipt, made at the first request after its window closed and kept from then on.
public struct FileCleared: Hashable, Sendable, Codable {
    /// The file's identity.
    public var batch: BatchID
    /// The fact of its receipt.
    public var received: UInt64
    /// The window that was closed.
    public var window: WindowID
    /// The receipt's id.
    public var receiptID: String
    /// The receipt and its signature.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        batch: BatchID, received: UInt64, window: WindowID, receiptID: String, attachments: [AttachmentReference]
    ) {
        self.batch = batch
        self.received = received
        self.window = window
        self.receiptID = receiptID
        self.attachments = attachments
    }
}

/// A partner withdrew a file number before its file was decided.
public struct FileCancelled: Hashable, Sendable, Codable {
    /// The identity withdrawn.
    public var batch: BatchID
    /// Whether the file had arrived.
    public var hadArrived: Bool
    /// Who signed the request.
    public var signer: SignerEvidence
    /// SHA-256 of the certificate of the connection that brought it; nil where none did, or it was not kept yet.
    public var connection: Digest32?
    /// SHA-256 of the request.
    public var digest: Digest32
    /// The receipt's id.
    public var receiptID: String
    /// The request, the receipt and the receipt's signature.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        batch: BatchID, hadArrived: Bool, signer: SignerEvidence, connection: Digest32? = nil, digest: Digest32,
        receiptID: String, attachments: [AttachmentReference]
    ) {
        self.batch = batch
        self.hadArrived = hadArrived
        self.signer = signer
        self.connection = connection
        self.digest = digest
        self.receiptID = receiptID
        self.attachments = attachments
    }
}

/// A real-time message was judged and answered.
public struct MessageAnswered: Hashable, Sendable, Codable {
    /// The submitter.
    public var partner: PartnerID
    /// The partner's name for the message.
    public var messageID: MessageID
    /// SHA-256 of the message with its signature.
    public var digest: Digest32
    /// What became of it.
    public var status: RecordStatus
    /// Why it was refused, or what was remarked.
    public var findings: [Finding]
    /// Who signed.
    public var signer: SignerEvidence
    /// SHA-256 of the certificate of the connection that brought it; nil where none did, or it was not kept yet.
    public var connection: Digest32?
    /// The programme's version by which it was judged.
    public var programmeVersion: Int
    /// The record's entry; its location is this fact, record 1.
    public var entry: RecordEntry?
    /// What it posts.
    public var posting: Posting?
    /// What its leaf says beyond the entry; nil when it was refused, and in facts from before there were leaves.
    public var detail: LeafDetail?
    /// The request and the answer, both CMS.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, messageID: MessageID, digest: Digest32, status: RecordStatus, findings: [Finding],
        signer: SignerEvidence, connection: Digest32? = nil, programmeVersion: Int, entry: RecordEntry?,
        posting: Posting?, detail: LeafDetail? = nil, attachments: [AttachmentReference]
    ) {
        self.partner = partner
        self.messageID = messageID
        self.digest = digest
        self.status = status
        self.findings = findings
        self.signer = signer
        self.connection = connection
        self.programmeVersion = programmeVersion
        self.entry = entry
        self.posting = posting
        self.detail = detail
        self.attachments = attachments
    }
}

/// A reader has a document safely: it is no longer to be fetched.
public struct DocumentConfirmed: Hashable, Sendable, Codable {
    /// The document's name.
    public var document: String
    /// Who read it: a partner's id, or an officer's name.
    public var reader: String
    /// SHA-256 of what the reader keeps.
    public var digest: Digest32

    /// Makes the fact.
    public init(document: String, reader: String, digest: Digest32) {
        self.document = document
        self.reader = reader
        self.digest = digest
    }
}
