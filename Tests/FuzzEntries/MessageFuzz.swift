import OpenSSLKit
import Primitives
import Validation

/// Bytes as a real-time message.
enum MessageFuzz {
    static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        guard let message = read(bytes) else { return }
        try hold(read(bytes) == message, "a message is read alike twice")
        guard let operation = operation(of: message) else { return }
        let written = MessageWriter.message(
            message.messageID, createdAt: message.createdAt, partner: message.partner,
            possibleDuplicate: message.possibleDuplicate, operation)
        guard let again = read(written) else { throw BrokenPromise(description: "what is written is read") }
        try hold(
            again.messageID == message.messageID && again.createdAt == message.createdAt
                && again.partner == message.partner && again.possibleDuplicate == message.possibleDuplicate,
            "a message's header comes back")
        try hold(self.operation(of: again) == operation, "what a message asks for comes back: \(operation)")
    }

    static func read(_ bytes: [UInt8]) -> MessageRequest? {
        try? MessageReader.read(bytes) { SHA256.digest($0) }
    }

    /// What would have to be written to ask for the same; nil for a record that is refused.
    private static func operation(of message: MessageRequest) -> MessageWriter.Operation? {
        switch message.operation {
        case .transaction(.parsed(let record)): .transaction(record.content)
        case .transaction(.refused): nil
        case .messageStatus(let id): .messageStatus(id)
        case .transactionStatus(let id): .transactionStatus(id)
        case .position(let window): .position(window)
        case .echo(let text): .echo(text)
        }
    }
}
