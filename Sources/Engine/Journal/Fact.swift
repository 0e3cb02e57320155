public import Primitives

/// One accepted fact. Nothing accepted is ever changed; a correction is a new fact. Specs/architecture.md.
public enum Fact: Hashable, Sendable {
    /// The first fact of a log.
    case genesis(Genesis)
    /// A version of the programme came into force.
    case programmeLoaded(ProgrammeLoaded)
    /// A file arrived.
    case fileReceived(FileReceived)
    /// A file was judged.
    case fileDecided(FileDecided)
    /// A file was refused before its receipt.
    case fileRefused(FileRefused)
    /// A file's number was withdrawn.
    case fileCancelled(FileCancelled)
    /// A cleared file got its last receipt.
    case fileCleared(FileCleared)
    /// A reader has a document safely.
    case documentConfirmed(DocumentConfirmed)
    /// A message was answered.
    case messageAnswered(MessageAnswered)
    /// An officer's act came into force.
    case actCarriedOut(ActCarriedOut)
    /// A window takes no more records.
    case windowCutOff(WindowCutOff)
    /// A window is closed and its statements are issued.
    case windowClosed(WindowClosed)
    /// A test clock was moved.
    case clockAdvanced(ClockAdvanced)
    /// What may be shown of the fact before it.
    case sealed(Seal)
    /// The host signed a checkpoint of the log.
    case checkpointSigned(CheckpointSigned)
    /// A partner answered a settlement statement.
    case statementAnswered(StatementAnswered)
    /// Someone of the host read what concerns partners.
    case accessNoted(AccessNoted)
    /// A partner changed its own keys.
    case keyChanged(KeyChanged)

    /// The kind's name in the log.
    public var kind: String { key.rawValue }

    /// Whether it follows from a real-time message: there may be thousands in a second.
    public var isOfMessage: Bool {
        switch self {
        case .messageAnswered: true
        case .sealed(.records(let seal)): seal.messageID != nil
        default: false
        }
    }

    /// The bytes that belong to the fact and are kept beside it.
    public var attachments: [AttachmentReference] {
        switch self {
        case .genesis, .documentConfirmed, .windowCutOff, .clockAdvanced, .accessNoted: []
        case .programmeLoaded(let fact): fact.files.flatMap { [$0.file] + $0.approvals.map(\.signature) }
        case .fileReceived(let fact): fact.attachments
        case .fileDecided(let fact): fact.attachments
        case .fileRefused(let fact): fact.attachments
        case .fileCancelled(let fact): fact.attachments
        case .fileCleared(let fact): fact.attachments
        case .messageAnswered(let fact): fact.attachments
        case .actCarriedOut(let fact): fact.evidence.attachments
        case .windowClosed(let fact): fact.attachments
        case .sealed(let seal): seal.attachments
        case .checkpointSigned(let fact): fact.attachments
        case .statementAnswered(let fact): fact.attachments
        case .keyChanged(let fact): fact.attachments
        }
    }
}

