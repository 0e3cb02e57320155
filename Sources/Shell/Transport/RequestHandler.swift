public import Primitives
public import Wire

/// What a gateway does with what its clients ask. The transport knows nothing of clearing; it calls this.
///
/// Calls of one connection run side by side, except for the bytes of one upload, which come in order and one at a time.
/// A `Refusal` that is thrown becomes an ERROR with its first code; any other error becomes NET-006. A call is
/// cancelled when its client abandons it or is gone: `wait` and `UploadSink.finish` must then return soon, others may
/// go on.
public protocol RequestHandler: Sendable {
    /// A client greets: what goes into HELLO_ACK. A refusal ends the connection.
    func welcome(_ peer: Peer, _ hello: Hello) async throws -> Welcome
    /// A client declares a batch file, or resumes it.
    func beginUpload(_ begin: UploadBegin, from peer: Peer) async throws -> UploadAnswer
    /// A client cancels a batch file.
    func cancel(_ request: CancelRequest, from peer: Peer) async throws -> SignedAnswer
    /// A client sends a real-time message.
    func answer(_ message: SignedMessage, from peer: Peer) async throws -> SignedAnswer
    /// A client waits for a receipt: returns once there is one of that grade, or one that says there never will be.
    func wait(_ wait: ReceiptWait, from peer: Peer) async throws -> Receipt
    /// A client asks what there is.
    func list(_ request: ListRequest, from peer: Peer) async throws -> Listing
    /// A client wants a document.
    func fetch(_ request: FetchRequest, from peer: Peer) async throws -> any DocumentSource
    /// A client has a document safely.
    func confirm(_ confirm: FetchConfirm, from peer: Peer) async throws
    /// An officer submits an act.
    func act(_ act: OfficerAct, from peer: Peer) async throws -> ActResult
    /// An officer countersigns an act.
    func countersign(_ countersignature: Countersignature, from peer: Peer) async throws -> ActResult
    /// A client changes its own keys.
    func changeKeys(_ request: KeyChangeRequest, from peer: Peer) async throws -> SignedAnswer
    /// A client asks a question.
    func query(_ query: Query, from peer: Peer) async throws -> any DocumentSource
}

/// What a gateway says of itself in HELLO_ACK.
public struct Welcome: Hashable, Sendable {
    /// Name and version of the software.
    public var software: String
    /// The gateway's time, by which windows go.
    public var time: Timestamp
    /// The next cut-off; nil while no programme is in force.
    public var nextCutOff: Timestamp?

    /// Makes a welcome.
    public init(software: String, time: Timestamp, nextCutOff: Timestamp?) {
        self.software = software
        self.time = time
        self.nextCutOff = nextCutOff
    }
}

/// How a gateway takes the declaration of a batch file.
public enum UploadAnswer: Sendable {
    /// It wants the bytes from `sink.offset` on.
    case store(any UploadSink)
    /// It has this very file already: these are its stored receipts, oldest first.
    case stored([Receipt])
}

/// Takes the bytes of one upload. Its calls come one at a time; the last one is `finish` or `abandon`.
public protocol UploadSink: Sendable {
    /// The place of the first byte that is missing: what came before is durable.
    var offset: Int64 { get }
    /// Stores bytes at their place, without gap or overlap.
    ///
    /// - Returns: how many bytes from the file's beginning are durable, when that is more than said before.
    func write(_ bytes: [UInt8], at offset: Int64) async throws -> Int64?
    /// Every byte is there. Issues the receipts up to the grade asked for, each as soon as it is signed; returns after
    /// the last one, also when that is a refusal. Cancellation means that nobody waits for receipts any more: the file
    /// is received and judged all the same.
    func finish(until grade: ReceiptGrade, issue: @escaping @Sendable (Receipt) async -> Void) async throws
    /// The client is gone before the end, or gave up: keep what is durable, for a resume.
    func abandon() async
}

/// A document that a client fetches.
public protocol DocumentSource: Sendable {
    /// Its id.
    var id: DocumentID { get }
    /// Its bytes in number.
    var size: Int64 { get }
    /// Its SHA-256.
    var digest: Digest32 { get }
    /// The host's detached signature; empty for a document without one.
    var signature: [UInt8] { get }
    /// Reads `count` bytes from `offset` on; both within the size.
    func read(at offset: Int64, count: Int) async throws -> [UInt8]
}

/// A document in memory.
public struct MemoryDocument: DocumentSource {
    /// Its id.
    public let id: DocumentID
    /// Its SHA-256.
    public let digest: Digest32
    /// The host's detached signature; empty for a document without one.
    public let signature: [UInt8]
    private let bytes: [UInt8]

    /// Wraps bytes whose digest the caller computed.
    public init(id: DocumentID, bytes: [UInt8], digest: Digest32, signature: [UInt8] = []) {
        self.id = id
        self.bytes = bytes
        self.digest = digest
        self.signature = signature
    }

    /// Its bytes in number.
    public var size: Int64 { Int64(bytes.count) }

    /// Bytes of it.
    public func read(at offset: Int64, count: Int) -> [UInt8] { Array(bytes[Int(offset)..<Int(offset) + count]) }
}
