import Primitives
import Transparency

/// Compares all hashes of the log's tree with the leaves that are read from the log.
struct TreeComparison {
    private let tree: LogTree
    private let limit: UInt64
    private var levels: [Level] = []
    private var count: UInt64 = 0

    private struct Level {
        /// The first hash of the tile.
        var start: UInt64 = 0
        var tile: [Digest32] = []
        var range = SubtreeRange()
    }

    /// Begins at the first fact. Hashes of facts after the last one are not compared.
    init(_ tree: LogTree, upTo last: UInt64) {
        self.tree = tree
        limit = min(last, tree.count)
    }

    /// Takes the next fact's leaf.
    ///
    /// - Throws: `Fault` that names the file with a hash that does not follow from the log.
    mutating func add(_ leaf: Digest32) throws(Fault) {
        guard count < limit else { return }
        count += 1
        try push(leaf, tree.hashing)
    }

    /// Compares the last tiles.
    ///
    /// - Throws: `Fault` that names the file with a hash that does not follow from the log, or what else is wrong with
    ///   the files.
    func finish() throws(Fault) {
        for level in levels.indices { try compare(level) }
        if let damage = tree.damage { throw damage }
    }

    private mutating func push(_ leaf: Digest32, _ hashing: some TreeHashing) throws(Fault) {
        var (carried, level) = (Optional(leaf), 0)
        while let hash = carried {
            if level == levels.count { levels.append(Level()) }
            levels[level].tile.append(hash)
            levels[level].range.append(hash, hashing)
            guard levels[level].tile.count == Int(TreeLevel.width) else { return }
            try compare(level)
            carried = levels[level].range.hashes.first
            levels[level] = Level(start: levels[level].start + TreeLevel.width)
            level += 1
        }
    }

    private func compare(_ level: Int) throws(Fault) {
        let expected = levels[level]
        guard !expected.tile.isEmpty else { return }
        let found = try tree.hashes(level: level, from: expected.start, atMost: expected.tile.count)
        guard found != expected.tile else { return }
        let place = zip(found, expected.tile).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? found.count
        let index = expected.start + UInt64(place)
        throw Fault("\(tree.path(level)) at byte \(index * 32): hash \(index) does not follow from the log")
    }
}