extension Fact: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case genesis, programmeLoaded, fileReceived, fileDecided, fileRefused, fileCancelled, fileCleared,
            messageAnswered, documentConfirmed
        case actCarriedOut, windowCutOff, windowClosed, clockAdvanced, sealed, checkpointSigned, statementAnswered,
            accessNoted, keyChanged
    }

    private var key: Key {
        switch self {
        case .genesis: .genesis
        case .programmeLoaded: .programmeLoaded
        case .fileReceived: .fileReceived
        case .fileDecided: .fileDecided
        case .fileRefused: .fileRefused
        case .fileCancelled: .fileCancelled
        case .fileCleared: .fileCleared
        case .documentConfirmed: .documentConfirmed
        case .messageAnswered: .messageAnswered
        case .actCarriedOut: .actCarriedOut
        case .windowCutOff: .windowCutOff
        case .windowClosed: .windowClosed
        case .clockAdvanced: .clockAdvanced
        case .sealed: .sealed
        case .checkpointSigned: .checkpointSigned
        case .statementAnswered: .statementAnswered
        case .accessNoted: .accessNoted
        case .keyChanged: .keyChanged
        }
    }

    /// Writes an object whose one member is named by the kind.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .genesis(let fact): try container.encode(fact, forKey: key)
        case .programmeLoaded(let fact): try container.encode(fact, forKey: key)
        case .fileReceived(let fact): try container.encode(fact, forKey: key)
        case .fileDecided(let fact): try container.encode(fact, forKey: key)
        case .fileRefused(let fact): try container.encode(fact, forKey: key)
        case .fileCancelled(let fact): try container.encode(fact, forKey: key)
        case .fileCleared(let fact): try container.encode(fact, forKey: key)
        case .documentConfirmed(let fact): try container.encode(fact, forKey: key)
        case .messageAnswered(let fact): try container.encode(fact, forKey: key)
        case .actCarriedOut(let fact): try container.encode(fact, forKey: key)
        case .windowCutOff(let fact): try container.encode(fact, forKey: key)
        case .windowClosed(let fact): try container.encode(fact, forKey: key)
        case .clockAdvanced(let fact): try container.encode(fact, forKey: key)
        case .sealed(let seal): try container.encode(seal, forKey: key)
        case .checkpointSigned(let fact): try container.encode(fact, forKey: key)
        case .statementAnswered(let fact): try container.encode(fact, forKey: key)
        case .accessNoted(let fact): try container.encode(fact, forKey: key)
        case .keyChanged(let fact): try container.encode(fact, forKey: key)
        }
    }

    /// Reads an object whose one member is named by the kind.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not one known fact")
            throw DecodingError.dataCorrupted(context)
        }
        switch key {
        case .genesis: self = .genesis(try container.decode(Genesis.self, forKey: key))
        case .programmeLoaded: self = .programmeLoaded(try container.decode(ProgrammeLoaded.self, forKey: key))
        case .fileReceived: self = .fileReceived(try container.decode(FileReceived.self, forKey: key))
        case .fileDecided: self = .fileDecided(try container.decode(FileDecided.self, forKey: key))
        case .fileRefused: self = .fileRefused(try container.decode(FileRefused.self, forKey: key))
        case .fileCancelled: self = .fileCancelled(try container.decode(FileCancelled.self, forKey: key))
        case .fileCleared: self = .fileCleared(try container.decode(FileCleared.self, forKey: key))
        case .documentConfirmed:
            self = .documentConfirmed(try container.decode(DocumentConfirmed.self, forKey: key))
        case .messageAnswered: self = .messageAnswered(try container.decode(MessageAnswered.self, forKey: key))
        case .actCarriedOut: self = .actCarriedOut(try container.decode(ActCarriedOut.self, forKey: key))
        case .windowCutOff: self = .windowCutOff(try container.decode(WindowCutOff.self, forKey: key))
        case .windowClosed: self = .windowClosed(try container.decode(WindowClosed.self, forKey: key))
        case .clockAdvanced: self = .clockAdvanced(try container.decode(ClockAdvanced.self, forKey: key))
        case .sealed: self = .sealed(try container.decode(Seal.self, forKey: key))
        case .checkpointSigned:
            self = .checkpointSigned(try container.decode(CheckpointSigned.self, forKey: key))
        case .statementAnswered:
            self = .statementAnswered(try container.decode(StatementAnswered.self, forKey: key))
        case .accessNoted: self = .accessNoted(try container.decode(AccessNoted.self, forKey: key))
        case .keyChanged: self = .keyChanged(try container.decode(KeyChanged.self, forKey: key))
        }
    }
}

/// A fact at its place in the log.
public struct FactEnvelope: Hashable, Sendable, Codable {
    /// Counted from 1, without gaps.
    public let sequence: UInt64
    /// The log's time: never before the previous fact's.
    public let time: Timestamp
    /// The fact.
    public let fact: Fact

    /// Puts a fact at a place.
    public init(sequence: UInt64, time: Timestamp, fact: Fact) {
        self.sequence = sequence
        self.time = time
        self.fact = fact
    }
}
