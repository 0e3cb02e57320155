import Journal
public import Primitives

/// Where the log has what proves it: checkpoints, seals, cut-offs and acts. A fold of the log.
public struct EvidenceBook: Hashable, Sendable, Codable {
    /// A signed checkpoint.
    public struct Entry: Hashable, Sendable, Codable {
        /// The facts that its tree is over.
        public var size: UInt64
        /// The fact that it is kept with.
        public var sequence: UInt64
        /// When it was signed.
        public var time: Timestamp
    }

    /// All checkpoints in order.
    public private(set) var all: [Entry] = []
    /// The seals of records, by the facts that received a file or answered a message.
    public private(set) var records: [UInt64: UInt64] = [:]
    /// The seals of closed windows.
    public private(set) var windows: [WindowID: UInt64] = [:]
    /// The seals of the programme's versions, in order.
    public private(set) var programmes: [UInt64] = []
    /// The facts that cut windows off.
    public private(set) var cutOffs: [WindowID: UInt64] = [:]
    /// Officers' acts, in order.
    public private(set) var acts: [UInt64] = []

    /// None.
    public init() {}

    /// The first checkpoint over a fact, or nil while there is none.
    public func first(over sequence: UInt64) -> Entry? {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].size < sequence { low = middle + 1 } else { high = middle }
        }
        return low < all.count ? all[low] : nil
    }

    mutating func apply(_ envelope: FactEnvelope) {
        switch envelope.fact {
        case .checkpointSigned(let fact):
            all.append(Entry(size: fact.size, sequence: envelope.sequence, time: envelope.time))
        case .sealed(.records(let seal)): records[seal.received] = envelope.sequence
        case .sealed(.window(let seal)): windows[seal.window] = envelope.sequence
        case .sealed(.programme): programmes.append(envelope.sequence)
        case .windowCutOff(let fact): cutOffs[fact.window] = envelope.sequence
        case .actCarriedOut: acts.append(envelope.sequence)
        default: break
        }
    }
}
