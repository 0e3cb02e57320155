public import Primitives

/// Who looks at pages, as the certificate of the connection says.
public struct PageReader: Hashable, Sendable {
    /// What the reader is in the coalition.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// A partner's people: they see what is the partner's.
        case partner
        /// The host's officers of finance.
        case officer
        /// The host's people who run the gateway.
        case operations
        /// Auditors: they see everything and change nothing.
        case auditor
    }

    /// What the reader is.
    public let role: Role
    /// The reader's name: a partner's id, or a person of the host.
    public let name: String
    /// The partner whose pages these are; nil for the host's people and auditors, who see all partners.
    public let partner: PartnerID?

    /// Someone of the host, or an auditor.
    public init(role: Role, name: String) {
        self.role = role
        self.name = name
        partner = nil
    }

    /// A partner's people.
    public init(partner: PartnerID) {
        role = .partner
        name = partner.text
        self.partner = partner
    }

    /// Whether what belongs to a partner may be shown.
    func sees(_ owner: PartnerID?) -> Bool { partner == nil || owner == partner }
}
