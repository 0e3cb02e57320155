public import Primitives
public import Wire

/// A document as it was fetched; whoever keeps it checks the digest and confirms the download.
public struct FetchedDocument: Hashable, Sendable {
    /// Its id.
    public var id: DocumentID
    /// Its bytes in number.
    public var size: Int64
    /// SHA-256 of its bytes, as the gateway says.
    public var digest: Digest32
    /// The host's detached signature; empty for a document without one.
    public var signature: [UInt8]
}

// One question, one answer. Each throws `ClientFailure`.
extension GatewayConnection {
    /// Sends a real-time message.
    public func send(_ message: SignedMessage) async throws -> SignedAnswer {
        try await ask(.message(message)) { if case .answer(let answer) = $0 { answer } else { nil } }
    }

    /// Cancels a batch file by a signed request.
    public func cancel(_ request: CancelRequest) async throws -> SignedAnswer {
        try await ask(.cancel(request)) { if case .answer(let answer) = $0 { answer } else { nil } }
    }

    /// Changes the own keys by a signed request.
    public func changeKeys(_ request: KeyChangeRequest) async throws -> SignedAnswer {
        try await ask(.keyChange(request)) { if case .answer(let answer) = $0 { answer } else { nil } }
    }

    /// Waits for a batch file's receipt. Cancelling the task gives the wait up.
    public func wait(_ wait: ReceiptWait) async throws -> Receipt {
        try await ask(.wait(wait)) { if case .receipt(let receipt) = $0 { receipt } else { nil } }
    }

    /// Asks what there is.
    public func list(_ request: ListRequest) async throws -> Listing {
        try await ask(.list(request)) { if case .listing(let listing) = $0 { listing } else { nil } }
    }

    /// Confirms that a document is kept safely.
    public func confirm(_ confirm: FetchConfirm) async throws {
        try await ask(.confirm(confirm)) { if case .done = $0 { () } else { nil } }
    }

    /// Submits an officer's act.
    public func act(_ act: OfficerAct) async throws -> ActResult {
        try await ask(.act(act)) { if case .actResult(let result) = $0 { result } else { nil } }
    }

    /// Countersigns an officer's act.
    public func countersign(_ countersignature: Countersignature) async throws -> ActResult {
        try await ask(.countersign(countersignature)) { if case .actResult(let result) = $0 { result } else { nil } }
    }

    private func ask<Answer: Sendable>(_ request: Request, _ read: (GatewayMessage) -> Answer?) async throws -> Answer {
        let (stream, replies) = try open(request)
        do {
            while let reply = try await replies.next() {
                if case .error(let notice) = reply.message { throw ClientFailure.refused(notice) }
                if let answer = read(reply.message) { return answer }
            }
        } catch let error as CancellationError {
            abandon(stream, replies)
            throw error
        }
        throw ClientFailure.protocolBroken(.malformed("a request ended without its answer"))
    }
}

// Documents.
extension GatewayConnection {
    /// Fetches a document from a place on, part by part as fast as `part` takes it.
    public func fetch(
        _ id: DocumentID, from offset: Int64 = 0, _ part: @Sendable (DocumentPart) async throws -> Void
    ) async throws -> FetchedDocument {
        try await document(.fetch(FetchRequest(id: id, offset: offset)), part)
    }

    /// Fetches a document into memory.
    ///
    /// - Throws: `ClientFailure`; NET-002 when it is larger than `limit` bytes.
    public func fetch(_ id: DocumentID, limit: Int64) async throws -> (document: FetchedDocument, bytes: [UInt8]) {
        try await collect(.fetch(FetchRequest(id: id)), limit)
    }

    /// Asks a question that is answered with a document.
    ///
    /// - Throws: `ClientFailure`; NET-002 when the answer is larger than `limit` bytes.
    public func query(_ query: Query, limit: Int64 = 64 << 20) async throws -> [UInt8] {
        try await collect(.query(query), limit).bytes
    }

    private func collect(_ request: Request, _ limit: Int64) async throws -> (document: FetchedDocument, bytes: [UInt8])
    {
        let (stream, replies) = try open(request)
        var bytes: [UInt8] = []
        let document = try await parts(stream, replies) { part in
            guard part.size <= limit else {
                let detail = "the document has \(part.size) bytes; at most \(limit) are wanted"
                throw ClientFailure.refused(ErrorNotice(.net002, detail: detail))
            }
            bytes += part.bytes
        }
        return (document, bytes)
    }

    private func document(_ request: Request, _ take: @Sendable (DocumentPart) async throws -> Void) async throws
        -> FetchedDocument
    {
        let (stream, replies) = try open(request)
        return try await parts(stream, replies, take)
    }

    private func parts(
        _ stream: UInt32, _ replies: Mailbox<Reply>, _ take: (DocumentPart) async throws -> Void
    ) async throws -> FetchedDocument {
        var document: FetchedDocument?
        do {
            while let reply = try await replies.next() {
                switch reply.message {
                case .error(let notice): throw ClientFailure.refused(notice)
                case .document(let part):
                    if document == nil {
                        document = FetchedDocument(
                            id: part.id, size: part.size, digest: part.digest, signature: part.signature)
                    }
                    try await take(part)
                default: break
                }
            }
        } catch {
            abandon(stream, replies)
            throw error
        }
        guard let document else { throw ClientFailure.protocolBroken(.malformed("a document without parts")) }
        return document
    }
}
