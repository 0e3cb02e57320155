public import Primitives
public import ProgrammeModel

/// What may be shown of a fact that is not for everyone's eyes. Specs/evidence.md.
public enum Seal: Hashable, Sendable {
    /// Of a judged file, or of a message that counts on another partner's account.
    case records(RecordsSeal)
    /// Of a version of the programme.
    case programme(ProgrammeSeal)
    /// Of a window's close.
    case window(WindowSeal)
}

extension Seal {
    /// The bytes that belong to the seal.
    public var attachments: [AttachmentReference] {
        switch self {
        case .records(let seal): seal.attachments
        case .programme, .window: []
        }
    }
}

extension Seal: Codable {
    private enum Key: String, CodingKey {
        case records, programme, window
    }

    /// Writes an object whose one member is named by what is sealed.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .records(let seal): try container.encode(seal, forKey: .records)
        case .programme(let seal): try container.encode(seal, forKey: .programme)
        case .window(let seal): try container.encode(seal, forKey: .window)
        }
    }

    /// Reads an object whose one member is named by what is sealed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch container.allKeys.first {
        case .records: self = .records(try container.decode(RecordsSeal.self, forKey: .records))
        case .programme: self = .programme(try container.decode(ProgrammeSeal.self, forKey: .programme))
        case .window: self = .window(try container.decode(WindowSeal.self, forKey: .window))
        case nil:
            let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not a known seal")
            throw DecodingError.dataCorrupted(context)
        }
    }
}

/// The tree over the records of a file that was not refused, or of an accepted message.
public struct RecordsSeal: Hashable, Sendable, Codable {
    /// The fact that received the file, or answered the message.
    public var received: UInt64
    /// Who submitted it.
    public var partner: PartnerID
    /// The file's identity; nil for a message.
    public var batch: BatchID?
    /// The message's name; nil for a file.
    public var messageID: MessageID?
    /// SHA-256 of the file, or of the message without its signature.
    public var digest: Digest32
    /// The window of the records.
    public var window: WindowID
    /// What became of the file or message.
    public var status: FileStatus
    /// The number of records.
    public var count: Int64
    /// The root of the tree over their leaves.
    public var root: Digest32
    /// The version of the leaves.
    public var leaf: Int
    /// What the leaves cannot be made from again without it: `shares.bin`; and what makes proofs fast: `nodes.bin`.
    public var attachments: [AttachmentReference]

    /// Makes a seal; the parameters are the properties of the same names.
    public init(
        received: UInt64, partner: PartnerID, batch: BatchID?, messageID: MessageID?, digest: Digest32,
        window: WindowID, status: FileStatus, count: Int64, root: Digest32, leaf: Int = RecordLeaf.version,
        attachments: [AttachmentReference]
    ) {
        self.received = received
        self.partner = partner
        self.batch = batch
        self.messageID = messageID
        self.digest = digest
        self.window = window
        self.status = status
        self.count = count
        self.root = root
        self.leaf = leaf
        self.attachments = attachments
    }
}

/// What a version of the programme consists of, without its agreements.
public struct ProgrammeSeal: Hashable, Sendable, Codable {
    /// The version, counted from 1.
    public var version: Int
    /// The signed files.
    public var files: [AttachmentReference]
    /// The digests of the agreements as resolved, by partner.
    public var agreements: [Part]
    /// The digests of the promotions as resolved, by id.
    public var promotions: [Part]
    /// Currencies, zones, windows and officers: the programme without agreements and promotions.
    public var calendar: Programme

    /// A resolved part of the programme by its name.
    public struct Part: Hashable, Sendable, Codable {
        /// A partner, or a promotion's id.
        public var name: String
        /// SHA-256 of its JSON.
        public var digest: Digest32

        /// Names a part.
        public init(name: String, digest: Digest32) {
            self.name = name
            self.digest = digest
        }
    }

    /// Makes a seal; the parameters are the properties of the same names.
    public init(
        version: Int, files: [AttachmentReference], agreements: [Part], promotions: [Part], calendar: Programme
    ) {
        self.version = version
        self.files = files
        self.agreements = agreements
        self.promotions = promotions
        self.calendar = calendar
    }
}

/// The documents that a window's close issued.
public struct WindowSeal: Hashable, Sendable, Codable {
    /// The window.
    public var window: WindowID
    /// The fact that closed it.
    public var closed: UInt64
    /// The statements, without their signatures.
    public var documents: [AttachmentReference]

    /// Makes a seal.
    public init(window: WindowID, closed: UInt64, documents: [AttachmentReference]) {
        self.window = window
        self.closed = closed
        self.documents = documents
    }
}

/// The host has signed how many facts the log has and what their tree's root is. Specs/evidence.md.
public struct CheckpointSigned: Hashable, Sendable, Codable {
    /// The facts that the tree is over: all before some fact.
    public var size: UInt64
    /// The tree's root.
    public var root: Digest32
    /// The public half of the key that signed, as the text of a verifier key.
    public var key: String
    /// SHA-256 of the revocation lists by which signatures are judged now.
    public var revocationLists: [Digest32]
    /// The note and the host's CMS signature over it.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        size: UInt64, root: Digest32, key: String, revocationLists: [Digest32], attachments: [AttachmentReference]
    ) {
        self.size = size
        self.root = root
        self.key = key
        self.revocationLists = revocationLists
        self.attachments = attachments
    }
}
