public import Journal
public import Primitives

/// A signed statement of how far the log reached. Specs/evidence.md.
public struct StatementCheckpoint: Hashable, Sendable {
    /// The log's name.
    public var origin: String
    /// Facts in its tree.
    public var size: UInt64
    /// The tree's root.
    public var root: Digest32
    /// The signed note that says so.
    public var note: String

    /// Makes a checkpoint; the parameters are the properties of the same names.
    public init(origin: String, size: UInt64, root: Digest32, note: String) {
        self.origin = origin
        self.size = size
        self.root = root
        self.note = note
    }

    var element: XMLElement {
        XMLElement(
            "Checkpoint",
            [("origin", origin), ("size", "\(size)"), ("algorithm", "SHA-256"), ("root", root.description)], text: note)
    }
}

/// What a statement says so that a missing or hidden file can be proved: where the log stood, what came before, and all
/// that was received. Specs/evidence.md, Promise, then proof.
public struct StatementEvidence: Hashable, Sendable {
    /// The partner's earlier statement of the same kind; nil for the first.
    public var previous: Previous?
    /// What was received from the partner; nil on the host's own page.
    public var completeness: Completeness?

    /// An earlier document.
    public struct Previous: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// SHA-256 of its XML.
        public var digest: Digest32

        /// Names a document.
        public init(id: String, digest: Digest32) {
            self.id = id
            self.digest = digest
        }
    }

    /// Joins both.
    public init(previous: Previous?, completeness: Completeness?) {
        self.previous = previous
        self.completeness = completeness
    }

    /// The element, when the log's checkpoint is known.
    func elements(_ checkpoint: StatementCheckpoint?) -> [XMLElement] {
        guard let checkpoint else { return [] }
        var children = [checkpoint.element]
        if let previous {
            children.append(
                XMLElement(
                    "PreviousStatement", [("id", previous.id), ("algorithm", "SHA-256")],
                    text: previous.digest.description))
        }
        if let completeness { children += completeness.elements }
        return [XMLElement("Evidence", [], children)]
    }
}

/// Everything that was received from a partner and issued to it, in its LIVE series, up to a place in the log.
public struct Completeness: Hashable, Sendable, Codable {
    /// The highest number that arrived or was withdrawn; 0 for none.
    public var through: Int64 = 0
    /// Files received.
    public var received: Int64 = 0
    /// Of these, accepted whole.
    public var accepted: Int64 = 0
    /// Of these, accepted in part.
    public var partlyAccepted: Int64 = 0
    /// Of these, refused.
    public var refused: Int64 = 0
    /// Refused before they were received.
    public var refusedAtDoor: Int64 = 0
    /// Files received under the number of a refused one.
    public var replaced: Int64 = 0
    /// Numbers withdrawn.
    public var withdrawn: Int64 = 0
    /// Files received that are neither judged nor withdrawn.
    public var undecided: Int64 = 0
    /// Numbers that have not arrived.
    public var missing: [SequenceGap] = []
    /// What arrived for the window.
    public var arrivals: [Arrival] = []
    /// Messages of the window by what became of them.
    public var messages = Messages()
    /// Receipts issued to the partner, of all series.
    public var receipts: Int64 = 0
    /// Windows for which it has statements.
    public var statements: Int = 0

    /// A file that arrived for a window.
    public struct Arrival: Hashable, Sendable, Codable {
        /// Its number.
        public var sequence: Int64
        /// The fact that received it, or refused it before.
        public var fact: UInt64
        /// SHA-256 of its bytes.
        public var digest: Digest32
        /// What became of it: `ACCP`, `PART`, `RJCT`, or `CANC` when its number was withdrawn.
        public var status: String
        /// Its receipts.
        public var receipts: [String]

        /// Makes an arrival; the parameters are the properties of the same names.
        public init(sequence: Int64, fact: UInt64, digest: Digest32, status: String, receipts: [String]) {
            self.sequence = sequence
            self.fact = fact
            self.digest = digest
            self.status = status
            self.receipts = receipts
        }
    }

    /// Answered messages by status.
    public struct Messages: Hashable, Sendable, Codable {
        /// Accepted.
        public var accepted: Int64 = 0
        /// Refused.
        public var refused: Int64 = 0
        /// Repeats of an earlier record.
        public var duplicate: Int64 = 0

        /// None.
        public init() {}
    }

    /// Nothing received.
    public init() {}

    var elements: [XMLElement] {
        var out = [
            XMLElement(
                "Files",
                [
                    ("series", "LIVE"), ("through", "\(through)"), ("received", "\(received)"),
                    ("accepted", "\(accepted)"), ("partlyAccepted", "\(partlyAccepted)"), ("refused", "\(refused)"),
                    ("refusedAtDoor", "\(refusedAtDoor)"), ("replaced", "\(replaced)"), ("withdrawn", "\(withdrawn)"),
                    ("undecided", "\(undecided)"),
                ])
        ]
        out += missing.map { XMLElement("MissingSequence", [("from", "\($0.from)"), ("to", "\($0.to)")]) }
        out += arrivals.map { arrival in
            XMLElement(
                "File",
                [
                    ("sequence", "\(arrival.sequence)"), ("fact", "\(arrival.fact)"), ("status", arrival.status),
                    ("receipts", arrival.receipts.joined(separator: " ")), ("algorithm", "SHA-256"),
                ], text: arrival.digest.description)
        }
        out += [
            XMLElement(
                "Messages",
                [
                    ("accepted", "\(messages.accepted)"), ("refused", "\(messages.refused)"),
                    ("duplicate", "\(messages.duplicate)"),
                ]), XMLElement("Receipts", [("issued", "\(receipts)")]),
            XMLElement("Statements", [("issued", "\(statements)")]),
        ]
        return out
    }
}
