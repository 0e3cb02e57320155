import Gateway
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import TestKit
import Testing
import Validation

/// A house and the keys of MARCHE, for tests of key changes.
struct KeyBench {
    let house: TestHouse
    let pki = TestPKI.shared
    let partner: PartnerID
    /// The signing key of the agreement.
    let old: TestPKI.Identity
    let start: Timestamp

    init() async throws {
        house = try await TestHouse(at: "2026-03-18T02:10:00+01:00")
        partner = try PartnerID("MARCHE")
        old = try house.partner("MARCHE").signing
        start = await house.house.now
    }

    func time(days: Int64) -> Timestamp { start.adding(milliseconds: days * 86_400_000) }

    func issue(_ profile: CertificateProfile, _ name: String = "MARCHE") throws -> TestPKI.Identity {
        try pki.issue(profile, name)
    }

    func rotation(
        to new: TestPKI.Identity, partner name: PartnerID? = nil, use: CertificateUsage = .signing,
        from: Timestamp? = nil, replaces: TestPKI.Identity? = nil, until: Timestamp? = nil
    ) -> KeyChangeDocument {
        .rotate(
            KeyChangeDocument.Rotation(
                partner: name ?? partner, use: use, from: from ?? start, replaces: replaces?.certificate.fingerprint,
                oldUntil: until, pem: new.certificate.pem))
    }

    /// Sends a rotation.
    ///
    /// - Parameters:
    ///   - proof: bytes that stand for the proof, or none; the new key's signature where nothing is said.
    ///   - prover: whose signature is the proof; the new key's where nothing is said.
    func rotate(
        to new: TestPKI.Identity, partner name: String = "MARCHE", use: CertificateUsage = .signing,
        from: Timestamp? = nil, replaces: TestPKI.Identity? = nil, until: Timestamp? = nil,
        signer: TestPKI.Identity? = nil, prover: TestPKI.Identity? = nil, proof: [UInt8]?? = nil
    ) async throws {
        let document = rotation(
            to: new, partner: try PartnerID(name), use: use, from: from, replaces: replaces, until: until)
        let request = try (signer ?? old).signer().signAttached(document.bytes, at: start)
        let signature = try proof ?? (prover ?? new).signer().signDetached(document.bytes, at: start)
        _ = try await house.house.changeKeys(request: request, proof: signature, from: partner)
    }

    /// Suspends a key of MARCHE.
    @discardableResult
    func suspend(
        _ key: TestPKI.Identity, signer: TestPKI.Identity? = nil
    ) async throws -> (request: [UInt8], answer: [UInt8]) {
        let document = KeyChangeDocument.suspend(partner, key.certificate.fingerprint)
        let request = try (signer ?? old).signer().signAttached(document.bytes, at: start)
        return (request, try await house.house.changeKeys(request: request, proof: nil, from: partner).answer)
    }

    /// The code with which something is refused; nil when it is not.
    func refusal(_ body: () async throws -> Void) async throws -> String? {
        do {
            try await body()
            return nil
        } catch let refusal as Refusal {
            return refusal.code.code
        }
    }

    /// Sends a file by a key, and answers why it is refused at its signature, or nil.
    func send(_ number: Int64, by key: TestPKI.Identity) async throws -> String? {
        let batch = BatchID(partner: partner, series: .live, sequence: number)
        let record = try BatchFile.record("K\(number)", .accrual, "MKP", 100, on: "2026-03-17")
        let bytes = try await house.file(batch, [record])
        let sent = try await house.send(bytes, batch, signer: key)
        return try sent.last.status == "ACCP" ? nil : sent.last.codes.first
    }

    /// Sends a question as a message by a key, and answers why it is refused, or nil.
    func ask(by key: TestPKI.Identity) async throws -> String? {
        let now = await house.house.now
        let message = MessageWriter.message(
            MessageID(unchecked: "ASK-1"), createdAt: now, partner: partner, .echo("hello"))
        let cms = try key.signer().signAttached(message, at: now)
        return try await refusal { _ = try await house.house.answer(cms, from: partner) }
    }
}
