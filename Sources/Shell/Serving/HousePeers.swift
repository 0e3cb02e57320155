public import Gateway
import House
import OpenSSLKit
public import Primitives
public import ProgrammeModel
public import Transport
import Verification
public import Wire

/// Judges clients of the socket and of the HTTPS API by the house's register, trust and clock.
public struct HousePeers: PeerVerifier {
    let house: Clearinghouse

    /// Judges by a house.
    public init(house: Clearinghouse) { self.house = house }

    /// Judges a chain as a client shows it.
    public func judge(_ chain: [[UInt8]]) async -> Transport.PeerVerdict {
        switch await house.judgePeer(chain) {
        case .refused(let finding): return .refused(finding)
        case .accepted(let peer):
            guard let party = await party(of: peer.fingerprint) else {
                return .unregistered(fingerprint: peer.fingerprint)
            }
            return .accepted(PeerIdentity(fingerprint: peer.fingerprint, party: party))
        }
    }

    /// Whom a certificate stands for now; nil for nobody.
    public func party(of fingerprint: Digest32) async -> Party? {
        let registrations = house.registrations(fingerprint)
        if let key = registrations.first(where: { $0.usage == .tls }) {
            return Party(role: .partner, name: key.owner.text)
        }
        guard !registrations.isEmpty else { return nil }
        guard let officer = await officer(of: fingerprint) else { return nil }
        if officer.roles.contains(.operations) { return Party(role: .operator, name: officer.name) }
        if officer.roles == [.auditor] { return Party(role: .auditor, name: officer.name) }
        return Party(role: .officer, name: officer.name)
    }

    /// What an officer of the host may do who is connected; nothing for everybody else.
    public func officerRoles(of peer: Peer) async -> [OfficerRole] {
        guard peer.party.role != .partner else { return [] }
        return await officer(of: peer.identity.fingerprint)?.roles ?? []
    }

    private func officer(of fingerprint: Digest32) async -> Officer? {
        await house.state.officers.first { $0.fingerprint == fingerprint }
    }
}
