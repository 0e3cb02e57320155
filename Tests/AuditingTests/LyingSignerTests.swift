import Auditing
import Evidence
import Foundation
import OpenSSLKit
import Primitives
import TestKit
import Testing

/// Answers to a statement that fit the log in everything but who has signed them. Both verifiers find the same stage.
@Suite(.ownThreads) struct LyingSignerTests {
    /// Who signs what of an answer that follows on the close, and the stage that finds it; nil for the truth.
    struct Lie: Sendable, CustomTestStringConvertible {
        let title: String
        let stage: VerificationStage?
        var answers = Signer.named("MARCHE-signing")
        var replies = Signer.named("host-signing")
        /// Whether the fact states another signer than the answer has.
        var isMisnamed = false
        /// What else is done to the bundle.
        var change: @Sendable (inout BundleEditor, AuditedHouse) throws -> Void = { _, _ in }

        var testDescription: String { title }
    }

    enum Signer: Sendable {
        /// One of the demonstration.
        case named(String)
        /// The same, and its certificate does not travel along.
        case silent(String)
        /// A certificate for hostSigning of a pinned authority that is not the one of the log's first fact.
        case otherHost

        func identity(_ audited: AuditedHouse) throws -> TestPKI.Identity {
            switch self {
            case .named(let name), .silent(let name): try audited.identity(name)
            case .otherHost: TestPKI.shared.hostSigning
            }
        }

        func signer(_ audited: AuditedHouse) throws -> CMSSigner {
            if case .silent = self { return try identity(audited).signer(includesCertificate: false) }
            return try identity(audited).signer()
        }
    }

    static let lies: [Lie] = [
        Lie(title: "nothing is changed", stage: nil),
        Lie(
            title: "neither certificate travels along", stage: nil, answers: .silent("MARCHE-signing"),
            replies: .silent("host-signing")),
        Lie(title: "another host of the authority replies", stage: .key, replies: .otherHost),
        Lie(title: "a partner replies", stage: .trust, replies: .named("MARCHE-signing")),
        Lie(title: "a partner replies without its certificate", stage: .trust, replies: .silent("MARCHE-signing")),
        Lie(title: "an officer replies", stage: .trust, replies: .silent("maker")),
        Lie(title: "a key that is registered and not for signing answers", stage: .key, answers: .named("MARCHE-tls")),
        Lie(title: "another partner answers", stage: .key, answers: .named("RAILCO-signing")),
        Lie(title: "an officer answers", stage: .key, answers: .silent("maker")),
        Lie(title: "the fact names another signer", stage: .key, isMisnamed: true),
        Lie(title: "the signer's certificate is not in the bundle", stage: .signature) { editor, audited in
            editor.remove("trust/certificates/\(try audited.identity("MARCHE-signing").certificate.fingerprint)")
        },
        Lie(title: "the host's certificate is not in the bundle", stage: .signature) { editor, audited in
            editor.remove("trust/certificates/\(try audited.identity("host-signing").certificate.fingerprint)")
        },
        Lie(title: "a certificate under another's name", stage: .trust) { editor, audited in
            let print = try audited.identity("MARCHE-signing").certificate.fingerprint
            editor["trust/certificates/\(print).pem"] = Array(try audited.identity("maker").certificate.pem.utf8)
        },
        Lie(title: "the revocation lists are taken out", stage: .key) { editor, _ in editor.remove("trust/revocation/")
        },
        Lie(title: "an authority that is not pinned", stage: .trust) { editor, _ in
            editor["trust/authorities.pem"] += Array(try TestPKI(name: "Other").authority.certificate.pem.utf8)
        },
    ]

    @Test("who signed an answer or a reply without a right to is found, by both verifiers", arguments: lies)
    func found(_ lie: Lie) async throws {
        let audited = try await AuditedHouse.shared.value
        let pki = TestPKI.shared
        let honest = try BundleEditor(audited.bundle("W-2026-03B", partner: "MARCHE"))
        let xml = honest["statements/STL-W-2026-03B-MARCHE.xml"]
        let lists = honest.names(under: "trust/revocation/").map { honest[$0] }.map(SHA256.digest)
        var house = try LyingHouse(audited)
        house.later = { time in try SignedAnswer(audited: audited, xml: xml, lists: lists, lie: lie).facts(at: time) }
        var editor = try BundleEditor(try house.bundle("W-2026-03B", partner: "MARCHE"))
        for identity in [try lie.answers.identity(audited), try lie.replies.identity(audited)] {
            let name = "trust/certificates/\(identity.certificate.fingerprint).pem"
            editor[name] = Array(identity.certificate.pem.utf8)
        }
        editor["trust/revocation/\(pki.revocationList.digest).crl"] = pki.revocationList.der
        try lie.change(&editor, audited)
        let archive = try editor.archive(signedBy: audited.key)
        let pins = PinsFile(
            authorities: audited.pins.authorities + [pki.authority.certificate], logKeys: audited.pins.logKeys)
        let report = try EvidenceVerifier.verify("", pins: pins, files: OneFile(archive))
        #expect(report.failed == lie.stage, "\(report.findings.prefix(5))")
        let second = try PythonVerifier.run(archive, audited, pins: pins)
        #expect(second.status == lie.stage?.exitStatus ?? 0, "\(second.text) \(second.errors)")
    }
}
