public import Journal
public import Primitives

/// What every adapter of the log demands of an entry before it writes anything.
public enum JournalRules {
    /// Checks that an entry is the next one and that its attachments are those that its fact names.
    ///
    /// - Throws: `Fault` when it is not. Nothing has been written then, and the log goes on.
    public static func check(
        _ entry: JournalEntry, next: UInt64, notBefore time: Timestamp, hashing: Hashing
    ) throws(Fault) {
        let envelope = entry.envelope
        guard envelope.sequence == next else { throw Fault("fact \(envelope.sequence) is not the next, \(next)") }
        guard envelope.time >= time else {
            throw Fault("fact \(next) has the time \(envelope.time), before the last fact's \(time)")
        }
        let references = envelope.fact.attachments
        guard references.map(\.name) == entry.attachments.map(\.name) else {
            throw Fault("fact \(next) names other attachments than it brings")
        }
        guard Set(references.map(\.name)).count == references.count else {
            throw Fault("fact \(next) names two attachments alike")
        }
        for (reference, attachment) in zip(references, entry.attachments) {
            guard attachment.reference(hashing.digest) == reference else {
                throw Fault("attachment '\(reference.name)' of fact \(next) does not have the digest that is stated")
            }
        }
    }
}
