public import Primitives

/// Writes real-time requests: what `MessageReader` reads back.
public enum MessageWriter {
    /// What a message is to ask for.
    public enum Operation: Hashable, Sendable {
        /// To post a record.
        case transaction(RecordContent)
        /// What became of an earlier message.
        case messageStatus(MessageID)
        /// What became of an earlier record.
        case transactionStatus(TransactionID)
        /// The own position, of the open window or of the one named.
        case position(WindowID?)
        /// To answer, with a text of at most 140 characters.
        case echo(String)
    }

    /// Writes a message.
    ///
    /// - Parameters:
    ///   - messageID: the partner's own name for it.
    ///   - createdAt: when it is made.
    ///   - partner: who sends it.
    ///   - possibleDuplicate: whether it may have been sent before.
    ///   - operation: what it asks for.
    ///   - offsetSeconds: the offset from UTC in which instants are written.
    public static func message(
        _ messageID: MessageID, createdAt: Timestamp, partner: PartnerID, possibleDuplicate: Bool = false,
        _ operation: Operation, offsetSeconds: Int = 0
    ) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("LoyaltyRequest", ["xmlns": RealtimeSchema.namespace, "version": RealtimeSchema.version])
        writer.open("MessageHeader")
        writer.element("MessageId", messageID.text)
        writer.element("CreationDateTime", createdAt.formatted(offsetSeconds: offsetSeconds))
        writer.element("PartnerId", partner.text)
        if possibleDuplicate { writer.element("PossibleDuplicate", "true") }
        writer.close()
        switch operation {
        case .transaction(let content): BatchWriter.write(content, to: &writer, offsetSeconds)
        case .messageStatus(let id): query(&writer, "StatusQuery", "OriginalMessageId", id.text)
        case .transactionStatus(let id): query(&writer, "StatusQuery", "TransactionId", id.text)
        case .position(let window): query(&writer, "PositionQuery", "WindowId", window?.text)
        case .echo(let text): query(&writer, "Echo", "Text", text.isEmpty ? nil : text)
        }
        writer.close()
        return writer.bytes
    }

    private static func query(_ writer: inout XMLWriter, _ name: String, _ field: String, _ value: String?) {
        guard let value else { return writer.empty(name) }
        writer.open(name)
        writer.element(field, value)
        writer.close()
    }
}
