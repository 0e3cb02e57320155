import House
public import Journal
public import Primitives

extension Clearinghouse {
    /// Notes that someone of the host reads, before anything leaves.
    ///
    /// - Parameters:
    ///   - reader: the reader's name.
    ///   - role: in which role it is connected.
    ///   - kind: what is read.
    ///   - item: the document's id, or the name of the listing or query.
    /// - Throws: `Fault` when the fact cannot be made durable.
    public func noteAccess(by reader: String, role: ReaderRole, to kind: AccessKind, _ item: String) throws(Fault) {
        let now = now
        try advanceCalendar(to: now)
        try commit(.accessNoted(AccessNoted(reader: reader, role: role, kind: kind, item: item)), at: now)
    }

    /// Whether a document is a partner's: its receipts and what belongs to them, its statements, and evidence, in which
    /// partners' documents are.
    public func isOfPartner(_ document: String) -> Bool {
        if let record = house.documents[document] { return record.partner != nil }
        return document.hasPrefix("RCP-") || document.hasPrefix(Self.evidencePrefix)
    }
}
