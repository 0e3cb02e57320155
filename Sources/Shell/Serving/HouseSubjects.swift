import FileStore
import Gateway
import House
import Journal
public import Primitives
import ProgrammeModel
public import Transport
import Wire

/// Questions about one partner, with the access noted where someone of the host asks.
extension HouseSessions {
    /// Whom a question is about: a partner asks about itself alone, the host's people name the partner.
    ///
    /// The access of the host's people is a fact before anything is answered.
    ///
    /// - Parameters:
    ///   - name: the partner that is named; nil for none.
    ///   - item: what is read, as the fact names it; the partner is added.
    /// - Throws: `Refusal` with NET-004 for a connection that ended, NET-005 when it is not for the asker to know,
    ///   API-001 when the host's people name nobody; `Fault` when the access cannot be noted.
    public func subject(_ name: String?, _ item: String, for peer: Peer) async throws -> PartnerID {
        try admit(peer)
        if let reader = try Self.reader(peer) {
            guard name == nil || name == reader.text else { throw Refusal(.net005, value: name ?? "") }
            return reader
        }
        guard let name else { throw Refusal(.api001, at: .whole.field("partner"), detail: "name the partner") }
        guard let partner = try? PartnerID(name), await house.state.programme?.agreement(partner) != nil else {
            throw Refusal(.net005, value: name)
        }
        try await note(peer, .query, "\(item) \(partner)")
        return partner
    }

    /// Notes that someone of the host reads what concerns all partners.
    ///
    /// - Throws: `Refusal` with NET-004 for a connection that ended; `Fault` when the access cannot be noted.
    public func noteReading(_ item: String, by peer: Peer) async throws {
        try admit(peer)
        try await note(peer, .query, item)
    }

    /// How much of an upload that is under way is durable: where its sender goes on. An upload that is still taking
    /// bytes is ended by the question, as by a new declaration.
    ///
    /// - Throws: `Refusal` with NET-004, NET-005 when no such upload was begun; `Fault` from the store.
    public func offset(
        of digest: Digest32, _ series: Series, _ sequence: Int64, for peer: Peer
    ) throws -> Int64 {
        try admit(peer)
        let name = UploadName(
            partner: try Self.partner(peer), series: series, sequence: sequence, digest: digest)
        guard try house.originals.uploads().contains(name) else { throw Refusal(.net005, value: digest.description) }
        return try uploads.take(name) { () throws(Fault) in try house.originals.begin(name) }.length
    }
}
