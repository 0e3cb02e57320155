import Primitives
import ProgrammeModel
import Serving
import Transport
import Wire

/// In which role someone uses the HTTPS API; the client certificate decides. An officer may have several.
public enum DeskRole: String, Hashable, Sendable, CaseIterable, Comparable {
    /// A partner: what is its own.
    case partner = "PARTNER"
    /// A finance officer who raises acts.
    case maker = "MAKER"
    /// A finance officer who countersigns acts of others.
    case checker = "CHECKER"
    /// Reads everything, changes nothing.
    case auditor = "AUDITOR"
    /// Runs the gateway, and reads nobody's documents.
    case `operator` = "OPERATOR"

    /// The finance officers, who read all partners' documents.
    public static let finance: Set<DeskRole> = [.maker, .checker]
    /// Whoever may read documents: a partner its own, the others all.
    public static let readers: Set<DeskRole> = [.partner, .maker, .checker, .auditor]
    /// Everybody who is registered.
    public static let everybody = Set(DeskRole.allCases)

    /// In the order of their declaration.
    public static func < (a: DeskRole, b: DeskRole) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The roles that a client has now: they may have changed since it connected.
    static func roles(of peer: Peer, _ peers: HousePeers) async -> Set<DeskRole> {
        if peer.party.role == .partner { return [.partner] }
        return Set(await peers.officerRoles(of: peer).map { DeskRole($0) })
    }

    private init(_ role: OfficerRole) {
        switch role {
        case .maker: self = .maker
        case .checker: self = .checker
        case .operations: self = .operator
        case .auditor: self = .auditor
        }
    }
}
