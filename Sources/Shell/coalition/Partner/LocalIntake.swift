import FileStore
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import Verification

/// Takes files into a house on its data directory, without a socket: the same steps, under the directory's lock.
struct LocalIntake {
    let house: Clearinghouse

    /// Stores a file, receives it and judges it.
    ///
    /// - Throws: `Refusal` when it is not admitted, `Fault` when it cannot be stored, `UsageError` when it cannot be
    ///   read.
    func submit(_ file: SubmittedFile, until grade: ReceiptGrade) async throws -> [SubmittedReceipt] {
        let began = await house.now
        if case .copy(let attempt) = try await house.admission(
            file.batch, digest: file.digest, size: file.size, signature: file.signature)
        {
            if let received = attempt.received, attempt.decided == nil { try await house.judge(received) }
            return try await last(file, until: grade, isCopy: true)
        }
        try store(file)
        let (receipts, received) = try await house.receive(
            ArrivedFile(
                batch: file.batch, digest: file.digest, signedDigest: try signedDigest(file), size: file.size,
                format: file.format, uploadBegan: began, signature: file.signature))
        guard let received else { return receipts.map { Self.submitted($0, isCopy: false) } }
        guard grade > .received else { return receipts.map { Self.submitted($0, isCopy: false) } }
        try await house.judge(received)
        return try await last(file, until: grade, isCopy: false)
    }

    private func last(
        _ file: SubmittedFile, until grade: ReceiptGrade, isCopy: Bool
    ) async throws -> [SubmittedReceipt] {
        let history = await house.state.files.history(file.batch)
        guard let attempt = history?.attempts.last(where: { $0.digest == file.digest }) else { return [] }
        var receipts = try await house.receipts(of: attempt)
        if grade == .cleared, attempt.cleared == nil, let cleared = try await house.clearedReceipt(file.batch) {
            receipts.append(cleared)
        }
        return receipts.map { Self.submitted($0, isCopy: isCopy) }
    }

    private static func submitted(_ receipt: IssuedReceipt, isCopy: Bool) -> SubmittedReceipt {
        SubmittedReceipt(
            id: receipt.id, grade: receipt.grade ?? .received, status: receipt.status?.rawValue ?? "", isCopy: isCopy,
            document: receipt.document, signature: receipt.signature)
    }

    private func store(_ file: SubmittedFile) throws {
        if let finding = try house.originals.room(for: file.size) { throw Refusal([finding]) }
        let name = UploadName(
            partner: file.batch.partner, series: file.batch.series, sequence: file.batch.sequence, digest: file.digest)
        _ = try house.originals.discard(name)
        guard let incoming = try house.originals.begin(name) else {
            throw Refusal(.net002, value: file.batch.description, detail: "the file is being uploaded already")
        }
        try Files.forEachPiece(file.path) { try incoming.append($0[...]) }
        if case .differs(let digest) = try incoming.complete() {
            throw Refusal(.fil012, value: digest.description, detail: "the file has changed while it was read")
        }
    }

    /// The digest by the signature's own algorithm.
    private func signedDigest(_ file: SubmittedFile) throws -> [UInt8]? {
        let unverified = try? UnverifiedSignature(file.signature, form: .detached, policy: SignaturePolicy())
        guard let algorithm = unverified?.requiredDigest else { return nil }
        if algorithm == .sha256 { return file.digest.bytes }
        let stream = DigestStream(algorithm)
        try Files.forEachPiece(file.path) { stream.update($0) }
        return stream.finalize()
    }
}
