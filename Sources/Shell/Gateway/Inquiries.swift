import Journal
public import Primitives

/// What is known of a message or a record, by its id.
public struct KnownItem: Hashable, Sendable {
    /// What became of it.
    public var status: RecordStatus
    /// When it came; nil where only its record is known.
    public var received: Timestamp?
    /// The clearing reference; nil for what was not accepted.
    public var reference: String?
    /// Its window, where it is known.
    public var window: WindowID?
}

extension Clearinghouse {
    /// What is known of a partner's message, or nil when it never came.
    ///
    /// - Throws: `Fault` when a fact cannot be read.
    public func known(message id: MessageID, of partner: PartnerID) throws -> KnownItem? {
        try MessageQuestions(house: state, partner: partner, history: history).known(message: id).map(KnownItem.init)
    }

    /// What is known of a partner's record, or nil when none of that id was accepted.
    ///
    /// - Throws: `Fault` when a fact cannot be read.
    public func known(transaction id: TransactionID, of partner: PartnerID) throws -> KnownItem? {
        try MessageQuestions(house: state, partner: partner, history: history).known(transaction: id)
            .map(KnownItem.init)
    }
}

extension KnownItem {
    init(_ known: MessageResponse.Known) {
        self.init(
            status: known.result.status, received: known.received, reference: known.result.reference?.description,
            window: known.result.window)
    }
}
