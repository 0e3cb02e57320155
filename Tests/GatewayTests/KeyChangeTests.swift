import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import TestKit
import Testing
import Validation

/// Partners change their own keys: rotations and suspensions by signed requests. Rules: Specs/rules.md, Signatures.
@Suite struct KeyChangeTests {
    let keys: KeyBench

    init() async throws { keys = try await KeyBench() }

    // MARK: Rotation

    @Test func aNewKeySignsFromItsBeginningOnAndTheOldOneUntilItsEnd() async throws {
        let new = try keys.issue(.partnerSigning)
        let (begin, end) = (keys.time(days: 2), keys.time(days: 5))
        try await keys.rotate(to: new, from: begin, replaces: keys.old, until: end)

        #expect(try await keys.send(1, by: new) == "SIG-003", "it has not begun")
        #expect(try await keys.send(1, by: keys.old) == nil)
        try await keys.house.advance(to: begin)
        #expect(try await keys.send(2, by: new) == nil)
        #expect(try await keys.send(3, by: keys.old) == nil, "both overlap")
        try await keys.house.advance(to: end)
        #expect(try await keys.send(4, by: keys.old) == "SIG-003")
        #expect(try await keys.send(4, by: new) == nil)

        let rows = await keys.house.house.keyRows(for: keys.partner)
        let old = try #require(rows.first { $0.fingerprint == keys.old.certificate.fingerprint })
        #expect(old.state == "ENDED" && old.until == end && old.replacedBy == new.certificate.fingerprint)
        let row = try #require(rows.first { $0.fingerprint == new.certificate.fingerprint })
        #expect(row.state == "ACTIVE" && row.from == begin && row.enteredBy == "key change")
    }

    @Test func aBeginningThatIsPastMeansAtOnce() async throws {
        let new = try keys.issue(.partnerSigning)
        try await keys.rotate(to: new, from: keys.time(days: -30))
        #expect(try await keys.send(1, by: new) == nil)
        let row = await keys.house.house.keyRows(for: keys.partner).first {
            $0.fingerprint == new.certificate.fingerprint
        }
        #expect(row?.from == keys.start)
    }

    @Test func aRotationIsSignedByAnActiveSigningKeyOfItsPartner() async throws {
        let new = try keys.issue(.partnerSigning)
        let railco = try keys.house.partner("RAILCO").signing
        let tls = try keys.house.partner("MARCHE").tls
        for signer in [railco, tls, new] {
            #expect(try await keys.refusal { try await keys.rotate(to: new, signer: signer) } == "SIG-003")
        }
        #expect(try await keys.refusal { try await keys.rotate(to: new, partner: "RAILCO") } == "KEY-001")
        #expect(await keys.house.house.state.keys.changes.isEmpty)
    }

    @Test func theNewKeySignsTheSameBytes() async throws {
        let new = try keys.issue(.partnerSigning)
        #expect(try await keys.refusal { try await keys.rotate(to: new, proof: .some(nil)) } == "KEY-004")
        let other = try keys.issue(.partnerSigning)
        #expect(try await keys.refusal { try await keys.rotate(to: new, prover: other) } == "KEY-004")
        let elsewhere = try new.signer().signDetached(Array("other bytes".utf8), at: keys.start)
        #expect(try await keys.refusal { try await keys.rotate(to: new, proof: .some(elsewhere)) } == "KEY-004")
    }

    @Test func aNewCertificateIsTheCoalitionsNamesThePartnerAndIsGoodForItsUse() async throws {
        let stranger = try TestPKI(name: "Another root").issue(.partnerSigning, "MARCHE")
        let named = try keys.issue(.partnerSigning, "RAILCO")
        let tls = try keys.issue(.partnerTLS)
        let over = try keys.pki.issue(
            .partnerSigning, "MARCHE", validity: TestPKI.span("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"))
        for identity in [stranger, named, tls, over] {
            #expect(try await keys.refusal { try await keys.rotate(to: identity) } == "KEY-002")
        }
        let short = try keys.pki.issue(
            .partnerSigning, "MARCHE", validity: TestPKI.span("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"))
        #expect(try await keys.refusal { try await keys.rotate(to: short, from: keys.time(days: 60)) } == "KEY-002")
    }

    @Test func aCertificateIsRegisteredOnceAndAKeyForOneParty() async throws {
        #expect(try await keys.refusal { try await keys.rotate(to: keys.old) } == "KEY-003")
        let railco = try keys.house.partner("RAILCO").signing
        let sameKey = try keys.pki.issue(.partnerSigning, "MARCHE", key: railco.key) { _ in }
        #expect(try await keys.refusal { try await keys.rotate(to: sameKey) } == "KEY-003")
        // The same key of the same partner may get a new certificate.
        let renewed = try keys.pki.issue(.partnerSigning, "MARCHE", key: keys.old.key) { _ in }
        try await keys.rotate(to: renewed)
    }

    @Test func theOverlapIsAtMostNinetyDays() async throws {
        let begin = keys.time(days: 1)
        let latest = begin.adding(milliseconds: 90 * 86_400_000)
        func rotate(until: Timestamp?) async throws -> TestPKI.Identity {
            let new = try keys.issue(.partnerSigning)
            try await keys.rotate(to: new, from: begin, replaces: keys.old, until: until)
            return new
        }
        for until in [latest.adding(milliseconds: 1000), begin.adding(milliseconds: -1000)] {
            #expect(try await keys.refusal { _ = try await rotate(until: until) } == "KEY-005")
        }
        _ = try await rotate(until: nil)
        func end() async -> Timestamp? {
            await keys.house.house.state.keys.entries(of: keys.old.certificate.fingerprint).first?.activeUntil
        }
        #expect(await end() == latest)
        _ = try await rotate(until: begin)
        #expect(await end() == begin, "the earliest end counts")
        _ = try await rotate(until: latest)
        #expect(await end() == begin, "an end is never moved back")
    }

