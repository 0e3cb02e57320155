public import Journal
public import Ledger
public import Primitives

/// A message that was answered.
public struct AnsweredMessage: Hashable, Sendable {
    /// The fact with the answer.
    public var sequence: UInt64
    /// SHA-256 of the request.
    public var digest: Digest32
    /// What became of its record.
    public var status: RecordStatus
    /// When it was answered.
    public var at: Timestamp
    /// The window of its record; nil when it was not accepted.
    public var window: WindowID?
}

/// Which fact answered which message. A fold of the log.
///
/// A partner sends millions of messages a year, so that only their numbers are kept, found by a digest of their ids;
/// the facts have the rest.
public struct MessageRegister: Hashable, Sendable, Codable {
    private var partners: [PartnerID: Answered] = [:]

    private struct Answered: Hashable, Sendable, Codable {
        var numbers = IdentityTable()
        var sequences = WordTable()
    }

    /// No messages.
    public init() {}

    /// The facts that answered a partner's messages, in order.
    public func sequences(of partner: PartnerID) -> [UInt64] { partners[partner]?.sequences.words ?? [] }

    /// What was answered to a message, or nil.
    ///
    /// - Throws: `Fault` when a fact cannot be read.
    public func find(_ id: MessageID, of partner: PartnerID, in history: History) throws(Fault) -> AnsweredMessage? {
        guard let answered = partners[partner] else { return nil }
        var found: AnsweredMessage?
        _ = try answered.numbers.find(Self.digest(id)) { (number: UInt32) throws(Fault) -> Bool in
            let envelope = try history.fact(answered.sequences.words[Int(number) - 1])
            guard case .messageAnswered(let fact) = envelope.fact, fact.messageID == id else { return false }
            found = AnsweredMessage(
                sequence: envelope.sequence, digest: fact.digest, status: fact.status, at: envelope.time,
                window: fact.posting?.window)
            return true
        }
        return found
    }

    /// Takes an answer.
    public mutating func apply(_ fact: MessageAnswered, sequence: UInt64) {
        var answered = partners.removeValue(forKey: fact.partner) ?? Answered()
        answered.sequences.words.append(sequence)
        answered.numbers.insert(Self.digest(fact.messageID), number: UInt32(answered.sequences.words.count))
        partners[fact.partner] = answered
    }

    /// FNV-1a of the id: a hit is confirmed by the fact, so that it only has to spread.
    private static func digest(_ id: MessageID) -> Digest16 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Digest16(high: 0, low: hash ^ hash >> 32)
    }
}
