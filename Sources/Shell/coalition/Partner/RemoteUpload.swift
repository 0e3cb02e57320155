import Foundation
import Gateway
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transport
import Verification
import Wire

/// Uploads a file to a gateway, again and again until it is there.
struct RemoteUpload {
    let connection: ConnectionOptions
    let retries: Int

    /// Uploads a file and waits for its receipts, each verified with the authority's certificates.
    ///
    /// - Throws: `ClientFailure` when the gateway refuses the request or stays away; `VerificationFailure` for a
    ///   receipt that is not the host's.
    func submit(_ file: SubmittedFile, until grade: ReceiptGrade) async throws -> [SubmittedReceipt] {
        let bar = ProgressBar(file.path, total: file.size)
        var attempt = 0
        while true {
            do {
                let receipts = try await upload(file, grade, bar)
                await bar.finish()
                try verify(receipts)
                return receipts
            } catch let failure as ClientFailure where failure.mayRetry && attempt < retries {
                // A gateway that was never reached is a matter of address or keys: only what broke is made again.
                guard await bar.hasBegun else { throw failure }
                attempt += 1
                let seconds = 1 << min(attempt - 1, 5)
                await bar.finish()
                Console.note("coalition: \(failure); again in \(seconds) s")
                try await Task.sleep(for: .seconds(seconds))
            }
        }
    }

    private func upload(
        _ file: SubmittedFile, _ grade: ReceiptGrade, _ bar: ProgressBar
    ) async throws -> [SubmittedReceipt] {
        let begin = UploadBegin(
            batch: BatchNumber(series: file.batch.series, sequence: file.batch.sequence), messageID: file.messageID,
            size: file.size, digest: file.digest, format: file.format, signature: file.signature)
        return try await connection.connected { connection in
            guard connection.welcome.party.name == file.batch.partner.text else {
                let party = connection.welcome.party
                throw Refusal(.fil001, value: party.description, detail: "the file is of \(file.batch.partner)")
            }
            let receipts = try await FileSource.withFile(file.path) { source in
                try await connection.upload(begin, from: source, until: grade) { event in await bar.take(event) }
            }
            return receipts.map { receipt in
                SubmittedReceipt(
                    id: receipt.id.text, grade: receipt.grade, status: receipt.status, isCopy: receipt.isCopy,
                    document: receipt.document, signature: receipt.signature)
            }
        }
    }

    private func verify(_ receipts: [SubmittedReceipt]) throws {
        guard let ca = connection.ca else { return }
        let judge = try HostDocuments(authority: ca)
        for receipt in receipts { try judge.verify(receipt.document, signature: receipt.signature) }
    }
}

/// Judges what a gateway answers by the authority that the connection trusts.
struct HostDocuments {
    private let verifier: SignatureVerifier

    init(authority: String) throws { try self.init(try Files.certificates(authority)) }

    init(_ certificates: [Certificate]) throws {
        verifier = SignatureVerifier(
            trust: try TrustStore(
                roots: certificates.filter(\.isSelfIssued), intermediates: certificates.filter { !$0.isSelfIssued },
                revocationLists: [], revocation: .notChecked))
    }

    /// - Throws: `VerificationFailure` when the detached signature is not the host's over the document.
    func verify(_ document: [UInt8], signature: [UInt8]) throws(VerificationFailure) {
        var cache = ChainVerdictCache(capacity: 1)
        let verdict = verifier.judge(
            signature, content: document, signers: .anyone([], purposes: [.hostSigning]), at: HouseClock.machine(),
            cache: &cache)
        if case .refused(let finding) = verdict { throw VerificationFailure(finding) }
    }

    /// The content of an answer that is enclosed in the host's signature.
    ///
    /// - Throws: `VerificationFailure` when the signature is not the host's.
    func content(of answer: [UInt8]) throws(VerificationFailure) -> [UInt8] {
        var cache = ChainVerdictCache(capacity: 1)
        let verdict = verifier.judge(
            message: answer, signers: .anyone([], purposes: [.hostSigning]), at: HouseClock.machine(), cache: &cache)
        switch verdict {
        case .verified(let verified): return verified.content ?? []
        case .refused(let finding): throw VerificationFailure(finding)
        }
    }
}
