import FileStore
import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import TestKit
import Testing
import Transport
import Validation
import Verification
import Wire

@testable import Serving

/// Suspended keys, revocation with its time, and the list of keys. Rules: Specs/rules.md, Signatures.
@Suite struct KeySuspensionTests {
    let keys: KeyBench

    init() async throws { keys = try await KeyBench() }

    @Test func aSuspendedKeySignsNothingFromThatInstantOn() async throws {
        let other = try keys.issue(.partnerSigning)
        try await keys.rotate(to: other)
        #expect(try await keys.send(1, by: keys.old) == nil)
        try await keys.suspend(keys.old, signer: other)
        #expect(try await keys.send(2, by: keys.old) == "SIG-003")
        #expect(try await keys.ask(by: keys.old) == "SIG-003")
        let new = try keys.issue(.partnerSigning)
        #expect(try await keys.refusal { try await keys.rotate(to: new) } == "SIG-003", "and no key change")
        #expect(try await keys.send(2, by: other) == nil)
        #expect(try await keys.ask(by: other) == nil)
        let row = await keys.house.house.keyRows(for: keys.partner).first {
            $0.fingerprint == keys.old.certificate.fingerprint
        }
        #expect(row?.state == "SUSPENDED" && row?.suspendedSince == keys.start)
    }

    @Test func aKeySuspendsItselfAndGetsItsStoredReplyAfterwards() async throws {
        let (request, answer) = try await keys.suspend(keys.old)
        let again = try await keys.house.house.changeKeys(request: request, proof: nil, from: keys.partner)
        #expect(again.isCopy && again.answer == answer)
        let refused = try await keys.refusal { try await keys.suspend(keys.old) }
        #expect(refused == "SIG-003" || refused == nil, "another request by it is refused, or answered as the same")
    }

    @Test func aConnectionKeySuspendsItself() async throws {
        let tls = try keys.house.partner("MARCHE").tls
        let print = tls.certificate.fingerprint
        #expect(keys.house.house.registrations(print).count == 1)
        try await keys.suspend(tls, signer: tls)
        #expect(keys.house.house.registrations(print).isEmpty)
        // It suspends no other key.
        let other = try keys.issue(.partnerTLS)
        try await keys.rotate(to: other, use: .tls)
        #expect(try await keys.refusal { try await keys.suspend(keys.old, signer: other) } == "SIG-003")
    }

    @Test func anOpenConnectionEndsWithItsNextRequest() async throws {
        let tls = try keys.house.partner("MARCHE").tls
        let sessions = HouseSessions(
            house: keys.house.house, waiting: AsyncStream<UInt64>.makeStream().continuation)
        let peer = Peer(
            identity: PeerIdentity(
                fingerprint: tls.certificate.fingerprint, party: Party(role: .partner, name: "MARCHE")),
            connection: 1, address: "test")
        let cms = try keys.old.signer().signAttached([1], at: keys.start)
        func ask() async throws -> [String?] {
            [
                try await keys.refusal { _ = try await sessions.list(ListRequest(kind: .windows), from: peer) },
                try await keys.refusal {
                    _ = try await sessions.query(Query(kind: QueryKind(unchecked: "keys")), from: peer)
                },
                try await keys.refusal { _ = try await sessions.answer(SignedMessage(cms: cms), from: peer) },
                try await keys.refusal {
                    _ = try await sessions.changeKeys(KeyChangeRequest(cms: cms), from: peer)
                },
            ]
        }
        #expect(try await ask() == [nil, nil, "SYN-001", "KEY-001"])
        try await keys.suspend(tls)
        #expect(try await ask() == ["NET-004", "NET-004", "NET-004", "NET-004"])
    }

    @Test func nobodySuspendsTheKeysOfAnother() async throws {
        let railco = try keys.house.partner("RAILCO").signing
        #expect(try await keys.refusal { try await keys.suspend(railco) } == "KEY-006")
        #expect(try await keys.refusal { try await keys.suspend(keys.old, signer: railco) } == "SIG-003")
        #expect(await keys.house.house.state.keys.suspensions.isEmpty)
    }