    @Test func aPartnerHasAtMostEightKeysOfAUse() async throws {
        for _ in 1..<8 { try await keys.rotate(to: try keys.issue(.partnerSigning)) }
        let more = try keys.issue(.partnerSigning)
        #expect(try await keys.refusal { try await keys.rotate(to: more) } == "KEY-007")
        try await keys.rotate(to: try keys.issue(.partnerTLS), use: .tls)
    }

    @Test func aRotationReplacesAKeyOfItsUseOnly() async throws {
        let tls = try keys.house.partner("MARCHE").tls
        let railco = try keys.house.partner("RAILCO").signing
        for other in [tls, railco] {
            let new = try keys.issue(.partnerSigning)
            #expect(try await keys.refusal { try await keys.rotate(to: new, replaces: other) } == "KEY-006")
        }
    }

    // MARK: The same bytes

    @Test func theSameRequestGetsItsStoredReplyForEver() async throws {
        let new = try keys.issue(.partnerSigning)
        let document = keys.rotation(to: new)
        let request = try keys.old.signer().signAttached(document.bytes, at: keys.start)
        let proof = try new.signer().signDetached(document.bytes, at: keys.start)
        let house = keys.house.house
        let first = try await house.changeKeys(request: request, proof: proof, from: keys.partner)
        #expect(!first.isCopy)
        let facts = await house.state.lastSequence
        let again = try await house.changeKeys(request: request, proof: nil, from: keys.partner)
        #expect(again.isCopy && again.answer == first.answer)
        // The same document, signed anew.
        let signed = try keys.old.signer().signAttached(document.bytes, at: keys.time(days: 1))
        let renewed = try await house.changeKeys(request: signed, proof: proof, from: keys.partner)
        #expect(renewed.isCopy && renewed.answer == first.answer)
        #expect(await house.state.lastSequence == facts)
        // Another partner does not get it.
        let railco = try PartnerID("RAILCO")
        await #expect(throws: Refusal.self) {
            try await house.changeKeys(request: request, proof: proof, from: railco)
        }
        let reply = try CMSSignature(ber: first.answer, maximumBytes: first.answer.count)
        #expect(reply.isSignatureValid(for: keys.pki.hostSigning.certificate))
        #expect(String(decoding: reply.content ?? [], as: UTF8.self).contains(new.certificate.fingerprint.description))
    }

    @Test func theDocumentHasOneForm() throws {
        let new = try keys.issue(.partnerSigning)
        let document = keys.rotation(to: new, replaces: keys.old, until: keys.time(days: 9))
        #expect(try KeyChangeDocument(document.bytes) == document)
        let suspend = KeyChangeDocument.suspend(keys.partner, new.certificate.fingerprint)
        #expect(try KeyChangeDocument(suspend.bytes) == suspend)
        let text = String(decoding: document.bytes, as: UTF8.self)
        let wrong = [
            "", "SUSPEND MARCHE\n", "SUSPEND MARCHE 12\n", "DELETE MARCHE SIGN\n", text + "\n", "\n" + text,
            text + text, text.replacing("ROTATE MARCHE SIGN", with: "ROTATE MARCHE ENCRYPT"),
            text.replacing("FROM 2026", with: "FROM  2026"), text.replacing("FROM", with: "SINCE"),
            text.replacing("\n", with: "\r\n"), text.replacing("Z\n", with: "+00:00\n"),
            String(decoding: suspend.bytes, as: UTF8.self) + "more\n",
        ]
        for text in wrong {
            let refusal = #expect(throws: Refusal.self, "\(text)") { try KeyChangeDocument(Array(text.utf8)) }
            #expect(refusal?.code.code == "KEY-001")
        }
    }

    // MARK: The programme

    @Test func theRegisterIsTheSameAfterARestart() async throws {
        let new = try keys.issue(.partnerSigning)
        try await keys.rotate(to: new, replaces: keys.old, until: keys.time(days: 3))
        try await keys.suspend(keys.old)
        let before = await keys.house.house.state
        try await keys.house.house.saveSnapshot()
        try keys.house.reopen()
        #expect(await keys.house.house.state == before)
        #expect(try await keys.send(1, by: keys.old) == "SIG-003")
        #expect(try await keys.send(1, by: new) == nil)
    }

    @Test func aProgrammeCannotGiveAnEnrolledKeyToAnother() async throws {
        let new = try keys.issue(.partnerTLS)
        try await keys.rotate(to: new, use: .tls)
        let pem = new.certificate.pem.split(separator: "\n").map { "      \($0)\n" }.joined()
        let entry =
            "certificates:\n  - usage: TLS\n    fingerprint: \(new.certificate.fingerprint)\n"
            + "    activeFrom: 2026-01-01T00:00:00Z\n    pem: |\n\(pem)"
        let directory = try keys.house.writeProgramme { path, text in
            path == "agreements/RAILCO.yaml" ? text.replacing("certificates:\n", with: entry) : text
        }
        let refusal = await #expect(throws: Refusal.self) { try await keys.house.load(directory) }
        #expect(refusal?.findings.contains { $0.code == .cfg005 && $0.detail.contains("MARCHE") } == true)
    }
}
