import ArgumentParser
import Auditing
import Evidence
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import Verification

/// Judges signatures and issued documents offline, with the very code of the intake.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify evidence, a receipt, answer or statement, or judge any CMS signature, offline.",
        discussion: """
            An evidence bundle (.tar) is cleared anew: signatures, keys at their time, completeness, order, every figure \
            and what the statements say. --trust then names a pins file. Exit status of a bundle: 0 good, 10 archive, \
            11 signature, 12 key, 13 completeness, 14 order, 15 arithmetic, 16 document, 17 trust root, 18 log. With \
            --compare two signed checkpoints are compared; 18 says that the host has shown two logs.

            A document is judged with the signature beside it (FILE.p7s) and must come from a host's signing key. With \
            --cms any signature is judged by the signature policy of the intake, whoever signed. Only the roots given \
            with --trust are believed. Revocation is judged when --crl is given.

            Exit status 0: good. 3: the reason stands on standard error with its SIG code.

            A receipt CLEARED carries a proof, which is checked where --trust names a pins file. --promise compares a \
            statement with a receipt RECEIVED: status 13 says that the host left the file out, and both papers prove it.

            EXAMPLES
              coalition verify window.tar --trust pins.pem
              coalition verify STL-W-2026-03B-MARCHE.xml --promise RCP-00000069.xml --trust pins.pem
              coalition verify --compare mine.note --compare theirs.note --trust pins.pem
              coalition verify STL-W-2026-03B-MARCHE.xml --trust ca.pem
              coalition verify receipt.xml --signature receipt.xml.p7s --trust ca.pem \\
                --crl crl.pem
              coalition verify answer.p7m --trust ca.pem
              coalition verify --cms batch.xml.p7s --content batch.xml --trust ca.pem \\
                --at 2026-03-10T12:00:00Z
            """)

    @Argument(help: "A document that the host issued: its signature lies beside it, or encloses it (.p7m).")
    var document: String?

    @Option(help: ArgumentHelp("A signed checkpoint to compare with another; give it twice.", valueName: "file"))
    var compare: [String] = []

    @Option(
        help: ArgumentHelp(
            "A receipt RECEIVED, its signature beside it, whose promise the statement has to keep.", valueName: "file"))
    var promise: [String] = []

    @Option(help: ArgumentHelp("The document's signature; DOCUMENT.p7s by default.", valueName: "file"))
    var signature: String?

    @Option(help: ArgumentHelp("Any CMS signature to judge.", valueName: "file"))
    var cms: String?

    @Option(help: ArgumentHelp("The content of a detached --cms; else it must enclose its content.", valueName: "file"))
    var content: String?

    @Option(
        help: ArgumentHelp(
            "The authority's certificates: roots, and intermediates if there are any.", valueName: "file"))
    var trust: [String]

    @Option(help: ArgumentHelp("Revocation lists of the authorities.", valueName: "file"))
    var crl: [String] = []

    @Option(
        help: ArgumentHelp("The signer's certificate where it does not travel with the signature.", valueName: "file"))
    var signer: [String] = []

    @Option(help: ArgumentHelp("The instant of judgement; now by default.", valueName: "instant"))
    var at: Timestamp?

    @Option(
        help: ArgumentHelp(
            "Where to write the content that --cms or a .p7m encloses, once verified.", valueName: "file"))
    var out: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if !compare.isEmpty {
            guard compare.count == 2, document == nil, cms == nil else {
                throw ValidationError("give --compare twice, and nothing else to verify")
            }
            return
        }
        guard (document == nil) != (cms == nil) else { throw ValidationError("give a document, or --cms") }
        if cms != nil, signature != nil {
            throw ValidationError("--signature belongs to a document, --content to --cms")
        }
        if cms == nil, content != nil { throw ValidationError("--content belongs to --cms") }
    }

    func run() throws {
        if !compare.isEmpty { return try CheckpointComparison(paths: compare, trust: trust, output: output).run() }
        if let document, BundleVerification.isBundle(document) {
            return try BundleVerification(path: document, trust: trust, output: output).run()
        }
        let job = try VerificationJob(
            trust: trust, revocationLists: crl, signers: signer, at: at ?? HouseClock.machine())
        let (verified, body): (VerifiedSignature, [UInt8]?)
        let name: String
        if let cms {
            name = cms
            if let content {
                (verified, body) = (try job.detached(cms, content: content, purpose: .documentSigning), nil)
            } else {
                verified = try job.attached(cms, purpose: .documentSigning)
                body = verified.content
            }
        } else {
            let path = document ?? ""
            name = path
            let isMessage = signature == nil && !Files.exists(path + ".p7s")
            if isMessage, let first = try Files.read(path).first, first == 0x30 {
                verified = try job.attached(path, purpose: .hostSigning)
                body = verified.content
            } else {
                verified = try job.detached(signature ?? path + ".p7s", content: path, purpose: .hostSigning)
                body = try Files.read(path)
            }
        }
        if let out {
            guard let inner = verified.content else {
                throw UsageError("--out needs a signature that encloses its content")
            }
            try Files.write(inner, to: out)
        }
        let proved = if let body, cms == nil { try prove(body, name, job) } else { [String]() }
        let report = VerificationReport(
            evidence: verified.evidence, document: body.map(DocumentTitle.init), proved: proved)
        output.show(report.json(name), report.text(name))
    }

    /// What a document proves beyond its own signature; ends with the stage's status when it breaks something.
    private func prove(_ body: [UInt8], _ name: String, _ job: VerificationJob) throws -> [String] {
        let pins = try BundleVerification.pins(trust)
        var proved: [String] = []
        var findings: [VerificationFinding] = []
        if !pins.logKeys.isEmpty, let found = ReceiptProof.check(body, item: name, pins: pins) {
            findings += found
            proved.append("file, its records and the window's close are in the log of the pinned key")
        }
        for path in promise {
            _ = try job.detached(path + ".p7s", content: path, purpose: .hostSigning)
            if let breach = ReceiptProof.breach(receipt: try Files.read(path), statement: body, item: path) {
                findings.append(breach)
            } else {
                proved.append("it keeps the promise of \(path)")
            }
        }
        guard let first = findings.first else { return proved }
        for finding in findings { Console.note("coalition: \(finding)") }
        throw ExitCode(first.stage.exitStatus)
    }
}

