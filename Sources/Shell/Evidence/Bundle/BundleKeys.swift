import FileStore
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel

extension BundleCollector {
    /// Changes of keys by those whom the bundle shows, before the window and in it: a verifier finds no other trace of
    /// a key that stands in no agreement.
    mutating func collectKeys() throws {
        for place in house.keys.changes where isCovered(place.fact) && scope.shows(place.partner) {
            guard case .keyChanged(let fact) = try log.fact(place.fact).fact else { continue }
            shown.insert(place.fact)
            revocationLists.formUnion(fact.signer.revocationLists + (fact.proof?.revocationLists ?? []))
            for reference in fact.attachments {
                let bytes = try log.attachment(reference.name, of: place.fact)
                try noteSigner(of: bytes)
                add("keys/\(Self.number(place.fact))/\(reference.name)", bytes)
            }
            guard case .rotated(let rotation) = fact.change else { continue }
            let certificate: Certificate
            do {
                certificate = try Certificate(pem: rotation.grant.pem)
            } catch {
                throw Fault("fact \(place.fact): its certificate cannot be read: \(error)")
            }
            certificates[certificate.fingerprint] = certificate
        }
    }
}
