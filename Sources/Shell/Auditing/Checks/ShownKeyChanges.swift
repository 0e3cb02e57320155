import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Verification

/// The key changes that a bundle shows: keys that are in no agreement, and ends that no agreement states.
struct ShownKeyChanges {
    private var rotations: [(fact: UInt64, partner: PartnerID, rotation: KeyRotation)] = []
    private var suspensions: [Digest32: (fact: UInt64, at: Timestamp)] = [:]

    init(_ bundle: Bundle) throws {
        try bundle.forEachFact { envelope in take(envelope) }
    }

    private mutating func take(_ envelope: FactEnvelope) {
        var suspended: Digest32?
        switch envelope.fact {
        case .keyChanged(let fact):
            switch fact.change {
            case .rotated(let rotation): rotations.append((envelope.sequence, fact.partner, rotation))
            case .suspended(let fingerprint): suspended = fingerprint
            }
        case .actCarriedOut(let fact):
            if case .suspendKey(let suspension) = fact.act { suspended = suspension.fingerprint }
        default: return
        }
        guard let suspended, suspensions[suspended] == nil else { return }
        suspensions[suspended] = (envelope.sequence, envelope.time)
    }

    /// The keys of a programme's agreements with what was changed before a fact.
    func applied(to keys: [RegisteredKey], before fact: UInt64) -> [RegisteredKey] {
        var all = keys
        let rotations = rotations.filter { $0.fact < fact }
        for (_, partner, rotation) in rotations where rotation.grant.usage == .signing {
            let grant = rotation.grant
            guard !all.contains(where: { $0.fingerprint == grant.fingerprint && $0.usage == .sign }),
                let certificate = try? Certificate(pem: grant.pem)
            else { continue }
            all.append(
                RegisteredKey(certificate: certificate, owner: partner, usage: .sign, activeFrom: grant.activeFrom))
        }
        return all.map { key in
            guard let certificate = key.certificate else { return key }
            let ends = rotations.filter { $0.partner == key.owner && $0.rotation.replaces == key.fingerprint }
                .compactMap(\.rotation.replacedUntil)
            return RegisteredKey(
                certificate: certificate, owner: key.owner, usage: key.usage, activeFrom: key.activeFrom,
                activeUntil: (ends + [key.activeUntil].compactMap { $0 }).min(),
                suspendedSince: suspensions[key.fingerprint].flatMap { $0.fact < fact ? $0.at : nil })
        }
    }
}
