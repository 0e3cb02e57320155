public import Journal
public import Primitives

/// A receipt: what the host signs about one file. Its bytes are kept, and a resend gets the same bytes.
public struct Receipt: Sendable {
    /// The id, never used twice.
    public var id: String
    /// How far the file has come; nil for the receipt of a withdrawal.
    public var grade: ReceiptGrade?
    /// When it was issued.
    public var issued: Timestamp
    /// The file's identity.
    public var batch: BatchID
    /// SHA-256 of the file's bytes; nil for a withdrawal before arrival.
    public var digest: Digest32?
    /// The file's size in bytes.
    public var size: Int64?
    /// The header's message id, once it is read.
    public var messageID: MessageID?
    /// What became of the file; nil while it is not judged.
    public var status: FileStatus?
    /// The window of its records; nil when it was refused before one was fixed.
    public var window: WindowID?
    /// The next cut-off at the time of issue.
    public var nextCutOff: Timestamp?
    /// The programme's version by which it is judged.
    public var programmeVersion: Int?
    /// Who signed the file.
    public var signer: SignerEvidence?
    /// Missing earlier numbers of the series.
    public var gaps: [SequenceGap] = []
    /// Records and sums by status and unit.
    public var sums: [StatusSum] = []
    /// The first findings.
    public var findings: [Finding] = []
    /// How many findings there are beyond these.
    public var furtherFindings: Int64 = 0
    /// The file of all findings.
    public var findingsFile: AttachmentReference?
    /// The refusal that the file replaces, by receipt id.
    public var replaces: String?
    /// Statement lines that the file's records count on, of a cleared file.
    public var statementLines: [String] = []
    /// What lets its reader prove what it says.
    public var evidence: ReceiptEvidence?

    /// Makes a receipt without details.
    public init(id: String, grade: ReceiptGrade?, issued: Timestamp, batch: BatchID) {
        self.id = id
        self.grade = grade
        self.issued = issued
        self.batch = batch
    }

    /// XML by `Specs/xsd/receipt.xsd`.
    public var bytes: [UInt8] { xml.document() }
}

extension Receipt {
    private var xml: XMLElement {
        var children = [
            XMLElement("ReceiptId", text: id), XMLElement("Grade", text: grade?.rawValue ?? "CANCELLED"),
            XMLElement("IssuedDateTime", text: issued.description), XMLElement("PartnerId", text: batch.partner.text),
            XMLElement("Series", text: batch.series.rawValue),
            XMLElement("SequenceNumber", text: "\(batch.sequence)"),
            XMLElement("DryRun", text: batch.series == .test ? "true" : "false"),
        ]
        if let digest {
            children.append(XMLElement("FileDigest", [("algorithm", "SHA-256")], text: digest.description))
        }
        if let size { children.append(XMLElement("FileSize", text: "\(size)")) }
        if let messageID { children.append(XMLElement("MessageId", text: messageID.text)) }
        if let status { children.append(XMLElement("FileStatus", text: status.rawValue)) }
        if let window { children.append(XMLElement("WindowId", text: window.text)) }
        if let nextCutOff { children.append(XMLElement("NextCutOffDateTime", text: nextCutOff.description)) }
        if let programmeVersion { children.append(XMLElement("ProgrammeVersion", text: "\(programmeVersion)")) }
        if let replaces { children.append(XMLElement("ReplacesReceiptId", text: replaces)) }
        if let signer { children.append(Self.signature(signer)) }
        children += gaps.map { XMLElement("MissingSequence", [("from", "\($0.from)"), ("to", "\($0.to)")]) }
        children += sums.map { sum in
            var attributes = [("status", sum.status.rawValue)]
            if let unit = sum.unit { attributes.append(("unit", unit.description)) }
            attributes += [("records", "\(sum.records)"), ("units", "\(sum.units)"), ("points", "\(sum.points)")]
            return XMLElement("StatusSum", attributes)
        }
        children += findings.map(Self.element)
        if furtherFindings > 0 { children.append(XMLElement("FurtherFindings", text: "\(furtherFindings)")) }
        if let file = findingsFile {
            let attributes = [("name", file.name), ("algorithm", "SHA-256"), ("length", "\(file.length)")]
            children.append(XMLElement("FindingsFile", attributes, text: file.digest.description))
        }
        children += statementLines.map { XMLElement("StatementLine", text: $0) }
        if let evidence { children.append(XMLElement("Evidence", [], evidence.elements)) }
        let root = [("xmlns", "urn:coalition:clearing:receipt:1"), ("version", "1.0")]
        return XMLElement("Receipt", root, children)
    }

    private static func signature(_ signer: SignerEvidence) -> XMLElement {
        var children = [
            XMLElement("Signer", text: signer.subject), XMLElement("SerialNumber", text: signer.serial),
            XMLElement("CertificateDigest", [("algorithm", "SHA-256")], text: signer.fingerprint.description),
            XMLElement("Algorithm", text: signer.algorithm),
        ]
        if let time = signer.signingTime { children.append(XMLElement("SigningDateTime", text: time.description)) }
        children.append(XMLElement("JudgedDateTime", text: signer.judgedAt.description))
        return XMLElement("Signature", [], children)
    }

    /// A finding as an element, in receipts and in findings files.
    static func element(_ finding: Finding) -> XMLElement {
        let entry = finding.code.entry
        var attributes = [("code", finding.code.code), ("severity", finding.severity.rawValue), ("iso", entry.iso)]
        if finding.place.record > 0 { attributes.append(("record", "\(finding.place.record)")) }
        if finding.place.line > 0 { attributes.append(("line", "\(finding.place.line)")) }
        if finding.place.offset >= 0 { attributes.append(("offset", "\(finding.place.offset)")) }
        var children: [XMLElement] = []
        if !finding.place.field.isEmpty { children.append(XMLElement("Field", text: finding.place.field)) }
        if !finding.value.isEmpty { children.append(XMLElement("Value", text: finding.value)) }
        if !finding.detail.isEmpty { children.append(XMLElement("Detail", text: finding.detail)) }
        children.append(XMLElement("Rule", text: entry.rule))
        children.append(XMLElement("Action", text: entry.action))
        return XMLElement("Finding", attributes, children)
    }
}

/// All findings of a file, signed by the host and fetched on demand. CSV with one row for each finding.
public enum FindingsFile {
    /// The header row.
    public static let header = table(of: []).bytes

    /// The rows of some findings, without the header.
    public static func rows(_ findings: [Finding]) -> [UInt8] {
        Array(table(of: findings).bytes.dropFirst(header.count))
    }

    private static func table(of findings: [Finding]) -> CSVTable {
        var table = CSVTable([
            "code", "severity", "iso", "record", "line", "offset", "field", "value", "detail", "rule", "action",
        ])
        for finding in findings {
            table.add([
                .text(finding.code.code), .text(finding.severity.rawValue), .text(finding.code.entry.iso),
                .number(finding.place.record > 0 ? "\(finding.place.record)" : ""),
                .number(finding.place.line > 0 ? "\(finding.place.line)" : ""),
                .number(finding.place.offset >= 0 ? "\(finding.place.offset)" : ""), .text(finding.place.field),
                .text(finding.value), .text(finding.detail), .text(finding.code.entry.rule),
                .text(finding.code.entry.action),
            ])
        }
        return table
    }
}
