import Primitives
import Synchronization
import Transparency

/// The hashes of the log's tree in files beside the log: `level0` has the leaves of the facts, `level1` the hash over
/// each 256 of them, `level2` over each 65,536, and so on.
///
/// All of it follows from the log. What the mark names is durable; what stands in the files behind that is not looked
/// at, and is made from the log again. Files are not synced by appends, only when a mark is set: at a segment's end.
/// When a file cannot be written, what follows stays in memory until the next start; no append fails for it.
final class LogTree: Sendable {
    private let folder: String?
    private let files: any FileSystem
    let hashing: any TreeHashing
    private let state: Mutex<State>

    private struct State {
        var levels: [TreeLevel] = []
        /// Tiles that were read lately; they are whole and never change.
        var tiles: [(level: Int, number: UInt64, hashes: [Digest32])] = []
        /// How far the files were durable when the tree was opened; nil where they are damaged.
        var mark: TreeMark?
        /// Whether it is still to be seen that the files are this log's.
        var isUnexamined = false
        /// What is wrong with the files; nil when they fit their mark, or there is none.
        var damage: Fault?
        /// Whether files are written.
        var isWritten: Bool
        /// Whether the folder was created and its name is not durable yet.
        var hasNewFolder = false

        var count: UInt64 { levels.first?.count ?? 0 }
    }

    /// How many tiles are remembered: 128 KiB of hashes.
    private static let remembered = 16

    /// Opens the tree in a folder, which is made when it is first written to; nil for memory only.
    init(_ folder: String?, files: any FileSystem, hashing: any TreeHashing, isReadOnly: Bool) {
        self.folder = folder
        self.files = files
        self.hashing = hashing
        var state = State(isWritten: !isReadOnly && folder != nil)
        if let folder { Self.load(folder, files, hashing, &state) }
        self.state = Mutex(state)
    }

    /// How many leaves there are.
    var count: UInt64 { state.withLock { $0.count } }

    /// Whether files are written.
    var isWritten: Bool { state.withLock { $0.isWritten } }

    /// How far the files were durable at the start; nil where they are damaged.
    var mark: TreeMark? { state.withLock { $0.mark } }

    /// Whether it is still to be seen that the files are this log's.
    var isUnexamined: Bool { state.withLock { $0.isUnexamined } }

    /// The files are this log's.
    func confirm() { state.withLock { $0.isUnexamined = false } }

    /// What is wrong with the files; nil when they fit their mark, or there is none.
    var damage: Fault? { state.withLock { $0.damage } }

    /// The tree over all leaves.
    var frontier: TreeFrontier {
        state.withLock { Self.frontier($0.levels) }
    }

    private static func frontier(_ levels: [TreeLevel]) -> TreeFrontier {
        let hashes = levels.reversed().flatMap(\.partial.hashes)
        guard let frontier = TreeFrontier(size: levels.first?.count ?? 0, hashes: hashes) else {
            preconditionFailure("the last tiles of all levels make a tree's frontier")
        }
        return frontier
    }

    private static func fileName(_ level: Int) -> String { "level\(level)" }

    /// Where a level is kept, for messages.
    func path(_ level: Int) -> String { "\(folder ?? "memory")/\(Self.fileName(level))" }

    // MARK: Opening

    private static func load(
        _ folder: String, _ files: any FileSystem, _ hashing: any TreeHashing, _ state: inout State
    ) {
        let path = "\(folder)/\(TreeMark.fileName)"
        do throws(Fault) {
            guard let bytes = try orFault(try files.readWhole(path)) else { return }
            state.isUnexamined = true
            guard let mark = TreeMark(bytes), mark.count > 0, mark.count <= Subtrees.maximumSize else {
                throw Fault("\(path): the mark of the log's tree is damaged")
            }
            var levels: [TreeLevel] = []
            var count = mark.count
            while count > 0 {
                // Opened for reading until the first write, so that a start that changes nothing touches nothing.
                let file = try orFault(try files.open("\(folder)/\(fileName(levels.count))", .read))
                levels.append(try TreeLevel(file, count: count, hashing))
                count /= TreeLevel.width
            }
            state.levels = levels
            guard frontier(levels).root(hashing) == mark.root else {
                throw Fault("\(path): the hashes of the log's tree do not have the root that the mark states")
            }
            state.mark = mark
        } catch {
            state.damage = error
        }
    }

    /// Forgets everything, in memory and, where files are written, durably in them.
    func reset() {
        state.withLock { state in
            (state.levels, state.tiles, state.mark, state.isUnexamined) = ([], [], nil, false)
            guard state.isWritten, let folder else { return }
            do throws(FileError) {
                guard try files.kind(folder) != nil else { return state.damage = nil }
                // The mark goes first and durably: what is written anew must never be taken for what it named.
                let mark = "\(folder)/\(TreeMark.fileName)"
                if try files.kind(mark) != nil { try files.remove(mark) }
                try files.syncDirectory(folder)
                for name in try files.list(folder) { try files.remove("\(folder)/\(name)") }
                try files.syncDirectory(folder)
                state.damage = nil
            } catch {
                state.isWritten = false
            }
        }
    }

    // MARK: Growing