/// Judges signatures of files without a register: whoever the roots vouch for, for one purpose.
struct VerificationJob {
    private let verifier: SignatureVerifier
    private let signers: [Certificate]
    private let instant: Timestamp

    init(trust: [String], revocationLists: [String], signers: [String], at instant: Timestamp) throws {
        let lists = try Files.revocationLists(revocationLists)
        let certificates = try trust.flatMap { path throws(UsageError) in try Files.certificates(path) }
        let store = try TrustStore(
            roots: certificates.filter(\.isSelfIssued), intermediates: certificates.filter { !$0.isSelfIssued },
            revocationLists: lists, revocation: lists.isEmpty ? .notChecked : .required(graceSeconds: 0))
        verifier = SignatureVerifier(trust: store)
        self.signers = try signers.flatMap { path throws(UsageError) in try Files.certificates(path) }
        self.instant = instant
    }

    /// Judges a signature beside a file of any size.
    ///
    /// - Throws: `VerificationFailure` with a SIG code; `UsageError` when a file cannot be read.
    func detached(_ path: String, content: String, purpose: CertificatePurpose) throws -> VerifiedSignature {
        let bytes = try Files.read(path)
        let unverified = try opened(bytes, .detached)
        var digest: [UInt8]?
        if let algorithm = unverified.requiredDigest {
            let stream = DigestStream(algorithm)
            try Files.forEachPiece(content) { stream.update($0) }
            digest = stream.finalize()
        }
        var cache = ChainVerdictCache(capacity: 1)
        return try good(
            verifier.judge(
                unverified, contentDigest: digest, signers: .anyone(signers, purposes: [purpose]), at: instant,
                cache: &cache))
    }

    /// Judges a signature that encloses its content.
    ///
    /// - Throws: `VerificationFailure` with a SIG code; `UsageError` when a file cannot be read.
    func attached(_ path: String, purpose: CertificatePurpose) throws -> VerifiedSignature {
        var cache = ChainVerdictCache(capacity: 1)
        return try good(
            verifier.judge(
                message: try Files.read(path), signers: .anyone(signers, purposes: [purpose]), at: instant,
                cache: &cache))
    }

    private func opened(_ bytes: [UInt8], _ form: SignatureForm) throws -> UnverifiedSignature {
        do throws(Refusal) {
            return try verifier.open(bytes, form: form)
        } catch {
            throw VerificationFailure(error.findings[0])
        }
    }

    private func good(_ verdict: SignatureVerdict) throws -> VerifiedSignature {
        switch verdict {
        case .verified(let verified): return verified
        case .refused(let finding): throw VerificationFailure(finding)
        }
    }
}
