public import Primitives

/// What a receipt says beyond the file, so that its reader can hold the host to it. Specs/evidence.md.
public enum ReceiptEvidence: Hashable, Sendable {
    /// RECEIVED: how far the log reached just before, and its tree's root.
    case log(size: UInt64, root: Digest32)
    /// VALIDATED: the tree over the file's records.
    case records(root: Digest32, count: Int64, leaf: Int)
    /// CLEARED: a checkpoint after the close, and the facts that it proves.
    case cleared(StatementCheckpoint, [ProvedFact])

    /// A fact with its path to the root of a checkpoint's tree.
    public struct ProvedFact: Hashable, Sendable {
        /// Its number in the log.
        public var sequence: UInt64
        /// Its bytes: JSON.
        public var fact: String
        /// The hashes from its leaf's sibling to the root's child.
        public var path: [Digest32]

        /// Makes a proof; the parameters are the properties of the same names.
        public init(sequence: UInt64, fact: String, path: [Digest32]) {
            self.sequence = sequence
            self.fact = fact
            self.path = path
        }
    }

    var elements: [XMLElement] {
        switch self {
        case .log(let size, let root):
            [XMLElement("Log", [("size", "\(size)"), ("algorithm", "SHA-256")], text: root.description)]
        case .records(let root, let count, let leaf):
            [
                XMLElement(
                    "RecordsTree", [("records", "\(count)"), ("leaf", "\(leaf)"), ("algorithm", "SHA-256")],
                    text: root.description)
            ]
        case .cleared(let checkpoint, let facts):
            [checkpoint.element]
                + facts.map { proved in
                    XMLElement(
                        "Inclusion", [("sequence", "\(proved.sequence)")],
                        [XMLElement("Fact", text: proved.fact)]
                            + proved.path.map { XMLElement("Hash", text: $0.description) })
                }
        }
    }
}
