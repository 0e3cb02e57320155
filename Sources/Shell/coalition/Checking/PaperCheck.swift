import FileStore
import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Verification
import XMLKit

/// Compares facts with the papers that were signed for them: acts, programme files and receipts.
///
/// The hash chain does not do that: who writes a fact anew can link it anew, a checkpoint covers it only later, and a
/// host that signs its checkpoints anew still lacks the keys of officers and partners.
struct PaperCheck {
    let log: SegmentLog
    let history: History

    /// Compares a fact with its papers, and looks that its seal stands behind it.
    ///
    /// - Parameters:
    ///   - house: the house before the fact.
    ///   - root: the root of the tree over all facts before.
    /// - Throws: `Fault` or `Refusal` that says what differs.
    func compare(
        _ envelope: FactEnvelope, _ house: HouseState, _ verifier: SignatureVerifier, root: Digest32
    ) throws {
        switch envelope.fact {
        case .programmeLoaded(let fact):
            try compare(fact, envelope, house, verifier)
            try expectSeal(envelope)
        case .actCarriedOut(let fact): try compare(fact, envelope, house)
        case .fileReceived(let fact): try compare(fact, envelope, root: root)
        case .fileDecided(let fact): try compare(fact, envelope, house)
        case .windowClosed: try expectSeal(envelope)
        default: return
        }
    }

    // MARK: What officers and partners signed

    /// An act is the one that two officers signed.
    ///
    /// - Parameter house: the house before the fact.
    private func compare(_ fact: ActCarriedOut, _ envelope: FactEnvelope, _ house: HouseState) throws {
        let (maker, checker) = (fact.evidence.maker, fact.evidence.checker)
        guard maker.signer != checker.signer, maker.fingerprint != checker.fingerprint else {
            throw Fault("fact \(envelope.sequence): maker and checker of the act are one: \(maker.signer)")
        }
        let name = fact.evidence.document.name
        let document = try ActDocument(try log.attachment(name, of: envelope.sequence))
        guard try document.judged(in: house, at: envelope.time, history) == fact.act else {
            throw Fault("fact \(envelope.sequence): \(name), which the officers signed, says something else")
        }
    }

    /// A programme is what its signed files say, and they are signed by those whom they bind.
    ///
    /// - Parameter house: the house before the fact.
    private func compare(
        _ fact: ProgrammeLoaded, _ envelope: FactEnvelope, _ house: HouseState, _ verifier: SignatureVerifier
    ) throws {
        let sequence = envelope.sequence
        var files: [SourceFile] = []
        for signed in fact.files {
            guard let kind = ProgrammeDirectory.kind(ofPath: signed.file.name) else {
                throw Fault("fact \(sequence): \(signed.file.name) is no file of a programme")
            }
            // One signature can stand for two parts.
            var names: Set<String> = []
            let references = signed.approvals.map(\.signature).filter { names.insert($0.name).inserted }
            files.append(
                SourceFile(
                    path: signed.file.name, kind: kind, bytes: try log.attachment(signed.file.name, of: sequence),
                    signatures: try references.map { reference in
                        let name = reference.name.split(separator: "/").last.map(String.init) ?? reference.name
                        return SignatureFile(name: name, bytes: try log.attachment(reference.name, of: sequence))
                    }))
        }
        let anew = try ProgrammeAnew(
            ProgrammeDirectory(files: files), house: house, verifier: verifier, sequence: sequence, at: envelope.time)
        if let finding = anew.findings.first(where: \.refuses) {
            throw Fault("fact \(sequence): the signed files of the programme: \(finding.code) \(finding.detail)")
        }
        guard anew.files == fact.files else {
            throw Fault("fact \(sequence): the programme's files are not signed by those whom the fact names")
        }
        guard anew.programme == fact.programme else {
            throw Fault("fact \(sequence): the programme is not what its signed files say")
        }
    }

    // MARK: What the host signed

    /// A receipt RECEIVED says what its fact says, and stands on the log as it was before it.
    ///
    /// - Parameter root: the root of the tree over all facts before.
    private func compare(_ fact: FileReceived, _ envelope: FactEnvelope, root: Digest32) throws {
        let receipt = try receipt(envelope)
        try expect(
            [
                ("Grade", "RECEIVED"), ("ReceiptId", fact.receiptID), ("IssuedDateTime", envelope.time.description),
                ("PartnerId", fact.batch.partner.text), ("Series", fact.batch.series.rawValue),
                ("SequenceNumber", "\(fact.batch.sequence)"), ("FileDigest", fact.digest.description),
                ("FileSize", "\(fact.size)"), ("WindowId", fact.window.text),
                ("ProgrammeVersion", "\(fact.programmeVersion)"),
            ], receipt, envelope)
        guard let stated = receipt.child("Evidence")?.child("Log") else { return }
        guard stated.attribute("size") == "\(envelope.sequence - 1)", stated.text == root.description else {
            throw Fault("fact \(envelope.sequence): receipt.xml does not state the root of the log before it")
        }
    }

    /// A receipt VALIDATED says what its fact says, and its records' root is the one that is sealed behind it.
    ///
    /// - Parameter house: the house before the fact.
    private func compare(_ fact: FileDecided, _ envelope: FactEnvelope, _ house: HouseState) throws {
        let receipt = try receipt(envelope)
        guard let (batch, _) = house.files.find(received: fact.received), batch == fact.batch else {
            throw Fault("fact \(envelope.sequence): fact \(fact.received) did not receive \(fact.batch)")
        }
        try expect(
            [
                ("Grade", "VALIDATED"), ("ReceiptId", fact.receiptID), ("IssuedDateTime", envelope.time.description),
                ("PartnerId", fact.batch.partner.text), ("Series", fact.batch.series.rawValue),
                ("SequenceNumber", "\(fact.batch.sequence)"), ("FileStatus", fact.status.rawValue),
            ], receipt, envelope)
        guard let stated = receipt.child("Evidence")?.child("RecordsTree") else { return }
        guard case .records(let seal) = try expectSeal(envelope), stated.text == seal.root.description,
            stated.attribute("records") == "\(seal.count)"
        else { throw Fault("fact \(envelope.sequence): receipt.xml states another root than the seal behind it") }
    }

    /// A seal stands behind a fact, in the same append.
    ///
    /// - Throws: `Fault` when it is missing.
    @discardableResult
    private func expectSeal(_ envelope: FactEnvelope) throws(Fault) -> Seal {
        guard envelope.sequence < log.lastSequence,
            case .sealed(let seal) = try log.fact(envelope.sequence + 1).fact
        else { throw Fault("fact \(envelope.sequence): its seal is missing behind it") }
        return seal
    }

    private func receipt(_ envelope: FactEnvelope) throws(Fault) -> XMLElement {
        let bytes = try log.attachment("receipt.xml", of: envelope.sequence)
        var limits = XMLLimits()
        limits.textBytes = 1 << 20
        do throws(XMLFault) { return try XMLDocument.parse(bytes, maximumBytes: 64 << 20, limits: limits) } catch {
            throw Fault("fact \(envelope.sequence): receipt.xml cannot be read: \(error)")
        }
    }

    private func expect(
        _ stated: [(element: String, value: String)], _ receipt: XMLElement, _ envelope: FactEnvelope
    ) throws(Fault) {
        for (element, value) in stated where receipt.text(element) != value {
            let found = receipt.text(element) ?? "nothing"
            throw Fault("fact \(envelope.sequence): receipt.xml has \(found) as \(element), and the fact has \(value)")
        }
    }
}
