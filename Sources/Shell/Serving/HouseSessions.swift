import Clearing
import FileStore
public import Gateway
import House
public import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
public import Transport
import Verification
public import Wire

/// Answers what clients of the socket and of the HTTPS API ask, for the party that their certificate stands for.
public struct HouseSessions: RequestHandler {
    /// Name and version of the software.
    public static let software = "coalition/1.0"

    /// The house that they ask.
    public let house: Clearinghouse
    /// Where files go that wait for judgement.
    let waiting: AsyncStream<UInt64>.Continuation
    /// Uploads under way.
    let uploads = UploadsUnderWay()

    init(house: Clearinghouse, waiting: AsyncStream<UInt64>.Continuation) {
        self.house = house
        self.waiting = waiting
    }

    /// A client greets.
    public func welcome(_ peer: Peer, _ hello: Hello) async throws -> Welcome {
        let state = await house.state
        let now = await house.now
        let next = state.programme.flatMap { state.windows.nextCutOff($0, after: now) }
        return Welcome(software: Self.software, time: now, nextCutOff: next?.cutoff)
    }

    // MARK: Files

    /// A client declares a batch file, or resumes it.
    public func beginUpload(_ begin: UploadBegin, from peer: Peer) async throws -> UploadAnswer {
        try admit(peer)
        let batch = try Self.batch(begin.batch, peer)
        let admission = try await house.admission(
            batch, digest: begin.digest, size: begin.size, signature: begin.signature)
        switch admission {
        case .copy(let attempt):
            if let received = attempt.received, attempt.decided == nil { waiting.yield(received) }
            return .stored(try await house.receipts(of: attempt).map { $0.onWire(isCopy: true) })
        case .refused(let finding): throw Refusal([finding])
        case .new, .replacement: break
        }
        if let finding = try house.originals.room(for: begin.size) { throw Refusal([finding]) }
        let name = UploadName(
            partner: batch.partner, series: batch.series, sequence: batch.sequence, digest: begin.digest)
        let incoming = try uploads.take(name) { () throws(Fault) in try house.originals.begin(name) }
        let session = UploadSession(
            house: house, incoming: incoming, batch: batch, begin: begin, began: await house.now,
            connection: peer.identity.fingerprint, waiting: waiting)
        uploads.hold(name, session)
        return .store(session)
    }

    /// A client waits for a receipt.
    public func wait(_ wait: ReceiptWait, from peer: Peer) async throws -> Wire.Receipt {
        try admit(peer)
        let batch = try Self.batch(wait.batch, peer)
        let receipt = try await house.receipt(batch, grade: wait.grade)
        // The wait may have been long, and the key may have been suspended meanwhile.
        try admit(peer)
        return receipt.onWire(isCopy: true)
    }

    /// A partner cancels a batch file.
    public func cancel(_ request: CancelRequest, from peer: Peer) async throws -> SignedAnswer {
        try admit(peer)
        let batch = try Self.batch(request.batch, peer)
        let (answer, isCopy) = try await house.cancel(
            batch, request: request.cms, over: peer.identity.fingerprint)
        return SignedAnswer(cms: answer, isCopy: isCopy)
    }

    /// The batch that a connected partner names by its number.
    ///
    /// - Throws: `Refusal` with NET-004 when it is not a partner.
    public static func batch(_ number: BatchNumber, _ peer: Peer) throws(Refusal) -> BatchID {
        BatchID(partner: try partner(peer), series: number.series, sequence: number.sequence)
    }

    /// The partner that is connected.
    ///
    /// - Throws: `Refusal` with NET-004 when it is not a partner.
    static func partner(_ peer: Peer) throws(Refusal) -> PartnerID {
        guard peer.party.role == .partner, let id = try? PartnerID(peer.party.name) else {
            throw Refusal(.net004, value: peer.party.description, detail: "only partners send files and messages")
        }
        return id
    }

    /// Whose documents a party may see: its own for a partner, all (nil) for the host's officers and auditors.
    public static func reader(_ peer: Peer) throws(Refusal) -> PartnerID? {
        peer.party.role == .partner ? try partner(peer) : nil
    }

    // MARK: Messages

    /// A partner sends a message.
    public func answer(_ message: SignedMessage, from peer: Peer) async throws -> SignedAnswer {
        try admit(peer)
        let (answer, isCopy) = try await house.answer(
            message.cms, from: try Self.partner(peer), over: peer.identity.fingerprint)
        return SignedAnswer(cms: answer, isCopy: isCopy)
    }

