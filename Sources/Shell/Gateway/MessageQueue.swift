import FileStore
import Journal
import OpenSSLKit
import Primitives
import Validation
import Verification

/// A verified message that posts a record.
struct QueuedMessage: Sendable {
    let request: MessageRequest
    let outcome: RecordOutcome
    /// SHA-256 of its content.
    let digest: Digest32
    let cms: [UInt8]
    var verified: VerifiedSignature
    /// The count of changes of trust under which it was verified.
    let generation: Int
    /// The fingerprint of the connection's certificate.
    let connection: Digest32?
}

/// Messages that wait to be judged, and whether somebody judges them.
///
/// Whoever comes first judges: its own message, and those that wait behind it. Then it hands over to the next. So no
/// task outlives its answer, and what arrives while a group is made durable becomes the next group.
struct MessageQueue {
    typealias Answer = (answer: [UInt8], isCopy: Bool)

    /// What one that waits is told: its answer, or that it is to judge the next group.
    enum Turn {
        case answered(Answer)
        case serves
    }

    /// The most messages that are made durable together: the first of them waits for the last.
    static let longestGroup = 64

    var waiting: [(message: QueuedMessage, continuation: CheckedContinuation<Turn, any Error>)] = []
    var isServed = false
}

extension Clearinghouse {
    /// Judges a message behind those that wait.
    func answer(_ message: QueuedMessage) async throws -> MessageQueue.Answer {
        let partner = message.request.partner
        try requireWhole()
        if let sequence = try answered(message.request.messageID, message.digest, partner) {
            return (try parts.journal.attachment("answer.cms", of: sequence), true)
        }
        await enter(partner, shared: true)
        defer { leave(partner) }
        if messageQueue.isServed {
            let turn = try await withCheckedThrowingContinuation { messageQueue.waiting.append((message, $0)) }
            if case .answered(let answer) = turn { return answer }
        } else {
            messageQueue.isServed = true
            // Those who came in the meantime queue up behind: otherwise this one would be judged alone.
            await Task.yield()
        }
        return try serve(message)
    }

    /// Judges a message with those that wait, and hands over.
    private func serve(_ own: QueuedMessage) throws -> MessageQueue.Answer {
        let count = min(messageQueue.waiting.count, MessageQueue.longestGroup - 1)
        let others = Array(messageQueue.waiting.prefix(count))
        messageQueue.waiting.removeFirst(count)
        let answers = answer([own] + others.map(\.message))
        for (other, answer) in zip(others, answers.dropFirst()) {
            other.continuation.resume(with: answer.map { .answered($0) })
        }
        if messageQueue.waiting.isEmpty {
            messageQueue.isServed = false
        } else {
            messageQueue.waiting.removeFirst().continuation.resume(returning: .serves)
        }
        return try answers[0].get()
    }

    /// Judges messages one after the other, each by the house as those before leave it, and makes their facts durable
    /// together. No answer leaves before.
    private func answer(_ messages: [QueuedMessage]) -> [Result<MessageQueue.Answer, any Error>] {
        let now = now
        do {
            try advanceCalendar(to: now)
            let judged = messages.map { message in Result { try judge(message, at: now) } }
            try commitStaged()
            return judged.map { result in
                Result {
                    switch try result.get() {
                    case .answer(let answer): (answer, false)
                    case .copy(let sequence): (try parts.journal.attachment("answer.cms", of: sequence), true)
                    }
                }
            }
        } catch {
            return messages.map { _ in .failure(error) }
        }
    }

    private enum Judged {
        case answer([UInt8])
        /// The fact that has the answer, in the log or staged.
        case copy(UInt64)
    }

    private func judge(_ message: QueuedMessage, at now: Timestamp) throws -> Judged {
        var message = message
        let partner = message.request.partner
        // Another connection may have sent the same message while this one waited for its turn.
        if let sequence = try answered(message.request.messageID, message.digest, partner) { return .copy(sequence) }
        if message.generation != beliefs.now.generation {
            message.verified = try verify(message: message.cms, from: partner)
        }
        return .answer(try stage(message, at: now))
    }
}
