public import Primitives

/// HELLO_ACK: the gateway introduces itself and says whom it takes the client for.
public struct HelloAck: Hashable, Sendable {
    /// The protocol's version; 1 is the only one.
    public var version: Int64
    /// Name and version of the gateway's software.
    public var software: String
    /// Whom the client's certificate stands for.
    public var party: Party
    /// The gateway's time, by which windows and cut-offs go.
    public var time: Timestamp
    /// The next cut-off; absent while no programme is in force.
    public var nextCutOff: Timestamp?
    /// The largest payload of a frame from the client, in bytes.
    public var clientPayloadBytes: Int64
    /// The largest number of data bytes in a chunk.
    public var chunkBytes: Int64
    /// The largest batch file, in bytes.
    public var fileBytes: Int64
    /// Requests that may be in flight at once on this connection.
    public var requestsInFlight: Int64
    /// Seconds of silence after which the gateway sends a PING.
    public var heartbeatSeconds: Int64

    /// Makes a greeting with the limits.
    public init(
        version: Int64 = Hello.currentVersion, software: String, party: Party, time: Timestamp, nextCutOff: Timestamp?,
        limits: WireLimits, heartbeatSeconds: Int64
    ) {
        self.version = version
        self.software = software
        self.party = party
        self.time = time
        self.nextCutOff = nextCutOff
        clientPayloadBytes = Int64(limits.clientPayloadBytes)
        chunkBytes = Int64(limits.chunkBytes)
        fileBytes = limits.fileBytes
        requestsInFlight = Int64(limits.requestsInFlight)
        self.heartbeatSeconds = heartbeatSeconds
    }
}

/// ERROR: a request is refused, or the connection.
public struct ErrorNotice: Hashable, Sendable {
    /// The code, as `Specs/reason-codes.md` lists them; a client keeps one that it does not know.
    public var code: String
    /// What was found in this case.
    public var detail: String
    /// What to do about it.
    public var action: String
    /// Whether the same request may succeed when it is sent again later without a change.
    public var mayRetry: Bool
    /// Whether the connection ends with it.
    public var isFatal: Bool

    /// Makes a notice; the action is the catalogue's.
    public init(_ code: ReasonCode, detail: String, mayRetry: Bool = false, isFatal: Bool = false) {
        self.code = code.code
        self.detail = detail
        action = code.entry.action
        self.mayRetry = mayRetry
        self.isFatal = isFatal
    }

    /// Makes a notice from a refusal: its first code, and what was found.
    public init(_ refusal: Refusal, mayRetry: Bool = false, isFatal: Bool = false) {
        self.init(refusal.code, detail: refusal.explanation, mayRetry: mayRetry, isFatal: isFatal)
    }
}

/// GOODBYE: the gateway takes no further requests here, and closes when those in flight are answered.
public struct Goodbye: Hashable, Sendable {
    /// Why: NET-002 for an idle connection, NET-003 for a gateway that shuts down.
    public var code: String
    /// Why, in words.
    public var detail: String
    /// The highest stream that the gateway looked at; requests above it were not carried out.
    public var lastStream: Int64

    /// Makes a goodbye.
    public init(_ code: ReasonCode, detail: String, lastStream: UInt32) {
        self.code = code.code
        self.detail = detail
        self.lastStream = Int64(lastStream)
    }
}

/// RECEIPT: a signed receipt of a batch file.
public struct Receipt: Hashable, Sendable {
    /// The grade.
    public var grade: ReceiptGrade
    /// The receipt's id.
    public var id: DocumentID
    /// Whether it is the stored receipt of an earlier upload of the same bytes.
    public var isCopy: Bool
    /// The receipt's document.
    public var document: [UInt8]
    /// The host's detached CMS over the document.
    public var signature: [UInt8]
    /// The document's status word, such as ACCP or RJCT. A convenience: only the signed document counts.
    public var status: String

    /// Makes a receipt.
    public init(
        grade: ReceiptGrade, id: DocumentID, isCopy: Bool, document: [UInt8], signature: [UInt8], status: String
    ) {
        self.grade = grade
        self.id = id
        self.isCopy = isCopy
        self.document = document
        self.signature = signature
        self.status = status
    }
}

/// ANSWER: the signed answer to a message, a cancellation or a key change.
public struct SignedAnswer: Hashable, Sendable {
    /// CMS of the host with the answer attached.
    public var cms: [UInt8]
    /// Whether it is the stored answer to an earlier message of the same id and bytes.
    public var isCopy: Bool

    /// Makes an answer.
    public init(cms: [UInt8], isCopy: Bool) {
        self.cms = cms
        self.isCopy = isCopy
    }
}

/// DOCUMENT: bytes of a document; the last frame of the stream has the last of them.
public struct DocumentPart: Hashable, Sendable {
    /// The document.
    public var id: DocumentID
    /// Bytes of the whole document.
    public var size: Int64
    /// SHA-256 of the whole document.
    public var digest: Digest32
    /// The place of the first byte.
    public var offset: Int64
    /// The bytes; empty only when nothing is left.
    public var bytes: [UInt8]
    /// The host's detached CMS over the document, on the first part of a signed document; otherwise empty.
    public var signature: [UInt8]

    /// Makes a part.
    public init(
        id: DocumentID, size: Int64, digest: Digest32, offset: Int64, bytes: [UInt8], signature: [UInt8] = []
    ) {
        self.id = id
        self.size = size
        self.digest = digest
        self.offset = offset
        self.bytes = bytes
        self.signature = signature
    }
}

/// LISTING: what there is, as JSON (`Specs/wire.md`).
public struct Listing: Hashable, Sendable {
    /// A JSON array, in UTF-8.
    public var json: [UInt8]
    /// Where to go on, when there is more: the `cursor` of the next LIST.
    public var next: String?

    /// Makes a listing.
    public init(json: [UInt8], next: String? = nil) {
        self.json = json
        self.next = next
    }
}

/// ACT_RESULT: what became of an officer's act.
public struct ActResult: Hashable, Sendable {
    /// SHA-256 of the act's document, by which the checker names it.
    public var digest: Digest32
    /// Where the act stands.
    public var state: ActState
    /// What it did or what it waits for, for people.
    public var detail: String

    /// Makes a result.
    public init(digest: Digest32, state: ActState, detail: String) {
        self.digest = digest
        self.state = state
        self.detail = detail
    }
}

/// Everything that a gateway sends.
public enum GatewayMessage: Hashable, Sendable {
    /// HELLO_ACK.
    case helloAck(HelloAck)
    /// PING with a number that the answer repeats.
    case ping(Int64)
    /// PONG with the ping's number.
    case pong(Int64)
    /// GOODBYE.
    case goodbye(Goodbye)
    /// ERROR.
    case error(ErrorNotice)
    /// UPLOAD_ACCEPT: send the file's bytes from this place on.
    case uploadAccept(offset: Int64)
    /// PROGRESS: so many bytes from the file's beginning are durable.
    case progress(durable: Int64)
    /// RECEIPT.
    case receipt(Receipt)
    /// ANSWER.
    case answer(SignedAnswer)
    /// DOCUMENT.
    case document(DocumentPart)
    /// LISTING.
    case listing(Listing)
    /// ACT_RESULT.
    case actResult(ActResult)
    /// DONE.
    case done
}
