import Clearing
import FileStore
import House
import Journal
import Primitives
import ProgrammeModel
import Transparency

extension BundleCollector {
    /// Chooses the facts that are shown.
    mutating func collectFacts() throws {
        shown.insert(1)
        for (window, sequence) in house.evidence.cutOffs where sequence <= seal || window == scope.window {
            shown.insert(sequence)
        }
        for (_, sequence) in house.evidence.windows where sequence <= seal { shown.insert(sequence) }
        for sequence in house.evidence.programmes where sequence < closed { shown.insert(sequence) }
        var next = range.lowerBound + 1
        while next <= range.upperBound {
            let envelope = try log.fact(next)
            if isShown(envelope) { shown.insert(next) }
            next += 1
        }
    }

    private func isShown(_ envelope: FactEnvelope) -> Bool {
        guard scope.partner != nil else { return true }
        return switch envelope.fact {
        case .genesis, .windowCutOff, .checkpointSigned: true
        case .sealed(.programme), .sealed(.window): true
        case .sealed(.records(let seal)): scope.shows(seal.partner)
        case .fileReceived(let fact): scope.shows(fact.batch.partner)
        case .fileRefused(let fact): scope.shows(fact.batch.partner)
        case .fileDecided(let fact):
            scope.shows(fact.batch.partner)
                && fact.posting?.lines.allSatisfy { $0.key.partner == fact.batch.partner } ?? true
        case .fileCleared(let fact): scope.shows(fact.batch.partner)
        case .fileCancelled(let fact): scope.shows(fact.batch.partner)
        case .statementAnswered(let fact): scope.shows(fact.partner)
        case .messageAnswered(let fact):
            scope.shows(fact.partner) && house.evidence.records[envelope.sequence] == nil
        case .keyChanged(let fact): scope.shows(fact.partner)
        default: false
        }
    }

    /// The facts with their leaves or paths, and the checkpoint that they lead to.
    mutating func collectLog() throws {
        try addSigned("checkpoint.note", attachment: "checkpoint.note", of: checkpoint.sequence)
        let note = try SignedNote(parsing: log.attachment("checkpoint.note", of: checkpoint.sequence))
        for sequence in shown.sorted() where isCovered(sequence) {
            add("log/facts/\(Self.number(sequence)).json", try log.rawFact(sequence))
            guard !range.contains(sequence - 1) else { continue }
            let path = try log.inclusionProof(of: sequence, in: checkpoint.size)
            let proof = try LogProof(index: sequence - 1, hashes: path, note: note)
            add("log/proofs/\(Self.number(sequence)).tlog-proof", proof.bytes)
        }
        let form = RangeForm(
            from: range.lowerBound, left: try cover(0, range.lowerBound),
            right: try cover(range.upperBound, checkpoint.size), size: checkpoint.size, to: range.upperBound)
        add("log/range.json", try FactCodec.json(form))
        let (log, range) = (log, range)
        entries.append(
            try BundleEntry("log/leaves.bin") { sink in
                var piece: [UInt8] = []
                for index in range {
                    try log.leaf(index + 1).append(to: &piece)
                    if piece.count >= 1 << 18 {
                        try sink(piece[...])
                        piece.removeAll(keepingCapacity: true)
                    }
                }
                try sink(piece[...])
            })
    }

    private func cover(_ begin: UInt64, _ end: UInt64) throws -> [String] {
        try Subtrees.covering(begin, end).map { try log.subtree(level: $0.level, index: $0.index).description }
    }

    private struct RangeForm: Encodable {
        var from: UInt64
        var left: [String]
        var right: [String]
        var size: UInt64
        var to: UInt64
    }
}
