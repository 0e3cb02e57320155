import Evidence
import FileStore
package import Gateway
package import House
package import Journal
package import Primitives
import Statements

extension HouseReader {
    /// A window's close, computed anew from the log up to the fact before it.
    ///
    /// - Throws: `Refusal` with ACT-004 for a window that is not closed; `Fault` when the log is damaged.
    package func closing(of window: WindowID) throws -> (sequence: UInt64, fact: WindowClosed, close: WindowClose) {
        guard let sequence = house.closings[window] else {
            throw Refusal(.act004, value: window.text, detail: "the window is not closed")
        }
        let envelope = try fact(sequence)
        guard case .windowClosed(let fact) = envelope.fact else { throw Fault("fact \(sequence) closes no window") }
        let position = LogPosition(
            sequence: sequence - 1, head: try log.chainHash(sequence - 1),
            checkpoint: try fact.checkpoint.map(StatementCheckpoint.init(note:)))
        let close = try house(after: sequence - 1).close(window, at: envelope.time, position: position)
        return (sequence, fact, close)
    }
}

/// A record's place among the facts: what brought it, and the window that it counts in.
package struct RecordSource {
    package let partner: PartnerID
    /// The fact that decided it.
    package let decided: UInt64
    package let window: WindowID?
    /// Who brought it: a file by its number, or a message by its id.
    package let name: String
    package let receipts: [String]
    package let at: Timestamp
    package let programmeVersion: Int

    /// Finds what brought a record.
    ///
    /// - Throws: `Refusal` with NET-005 when nothing did; `Fault` when the log is damaged.
    package init(_ location: RecordLocation, _ reader: HouseReader) throws {
        if let (batch, attempt) = reader.house.files.find(received: location.batch) {
            guard let decided = attempt.decided else {
                throw Refusal(.net005, value: location.description, detail: "the file is not judged yet")
            }
            partner = batch.partner
            self.decided = decided
            window = attempt.window
            name = "file \(batch)"
            receipts = attempt.receiptIDs
            at = attempt.at
            programmeVersion = attempt.programmeVersion
            return
        }
        guard location.batch >= 1, location.batch <= reader.log.lastSequence else {
            throw Refusal(.net005, value: location.description, detail: "there is no such record")
        }
        let envelope = try reader.fact(location.batch)
        guard case .messageAnswered(let fact) = envelope.fact else {
            throw Refusal(.net005, value: location.description, detail: "there is no such record")
        }
        partner = fact.partner
        decided = location.batch
        window = fact.posting?.window
        name = "message \(fact.partner)/\(fact.messageID)"
        receipts = []
        at = envelope.time
        programmeVersion = fact.programmeVersion
    }
}
