public import Primitives

/// A real-time request of a partner, read and judged as far as the message alone allows.
public struct MessageRequest: Hashable, Sendable {
    /// The partner's own name for the message; the same id gets the same answer for ever.
    public var messageID: MessageID
    /// When the partner made the message, by its clock.
    public var createdAt: Timestamp
    /// The partner that sends it and answers for it.
    public var partner: PartnerID
    /// Whether the partner says that it may have sent the message before. Information only.
    public var possibleDuplicate: Bool
    /// What it asks for.
    public var operation: Operation

    /// What a message asks for.
    public enum Operation: Hashable, Sendable {
        /// To post a record; refused when a field breaks a rule.
        case transaction(RecordOutcome)
        /// What became of an earlier message.
        case messageStatus(MessageID)
        /// What became of an earlier record, whatever brought it.
        case transactionStatus(TransactionID)
        /// The partner's own position, of the open window or of the one named.
        case position(WindowID?)
        /// To answer, with the text given.
        case echo(String)
    }
}