    @Test func aSuspendedKeyIsNeverActiveAgain() async throws {
        let tls = try keys.house.partner("MARCHE").tls
        try await keys.suspend(tls)
        #expect(try await keys.refusal { try await keys.suspend(tls) } == nil, "the same document, the same reply")
        #expect(try await keys.refusal { try await keys.rotate(to: tls, use: .tls) } == "KEY-003")
        let renewed = try keys.pki.issue(.partnerTLS, "MARCHE", key: tls.key) { _ in }
        #expect(try await keys.refusal { try await keys.rotate(to: renewed, use: .tls) } == "KEY-003")
        // A programme that lists it still changes nothing.
        let loaded = try await keys.house.load(
            try keys.house.writeProgramme(change: [
                "agreements/MARCHE.yaml": {
                    $0.replacing("mandate: COALITION-MARCHE-01", with: "mandate: COALITION-MARCHE-02")
                }
            ]))
        #expect(loaded.version == 2)
        #expect(keys.house.house.registrations(tls.certificate.fingerprint).isEmpty)
        #expect(
            await keys.house.house.keyRows(for: keys.partner)
                .first { $0.fingerprint == tls.certificate.fingerprint }?.state == "SUSPENDED")
    }

    @Test func officersSuspendAPartnersKeyByMakerAndChecker() async throws {
        var act = ActDocument(act: "suspend-key", reference: "R-1")
        act.partner = "MARCHE"
        act.fingerprint = keys.old.certificate.fingerprint.description
        act.reason = "STOLEN"
        let house = keys.house.house
        let proposed = try await house.propose(
            document: act.bytes, signature: keys.pki.maker.signer().signDetached(act.bytes, at: keys.start))
        #expect(try await keys.send(1, by: keys.old) == nil, "a maker alone does nothing")
        _ = try await house.countersign(
            digest: proposed.digest, signature: keys.pki.checker.signer().signDetached(act.bytes, at: keys.start))
        #expect(try await keys.send(2, by: keys.old) == "SIG-003")
        #expect(await house.state.keys.suspensions.values.map(\.by) == [.officers])
        var again = act
        again.reference = "R-2"
        #expect(try await keys.refusal { _ = try await keys.house.act(again) } == "ACT-004")
        again.partner = "RAILCO"
        #expect(try await keys.refusal { _ = try await keys.house.act(again) } == "ACT-004")
        again.fingerprint = "12"
        #expect(try await keys.refusal { _ = try await keys.house.act(again) } == "ACT-003")
    }

    @Test func revocationIsShownWithItsDateAndItsList() async throws {
        let railco = try keys.house.partner("RAILCO").signing.certificate
        let list = try keys.pki.list(revoking: [railco])
        try await keys.house.house.reload(revocationLists: [list], graceSeconds: 0)
        let rows = await keys.house.house.keyRows(for: nil)
        let row = try #require(rows.first { $0.fingerprint == railco.fingerprint })
        #expect(row.state == "REVOKED" && row.revokedBy == list.digest)
        #expect(row.revokedSince == TestPKI.instant("2020-06-01T00:00:00Z"))
        #expect(rows.count { $0.revokedSince != nil } == 1)
        #expect(rows.first?.use == "HOST_SIGN")
        #expect(Set(rows.map(\.use)) == ["HOST_SIGN", "OFFICER", "SIGN", "TLS"])
    }

    @Test(arguments: [(61, nil), (60, nil), (59, "60"), (30, "60"), (29, "30"), (7, "30"), (6, "7"), (0, "7")])
    func anEndIsWarnedOfSixtyThirtyAndSevenDaysBefore(_ days: Int64, _ step: String?) async throws {
        let end = keys.time(days: days).adding(milliseconds: 1000)
        let new = try keys.pki.issue(
            .partnerSigning, "MARCHE", validity: try Validity(from: TestPKI.validity.notBefore, to: end))
        try await keys.rotate(to: new)
        let row = await keys.house.house.keyRows(for: keys.partner).first {
            $0.fingerprint == new.certificate.fingerprint
        }
        #expect(row?.expires == new.certificate.notAfter)
        #expect(row?.warning == step.map { "its certificate ends in \(days) days, fewer than \($0)" })
    }

    @Test func signaturesStayGoodAfterTheirCertificatesEnd() async throws {
        let short = try keys.pki.issue(
            .partnerSigning, "MARCHE", validity: TestPKI.span("2026-01-01T00:00:00Z", "2026-03-25T00:00:00Z"))
        try await keys.rotate(to: short)
        #expect(try await keys.send(1, by: short) == nil)
        let number = try await received(1)
        let kept = try #require(await keys.house.house.state.files.find(received: number)).attempt
        try await keys.house.advance(to: "2026-03-26T00:00:00Z")
        #expect(try await keys.send(2, by: short) == "SIG-004")
        // Judged again with the time of the fact it is good, with today's it is not.
        let register = try HouseKeyRegister.build(await keys.house.house.state.keys)
        let verifier = SignatureVerifier(trust: try keys.pki.trust())
        let signer = try #require(kept.signer)
        let signature = try keys.house.log().attachment("signature.p7s", of: number)
        let content = try bytes(kept.digest)
        var cache = ChainVerdictCache()
        func judge(at instant: Timestamp) -> SignatureVerdict {
            verifier.judge(
                signature, content: content, signers: .register(register, .partner(keys.partner)), at: instant,
                cache: &cache)
        }
        guard case .verified = judge(at: signer.judgedAt) else {
            Issue.record("the stored signature is no longer good")
            return
        }
        guard case .refused(let finding) = judge(at: await keys.house.house.now) else {
            Issue.record("the certificate has not ended")
            return
        }
        #expect(finding.code == .sig004)
    }

    private func received(_ number: Int64) async throws -> UInt64 {
        let batch = BatchID(partner: keys.partner, series: .live, sequence: number)
        return try #require(await keys.house.house.state.files.history(batch)?.holder?.received)
    }

    private func bytes(_ digest: Digest32) throws -> [UInt8] {
        let file = try keys.house.inspected.originals(hashing: HouseOpening.hashing).original(digest)
        return try file.read(at: 0, count: Int(file.size))
    }
}