    /// A partner changes its keys.
    public func changeKeys(_ request: KeyChangeRequest, from peer: Peer) async throws -> SignedAnswer {
        try admit(peer)
        let (answer, isCopy) = try await house.changeKeys(
            request: request.cms, proof: request.proof, from: try Self.partner(peer),
            over: peer.identity.fingerprint)
        return SignedAnswer(cms: answer, isCopy: isCopy)
    }

    // MARK: Admission

    /// A connection is judged again with each of its requests: its key may have ended since.
    ///
    /// - Throws: `Refusal` with NET-004.
    public func admit(_ peer: Peer) throws(Refusal) {
        try Self.admit(peer.identity.fingerprint, as: peer.party, by: house)
    }

    static func admit(_ fingerprint: Digest32, as party: Party?, by house: Clearinghouse) throws(Refusal) {
        let registrations = house.registrations(fingerprint)
        let isKnown =
            party?.role == .partner
            ? registrations.contains { $0.usage == .tls && $0.owner.text == party?.name } : !registrations.isEmpty
        guard isKnown else {
            throw Refusal(
                .net004, value: fingerprint.description,
                detail: "the certificate of this connection is no longer registered for it")
        }
    }

    // MARK: Documents

    /// A client asks what there is.
    public func list(_ request: ListRequest, from peer: Peer) async throws -> Listing {
        try admit(peer)
        let reader = try Self.reader(peer)
        if peer.party.role == .auditor { try await note(peer, .listing, request.kind.rawValue) }
        return await HouseListings(house: house, reader: reader, name: peer.party.name).listing(request)
    }

    /// A client wants a document.
    public func fetch(_ request: FetchRequest, from peer: Peer) async throws -> any DocumentSource {
        try admit(peer)
        let document = try await house.document(request.id.text, for: try Self.reader(peer))
        let isForeign = await house.isOfPartner(request.id.text)
        if peer.party.role == .auditor || isForeign { try await note(peer, .document, request.id.text) }
        return HouseDocument(id: request.id, document: document)
    }

    /// A client has a document safely.
    public func confirm(_ confirm: FetchConfirm, from peer: Peer) async throws {
        guard peer.party.role != .auditor else {
            throw Refusal(.net004, value: peer.party.description, detail: "an auditor reads and confirms nothing")
        }
        try admit(peer)
        try await house.confirm(
            confirm.id.text, digest: confirm.digest, for: try Self.reader(peer), named: peer.party.name)
    }

    /// Notes an access of someone of the host; a partner reads what is its own, and nothing is noted.
    func note(_ peer: Peer, _ kind: AccessKind, _ item: String) async throws {
        let role: ReaderRole
        switch peer.party.role {
        case .partner: return
        case .officer: role = .officer
        case .operator: role = .operations
        case .auditor: role = .auditor
        }
        try await house.noteAccess(by: peer.party.name, role: role, to: kind, item)
    }

    // MARK: Officers

    /// An officer submits an act.
    public func act(_ act: OfficerAct, from peer: Peer) async throws -> ActResult {
        try admit(peer)
        try Self.requireOfficer(peer)
        let outcome = try await house.propose(document: act.document, signature: act.signature)
        return Self.result(outcome)
    }

    /// An officer countersigns an act.
    public func countersign(_ countersignature: Countersignature, from peer: Peer) async throws -> ActResult {
        try admit(peer)
        try Self.requireOfficer(peer)
        return Self.result(
            try await house.countersign(digest: countersignature.digest, signature: countersignature.signature))
    }

    private static func requireOfficer(_ peer: Peer) throws(Refusal) {
        guard peer.party.role == .officer || peer.party.role == .operator else {
            throw Refusal(.act001, value: peer.party.description)
        }
    }

    private static func result(_ outcome: ActOutcome) -> ActResult {
        ActResult(
            digest: outcome.digest, state: outcome.fact == nil ? .awaitingChecker : .done,
            detail: outcome.fact.map { "fact \($0)" } ?? "waits for another officer's signature")
    }

    // MARK: Queries

    /// A client asks a question.
    public func query(_ query: Query, from peer: Peer) async throws -> any DocumentSource {
        try admit(peer)
        let bytes = try await HouseQueries(house: house, peer: peer).answer(query)
        if peer.party.role == .auditor { try await note(peer, .query, query.kind.text) }
        return MemoryDocument(id: DocumentID(unchecked: "query"), bytes: bytes, digest: SHA256.digest(bytes))
    }
}

/// A document of the house on its way over the socket.
private struct HouseDocument: DocumentSource {
    let id: DocumentID
    let document: StoredDocument

    var size: Int64 { document.size }
    var digest: Digest32 { document.digest }
    var signature: [UInt8] { document.signature }

    func read(at offset: Int64, count: Int) throws -> [UInt8] { try document.read(at: offset, count: count) }
}
