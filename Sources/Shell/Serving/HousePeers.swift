import Gateway
import House
import OpenSSLKit
import Primitives
import ProgrammeModel
import Transport
import Verification
import Wire

/// Judges clients of the socket by the house's register, trust and clock.
struct HousePeers: PeerVerifier {
    let house: Clearinghouse

    func judge(_ chain: [[UInt8]]) async -> Transport.PeerVerdict {
        switch await house.judgePeer(chain) {
        case .refused(let finding): return .refused(finding)
        case .accepted(let peer):
            guard let party = await party(of: peer) else { return .unregistered(fingerprint: peer.fingerprint) }
            return .accepted(PeerIdentity(fingerprint: peer.fingerprint, party: party))
        }
    }

    private func party(of peer: VerifiedPeer) async -> Party? {
        let registrations = house.registrations(peer.fingerprint)
        if let key = registrations.first(where: { $0.usage == .tls }) {
            return Party(role: .partner, name: key.owner.text)
        }
        guard !registrations.isEmpty else { return nil }
        let officers = await house.state.officers
        guard let officer = officers.first(where: { $0.fingerprint == peer.fingerprint }) else { return nil }
        if officer.roles.contains(.operations) { return Party(role: .operator, name: officer.name) }
        if officer.roles == [.auditor] { return Party(role: .auditor, name: officer.name) }
        return Party(role: .officer, name: officer.name)
    }
}
