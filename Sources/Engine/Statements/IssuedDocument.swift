public import Journal
public import Primitives

/// Signs what the host issues. The gateway gives an implementation with the host's key; tests give one of their own.
public protocol DocumentSigner: Sendable {
    /// A detached signature over a document's bytes, with the time of signing.
    ///
    /// - Throws: `Fault` when the key cannot sign.
    func sign(_ document: [UInt8], at time: Timestamp) throws(Fault) -> [UInt8]
}

/// A document that the host issues: its bytes are kept for ever.
public struct IssuedDocument: Hashable, Sendable {
    /// The name with its ending, such as `STL-W-2026-03B-MARCHE.xml`.
    public let name: String
    /// The partner whom it is for; nil for the host's own.
    public let partner: PartnerID?
    /// The bytes.
    public let bytes: [UInt8]

    /// The document and its detached signature, named with `.p7s` behind.
    ///
    /// - Throws: `Fault` when the key cannot sign.
    public func signed(by signer: any DocumentSigner, at time: Timestamp) throws(Fault) -> [Attachment] {
        [
            Attachment(name: name, bytes: bytes),
            Attachment(name: name + ".p7s", bytes: try signer.sign(bytes, at: time)),
        ]
    }
}

/// The place in the log that a document was made from.
public struct LogPosition: Hashable, Sendable {
    /// The last fact that it takes in.
    public let sequence: UInt64
    /// The hash chain's head at that fact.
    public let head: Digest32
    /// The checkpoint over all facts up to that one; nil where none is signed, such as in a preview.
    public let checkpoint: StatementCheckpoint?

    /// Names a place in the log.
    public init(sequence: UInt64, head: Digest32, checkpoint: StatementCheckpoint? = nil) {
        self.sequence = sequence
        self.head = head
        self.checkpoint = checkpoint
    }
}

/// What all statements of a window's close have in common.
public struct StatementFrame: Sendable {
    /// The programme's id.
    public let programme: String
    /// The host's id and name.
    public let host: (id: PartnerID, name: String)
    /// The shared currency.
    public let pointsCurrency: CurrencyCode
    /// The window's name.
    public let window: WindowID
    /// Its opening in the programme's zone, RFC 3339.
    public let from: String
    /// Its cut-off in the programme's zone, RFC 3339.
    public let to: String
    /// When it was closed, in the programme's zone, RFC 3339.
    public let closedAt: String
    /// The place in the log just before the close.
    public let position: LogPosition

    /// Makes a frame; the parameters are the properties of the same names.
    public init(
        programme: String, host: (id: PartnerID, name: String), pointsCurrency: CurrencyCode, window: WindowID,
        from: String, to: String, closedAt: String, position: LogPosition
    ) {
        self.programme = programme
        self.host = host
        self.pointsCurrency = pointsCurrency
        self.window = window
        self.from = from
        self.to = to
        self.closedAt = closedAt
        self.position = position
    }

    var elements: [XMLElement] {
        [
            XMLElement("ProgrammeId", text: programme),
            XMLElement("WindowId", text: window.text),
            XMLElement("FromDateTime", text: from),
            XMLElement("ToDateTime", text: to),
            XMLElement("ClosedDateTime", text: closedAt),
        ]
    }

    var journalHead: XMLElement {
        XMLElement(
            "JournalHead", [("algorithm", "SHA-256"), ("sequence", "\(position.sequence)")],
            text: position.head.description)
    }

    /// Where the log stood, for people.
    var logLines: [String] {
        ["Log \(position.sequence) \(position.head)"]
            + (position.checkpoint.map { ["Checkpoint \($0.origin) \($0.size) \($0.root)"] } ?? [])
    }

    func parties(_ partner: PartnerID, _ name: String, registrations: [(String, String)]) -> [XMLElement] {
        [
            XMLElement(
                "Party", [("role", "HOST")],
                [XMLElement("PartnerId", text: host.id.text), XMLElement("LegalName", text: host.name)]),
            XMLElement(
                "Party", [("role", "PARTNER")],
                [XMLElement("PartnerId", text: partner.text), XMLElement("LegalName", text: name)]
                    + registrations.map { XMLElement("Registration", [("type", $0.0)], text: $0.1) }),
        ]
    }
}
