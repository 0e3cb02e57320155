public import Primitives

/// Bytes that are written beside a fact.
public struct Attachment: Hashable, Sendable {
    /// What it is, such as `receipt.xml`.
    public let name: String
    /// The bytes.
    public let bytes: [UInt8]

    /// Makes an attachment.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// The reference that the fact carries.
    public func reference(_ digest: (ArraySlice<UInt8>) -> Digest32) -> AttachmentReference {
        AttachmentReference(name: name, digest: digest(bytes[...]), length: bytes.count)
    }
}

/// Reads single facts back by their numbers.
public protocol FactSource {
    /// The fact at a place.
    ///
    /// - Throws: `Fault` when there is none, or it is not as it was written.
    func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope
}

/// The ordered log of facts: the only commit point. Adapters share one contract suite.
public protocol JournalStore: FactSource {
    /// The sequence number of the last durable fact; 0 for an empty log.
    var lastSequence: UInt64 { get }
    /// The head of the hash chain; zero for an empty log.
    var head: Digest32 { get }

    /// Appends facts with their attachments, all durable when it returns and all or none of them after a crash.
    ///
    /// - Throws: `Fault` when they could not be made durable; the log then takes no more facts.
    func append(_ entries: [JournalEntry]) throws(Fault)

    /// Calls the closure with every fact in order, from a sequence number on.
    ///
    /// - Throws: `Fault` that names the first entry that is not as it was written.
    func replay(from sequence: UInt64, _ body: (FactEnvelope) throws(Fault) -> Void) throws(Fault)

    /// The bytes of an attachment of the fact at a place.
    ///
    /// - Throws: `Fault` when the place or the name does not exist or the bytes do not have their digest.
    func attachment(_ name: String, of sequence: UInt64) throws(Fault) -> [UInt8]
}

/// A fact to be appended, with the attachments that it refers to, in the order of its references.
public struct JournalEntry: Hashable, Sendable {
    /// The fact at its place.
    public let envelope: FactEnvelope
    /// The attachments.
    public let attachments: [Attachment]

    /// Makes an entry.
    public init(_ envelope: FactEnvelope, attachments: [Attachment] = []) {
        self.envelope = envelope
        self.attachments = attachments
    }
}
