import FileStore
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import Synchronization
import Transport
import Verification
import Wire

/// Takes the bytes of one upload into the store, and hands the file to the house when the last one is there.
///
/// When the same file is declared again, because a connection died unnoticed, the newer upload takes over: this one is
/// then ended at its next byte.
final class UploadSession: UploadSink {
    private let house: Clearinghouse
    private let incoming: Mutex<IncomingFile?>
    private let batch: BatchID
    private let begin: UploadBegin
    private let began: Timestamp
    private let connection: Digest32
    private let waiting: AsyncStream<UInt64>.Continuation
    /// Where the sender goes on.
    let offset: Int64

    init(
        house: Clearinghouse, incoming: IncomingFile, batch: BatchID, begin: UploadBegin, began: Timestamp,
        connection: Digest32, waiting: AsyncStream<UInt64>.Continuation
    ) {
        self.house = house
        self.incoming = Mutex(incoming)
        self.batch = batch
        self.begin = begin
        self.began = began
        self.connection = connection
        self.waiting = waiting
        offset = incoming.length
    }

    /// Lets go of the file, so that a newer upload can go on with it.
    func giveUp() {
        incoming.withLock { file in
            // What is durable stays for the newer one; more than that is not promised.
            try? file?.checkpoint()
            file = nil
        }
    }

    private func file() throws(Refusal) -> IncomingFile {
        guard let file = incoming.withLock({ $0 }) else {
            throw Refusal(.net002, value: batch.description, detail: "a newer connection goes on with the file")
        }
        return file
    }

    func write(_ bytes: [UInt8], at offset: Int64) async throws -> Int64? {
        let file = try file()
        precondition(offset == file.length, "the session checks the order of chunks")
        let before = file.durableLength
        do {
            try file.append(bytes[...])
        } catch {
            throw error.asFailure
        }
        return file.durableLength > before ? file.durableLength : nil
    }

    func finish(until grade: ReceiptGrade, issue: @escaping @Sendable (Wire.Receipt) async -> Void) async throws {
        // A key that was suspended meanwhile brings nothing to its end.
        try HouseSessions.admit(connection, as: nil, by: house)
        switch try complete() {
        case .differs(let digest):
            throw Refusal(.fil012, value: digest.description, detail: "the bytes have another digest than declared")
        case .kept: break
        }
        let (receipts, received) = try await house.receive(
            ArrivedFile(
                batch: batch, digest: begin.digest, signedDigest: try signedDigest(), size: begin.size,
                format: begin.format, uploadBegan: began, signature: begin.signature,
                connection: connection))
        if let received { waiting.yield(received) }
        for receipt in receipts { await issue(receipt.onWire(isCopy: false)) }
        guard let last = receipts.last, (last.grade ?? .received) < grade, last.status != .refused else { return }
        let more: [ReceiptGrade] = grade == .cleared ? [.validated, .cleared] : [grade]
        for next in more where next > (last.grade ?? .received) {
            let receipt = try await house.receipt(batch, grade: next)
            try HouseSessions.admit(connection, as: nil, by: house)
            await issue(receipt.onWire(isCopy: false))
            if receipt.status == .refused { return }
        }
    }

    private func complete() throws -> IncomingFile.Outcome {
        do {
            return try file().complete()
        } catch let failure as StorageFailure {
            throw failure.asFailure
        }
    }

    /// The digest by the signature's own algorithm. Nearly always SHA-256, which the store has compared already.
    private func signedDigest() throws -> [UInt8]? {
        guard let unverified = try? UnverifiedSignature(begin.signature, form: .detached, policy: SignaturePolicy()),
            let algorithm = unverified.requiredDigest
        else { return nil }
        if algorithm == .sha256 { return begin.digest.bytes }
        let original = try house.originals.original(begin.digest)
        let stream = DigestStream(algorithm)
        var offset: Int64 = 0
        while offset < original.size {
            let piece = try original.read(at: offset, count: 256 << 10)
            stream.update(piece)
            offset += Int64(piece.count)
        }
        return stream.finalize()
    }

    func abandon() async { giveUp() }
}

/// Which uploads are under way, so that a newer one can take over.
final class UploadsUnderWay: Sendable {
    private struct Held {
        weak var session: UploadSession?
    }

    private let sessions = Mutex<[UploadName: Held]>([:])

    /// Takes a file for a new upload, from an older one when that still holds it.
    ///
    /// - Throws: `Refusal` with NET-002 when it cannot be taken; `Fault` from the store.
    func take(_ name: UploadName, _ begin: () throws(Fault) -> IncomingFile?) throws -> IncomingFile {
        let older = sessions.withLock { $0.removeValue(forKey: name)?.session }
        older?.giveUp()
        guard let file = try begin() else {
            throw Refusal(.net002, value: "\(name.sequence)", detail: "the file is taken up by another connection")
        }
        return file
    }

    /// Remembers who holds a file, and forgets those that are gone.
    func hold(_ name: UploadName, _ session: UploadSession) {
        sessions.withLock { all in
            all = all.filter { $0.value.session != nil }
            all[name] = Held(session: session)
        }
    }
}

extension StorageFailure {
    /// The refusal or fault itself, as the transport reports it.
    var asFailure: any Error {
        switch self {
        case .refused(let refusal): refusal
        case .fault(let fault): fault
        }
    }
}

extension IssuedReceipt {
    /// The receipt as the socket carries it.
    func onWire(isCopy: Bool) -> Wire.Receipt {
        Wire.Receipt(
            grade: grade ?? .received, id: DocumentID(unchecked: id), isCopy: isCopy, document: document,
            signature: signature, status: status?.rawValue ?? "RCVD")
    }
}