    /// Adds the leaves of the facts after a number, unless the tree does not end there.
    func append(_ leaves: some Collection<Digest32>, after sequence: UInt64) {
        state.withLock { state in
            guard state.count == sequence else { return }
            add(leaves, &state, hashing)
        }
    }

    private func add(
        _ leaves: some Collection<Digest32>, _ state: inout State, _ hashing: some TreeHashing
    ) {
        for leaf in leaves {
            var (carried, level) = (Optional(leaf), 0)
            while let hash = carried {
                if level == state.levels.count { state.levels.append(TreeLevel()) }
                carried = state.levels[level].append(hash, hashing)
                if carried != nil { write(level, &state, isTile: true) }
                level += 1
            }
        }
    }

    /// Writes what of a level is in memory to its file.
    private func write(_ level: Int, _ state: inout State, isTile: Bool) {
        guard state.isWritten, let folder, !state.levels[level].kept.isEmpty else { return }
        do throws(FileError) {
            let file = try writableFile(level, folder, &state)
            let rest = state.levels[level]
            try file.write(TreeLevel.bytes(rest.kept)[...], at: Int64(rest.base) * 32)
            if isTile { state.levels[level].release() }
        } catch {
            state.isWritten = false
        }
    }

    private func writableFile(_ level: Int, _ folder: String, _ state: inout State) throws(FileError) -> any OpenFile {
        if let file = state.levels[level].file, state.levels[level].isWritable { return file }
        if try files.kind(folder) == nil {
            try files.createDirectory(folder)
            state.hasNewFolder = true
        }
        let path = "\(folder)/\(Self.fileName(level))"
        // A file whose hashes are relied on must be there; a new one in its place would read as zeros.
        let file = state.levels[level].base > 0 ? try files.open(path, .write) : try files.openOrCreate(path)
        state.levels[level].file = file
        state.levels[level].isWritable = true
        return file
    }

    /// Makes all hashes durable and then says so in the mark.
    ///
    /// - Parameter head: The chain hash of the fact of the last leaf.
    func keep(head: Digest32) {
        state.withLock { state in
            for level in state.levels.indices { write(level, &state, isTile: false) }
            guard state.isWritten, let folder, state.count > 0 else { return }
            let frontier = Self.frontier(state.levels)
            let mark = TreeMark(count: frontier.size, head: head, root: frontier.root(hashing))
            do throws(FileError) {
                for level in state.levels where level.isWritable { try level.file?.sync() }
                try files.syncDirectory(folder)
                if state.hasNewFolder { try files.syncDirectory(DataDirectory.parent(folder)) }
                state.hasNewFolder = false
                try files.writeAtomically(mark.bytes, to: TreeMark.fileName, in: folder)
            } catch {
                state.isWritten = false
            }
        }
    }

    // MARK: Reading

    /// Hashes of a level, at most so many; fewer at the end of what is in the file, at least one.
    ///
    /// - Throws: `Fault` when the level does not reach so far, or its file cannot be read.
    func hashes(level: Int, from index: UInt64, atMost count: Int) throws(Fault) -> [Digest32] {
        let found = state.withLock { state -> (kept: [Digest32], file: (any OpenFile)?, end: UInt64)? in
            guard level < state.levels.count, index < state.levels[level].count else { return nil }
            let known = state.levels[level]
            guard index >= known.base else { return ([], known.file, known.base) }
            return (Array(known.kept.dropFirst(Int(index - known.base)).prefix(count)), nil, 0)
        }
        guard let found else { throw Fault("\(path(level)): it has no hash \(index)") }
        guard found.kept.isEmpty else { return found.kept }
        guard let file = found.file else { throw Fault("\(path(level)): there is no such file") }
        return try TreeLevel.read(file, from: index, count: min(count, Int(found.end - index)))
    }

    /// The hash of a perfect subtree: from one tile.
    ///
    /// - Throws: `Fault` when the tree does not reach so far, or its files cannot be read.
    func subtree(_ place: SubtreePlace) throws(Fault) -> Digest32 {
        guard place.index < Subtrees.maximumSize >> UInt64(place.level), place.end <= count else {
            throw Fault("\(path(0)): the tree has no subtree \(place.index) of level \(place.level)")
        }
        let level = place.level / TreeLevel.binaryLevels
        let height = UInt64(place.level % TreeLevel.binaryLevels)
        let first = place.index << height
        let tile = try tile(level, first / TreeLevel.width)
        let start = Int(first % TreeLevel.width)
        return joined(tile[start..<start + 1 << Int(height)], hashing)
    }

    private func joined(_ hashes: ArraySlice<Digest32>, _ hashing: some TreeHashing) -> Digest32 {
        var range = SubtreeRange()
        for hash in hashes { range.append(hash, hashing) }
        guard let root = range.hashes.first else { preconditionFailure("a subtree has leaves") }
        return root
    }

    private func tile(_ level: Int, _ number: UInt64) throws(Fault) -> [Digest32] {
        let known = state.withLock { state in
            state.tiles.first { $0.level == level && $0.number == number }?.hashes
        }
        if let known { return known }
        let width = Int(TreeLevel.width)
        let hashes = try hashes(level: level, from: number * TreeLevel.width, atMost: width)
        if hashes.count == width {
            state.withLock { state in
                if state.tiles.count == Self.remembered { state.tiles.removeFirst() }
                state.tiles.append((level, number, hashes))
            }
        }
        return hashes
    }
}
