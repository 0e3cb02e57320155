import Journal
public import Primitives

/// Which files and messages are closed to readers, because a member in them was forgotten. A fold of the log.
///
/// It goes by arrivals and not by digests: the same bytes that come later in another file are open until an act names
/// that file, so that no evidence lacks what no act explains.
public struct ForgettingBook: Hashable, Sendable, Codable {
    /// The facts that closed files and messages, by the facts that received, refused or answered them.
    public private(set) var batches: [UInt64: UInt64] = [:]

    /// None.
    public init() {}

    mutating func take(_ forgetting: Forgetting, _ sequence: UInt64) {
        for received in forgetting.received { batches[received] = sequence }
    }
}

/// Why readers no longer get what is read from an original.
public enum Withholding: Hashable, Sendable {
    /// The fact erased it: nobody has it.
    case erased(by: UInt64)
    /// The fact closed it: the house keeps it until its retention has passed, and shows it to no reader.
    case closed(by: UInt64)

    /// The fact.
    public var sequence: UInt64 {
        switch self {
        case .erased(let sequence), .closed(let sequence): sequence
        }
    }

    /// What became of the original.
    public var words: String {
        switch self {
        case .erased(let sequence): "the original was erased by fact \(sequence)"
        case .closed(let sequence): "the original was closed by fact \(sequence)"
        }
    }

    /// What a reader is told who asks for something by its name.
    public func refusal(of name: String) -> Refusal {
        switch self {
        case .erased: Refusal(.prv002, value: name, detail: words)
        case .closed: Refusal(.prv003, value: name, detail: words)
        }
    }
}

extension HouseState {
    /// Why a file or message is withheld from readers; nil while it is open.
    ///
    /// - Parameter batch: the fact that received the file, refused it before, or answered the message.
    public func withheld(batch: UInt64) -> Withholding? {
        if let sequence = erasures.batches[batch] { return .erased(by: sequence) }
        return forgotten.batches[batch].map { .closed(by: $0) }
    }

    /// Why the original of an arrival is withheld from readers; nil while it is open.
    public func withheld(_ attempt: FileAttempt) -> Withholding? {
        if let sequence = erasures.originals[attempt.digest] { return .erased(by: sequence) }
        return attempt.arrival.flatMap { forgotten.batches[$0] }.map { .closed(by: $0) }
    }
}

extension FileAttempt {
    /// The fact of its arrival: that of its receipt, or the one that refused it before.
    public var arrival: UInt64? { received ?? decided }
}
