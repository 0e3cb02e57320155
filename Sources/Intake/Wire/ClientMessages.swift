public import Primitives

/// HELLO: the client introduces itself.
public struct Hello: Hashable, Sendable {
    /// The protocol's version; 1 is the only one.
    public var version: Int64
    /// Name and version of the client's software, for the gateway's log.
    public var software: String

    /// The version that this code speaks.
    public static let currentVersion: Int64 = 1

    /// Makes a greeting.
    public init(version: Int64 = Hello.currentVersion, software: String) {
        self.version = version
        self.software = software
    }
}

/// UPLOAD_BEGIN: a batch file is declared. Sent again with the same values, it resumes a broken upload.
public struct UploadBegin: Hashable, Sendable {
    /// Series and number; with the partner it is the batch id.
    public var batch: BatchNumber
    /// The header's MessageId, where the client states it.
    public var messageID: MessageID?
    /// Bytes of the file, 1 or more.
    public var size: Int64
    /// SHA-256 of the file.
    public var digest: Digest32
    /// How the file is written.
    public var format: BatchFormat
    /// Detached CMS over the file's bytes, DER or BER.
    public var signature: [UInt8]

    /// Declares a batch file.
    public init(
        batch: BatchNumber, messageID: MessageID? = nil, size: Int64, digest: Digest32, format: BatchFormat,
        signature: [UInt8]
    ) {
        self.batch = batch
        self.messageID = messageID
        self.size = size
        self.digest = digest
        self.format = format
        self.signature = signature
    }
}

/// UPLOAD_CHUNK: bytes of a batch file, without gap or overlap.
public struct UploadChunk: Hashable, Sendable {
    /// The place of the first byte in the file.
    public var offset: Int64
    /// The bytes; at least one, at most `WireLimits.chunkBytes`.
    public var bytes: [UInt8]

    /// Makes a chunk.
    public init(offset: Int64, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }
}

/// UPLOAD_END: every byte is sent.
public struct UploadEnd: Hashable, Sendable {
    /// The last grade of receipt that the client wants on this stream.
    public var until: ReceiptGrade

    /// Ends an upload.
    public init(until: ReceiptGrade) { self.until = until }
}

/// CANCEL: a batch file is not to count. The request is a document, signed, inside CMS.
public struct CancelRequest: Hashable, Sendable {
    /// The batch to cancel; the signed document names it too.
    public var batch: BatchNumber
    /// The signed request: CMS with its content attached.
    public var cms: [UInt8]

    /// Makes a request.
    public init(batch: BatchNumber, cms: [UInt8]) {
        self.batch = batch
        self.cms = cms
    }
}

/// MESSAGE: one real-time message.
public struct SignedMessage: Hashable, Sendable {
    /// CMS with the XML message attached.
    public var cms: [UInt8]

    /// Makes a message.
    public init(cms: [UInt8]) { self.cms = cms }
}

/// WAIT: the client wants the receipt of a batch file as soon as there is one.
public struct ReceiptWait: Hashable, Sendable {
    /// The batch.
    public var batch: BatchNumber
    /// The grade of the receipt.
    public var grade: ReceiptGrade

    /// Makes a request.
    public init(batch: BatchNumber, grade: ReceiptGrade) {
        self.batch = batch
        self.grade = grade
    }
}

/// LIST: the client asks what there is.
public struct ListRequest: Hashable, Sendable {
    /// Of what.
    public var kind: ListKind
    /// Only what was issued at this instant or later.
    public var since: Timestamp?
    /// Where the listing before this one ended: its `next`.
    public var cursor: String?

    /// Makes a request.
    public init(kind: ListKind, since: Timestamp? = nil, cursor: String? = nil) {
        self.kind = kind
        self.since = since
        self.cursor = cursor
    }
}

/// FETCH: the client wants a document, or the rest of it.
public struct FetchRequest: Hashable, Sendable {
    /// The document.
    public var id: DocumentID
    /// The place of the first byte that the client does not have.
    public var offset: Int64

    /// Makes a request.
    public init(id: DocumentID, offset: Int64 = 0) {
        self.id = id
        self.offset = offset
    }
}

/// CONFIRM: the client has a document safely. Until then the gateway lists it as pending.
public struct FetchConfirm: Hashable, Sendable {
    /// The document.
    public var id: DocumentID
    /// SHA-256 of what the client has.
    public var digest: Digest32

    /// Confirms a download.
    public init(id: DocumentID, digest: Digest32) {
        self.id = id
        self.digest = digest
    }
}

/// ACT: an officer's act by its maker.
public struct OfficerAct: Hashable, Sendable {
    /// The act's document.
    public var document: [UInt8]
    /// The maker's detached CMS over it.
    public var signature: [UInt8]

    /// Makes a request.
    public init(document: [UInt8], signature: [UInt8]) {
        self.document = document
        self.signature = signature
    }
}

/// COUNTERSIGN: the checker agrees to an act.
public struct Countersignature: Hashable, Sendable {
    /// SHA-256 of the act's document.
    public var digest: Digest32
    /// The checker's detached CMS over the document.
    public var signature: [UInt8]

    /// Makes a request.
    public init(digest: Digest32, signature: [UInt8]) {
        self.digest = digest
        self.signature = signature
    }
}

/// QUERY: a question that is answered with a document.
public struct Query: Hashable, Sendable {
    /// What is asked.
    public var kind: QueryKind
    /// The arguments: lines of `name=value`; may be empty.
    public var arguments: String

    /// Makes a query.
    public init(kind: QueryKind, arguments: String = "") {
        self.kind = kind
        self.arguments = arguments
    }
}

/// KEY_CHANGE: a partner changes its own keys. The request is a document, signed, inside CMS.
public struct KeyChangeRequest: Hashable, Sendable {
    /// The signed request: CMS with its content attached.
    public var cms: [UInt8]
    /// Of a rotation: the new key's detached CMS over the same content.
    public var proof: [UInt8]?

    /// Makes a request.
    public init(cms: [UInt8], proof: [UInt8]? = nil) {
        self.cms = cms
        self.proof = proof
    }
}

/// What a client may ask on a stream of its own.
public enum Request: Hashable, Sendable {
    /// Upload a batch file.
    case upload(UploadBegin)
    /// Cancel a batch file.
    case cancel(CancelRequest)
    /// Send a real-time message.
    case message(SignedMessage)
    /// Wait for a receipt.
    case wait(ReceiptWait)
    /// Ask what there is.
    case list(ListRequest)
    /// Fetch a document.
    case fetch(FetchRequest)
    /// Confirm a download.
    case confirm(FetchConfirm)
    /// Submit an act.
    case act(OfficerAct)
    /// Countersign an act.
    case countersign(Countersignature)
    /// Ask a question.
    case query(Query)
    /// Change the own keys.
    case keyChange(KeyChangeRequest)
}

/// Everything that a client sends.
public enum ClientMessage: Hashable, Sendable {
    /// HELLO.
    case hello(Hello)
    /// PING with a number that the answer repeats.
    case ping(Int64)
    /// PONG with the ping's number.
    case pong(Int64)
    /// A request that opens a stream.
    case request(Request)
    /// UPLOAD_CHUNK.
    case chunk(UploadChunk)
    /// UPLOAD_END.
    case uploadEnd(UploadEnd)
    /// ABANDON: the client gives up a request.
    case abandon
}
