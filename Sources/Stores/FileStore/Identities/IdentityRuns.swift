public import Ledger
public import Primitives
import Synchronization

/// Runs of indexes of transaction ids: `derived/ids/MARCHE-1-262144.run` for the records 1 to 262144 of MARCHE.
///
/// All of it can be made from the log again: runs that a snapshot names and that are missing or damaged have the
/// snapshot passed over. `Specs/data-directory.md` has the bytes.
public final class IdentityRuns: IdentityRunStore, Sendable {
    private static let magic = Array("COALIDS1".utf8)
    private static let headerBytes = 64

    private let folder: String?
    private let files: any FileSystem
    private let opened = Mutex<[IdentityRun: OpenRun]>([:])
    /// How many slots an index keeps in memory before they become a run: 4 MiB of its table.
    public let recentLimit: Int

    /// Keeps runs in a folder; in memory for a house that is only looked at, and for tests.
    ///
    /// - Parameters:
    ///   - folder: where runs are; it is made when the first one is written.
    ///   - isReadOnly: runs of the folder are read, and new ones kept in memory.
    init(_ folder: String?, files: any FileSystem, isReadOnly: Bool, recentLimit: Int) {
        self.folder = folder
        self.files = files
        self.isReadOnly = isReadOnly || folder == nil
        self.recentLimit = recentLimit
    }

    /// Keeps runs in memory only.
    public convenience init(recentLimit: Int = 1 << 18) {
        self.init(nil, files: PosixFileSystem(), isReadOnly: true, recentLimit: recentLimit)
    }

    private let isReadOnly: Bool

    private static func name(_ run: IdentityRun) -> String { "\(run.space)-\(run.first)-\(run.last).run" }

    /// Keeps a run of slots in rising order. One of the same name is replaced.
    public func write(_ run: IdentityRun, _ slots: [UInt64]) throws(Fault) {
        if isReadOnly { return try keep(try OpenRun(run, memory: slots)) }
        try write(run) { (writer) throws(FileError) in
            for slot in slots { try writer.append(slot) }
        }
    }

    /// Joins runs to one in rising order of slots.
    public func merge(_ runs: [IdentityRun], into run: IdentityRun) throws(Fault) {
        var cursors: [Cursor] = []
        for part in runs { cursors.append(Cursor(try open(part))) }
        if isReadOnly {
            var slots: [UInt64] = []
            slots.reserveCapacity(run.count)
            try Self.merge(&cursors) { slots.append($0) }
            return try keep(try OpenRun(run, memory: slots))
        }
        var failure: Fault?
        try write(run) { (writer) throws(FileError) in
            do throws(Fault) {
                try Self.merge(&cursors) { (slot) throws(Fault) in try orFault(try writer.append(slot)) }
            } catch {
                failure = error
            }
        }
        if let failure {
            remove(run)
            throw failure
        }
        // Their filters are needed no more; whoever still names them opens their files again.
        opened.withLock { for part in runs { $0[part] = nil } }
    }

    private static func merge(_ cursors: inout [Cursor], _ body: (UInt64) throws(Fault) -> Void) throws(Fault) {
        while true {
            var smallest: Int?
            for index in cursors.indices {
                guard let slot = try cursors[index].current() else { continue }
                if let known = smallest, let other = try cursors[known].current(), other <= slot { continue }
                smallest = index
            }
            guard let smallest, let slot = try cursors[smallest].current() else { return }
            try body(slot)
            cursors[smallest].advance()
        }
    }

    private func write(_ run: IdentityRun, _ body: (inout RunWriter) throws(FileError) -> Void) throws(Fault) {
        guard let folder else { preconditionFailure("a store without a folder writes nothing") }
        let path = "\(folder)/\(Self.name(run))"
        do throws(FileError) {
            if try files.kind(folder) == nil {
                try files.createDirectory(folder)
                try files.syncDirectory(DataDirectory.parent(folder))
            }
            let temporary = path + ".tmp"
            if try files.kind(temporary) != nil { try files.remove(temporary) }
            let file = try files.open(temporary, .create)
            try file.write(Self.header(run)[...], at: 0)
            var writer = RunWriter(file, at: Int64(Self.headerBytes), slots: run.count)
            try body(&writer)
            try writer.finish()
            try file.sync()
            try files.rename(temporary, to: path)
            try files.syncDirectory(folder)
        } catch {
            throw error.fault
        }
        opened.withLock { $0[run] = nil }
    }

    private static func header(_ run: IdentityRun) -> [UInt8] {
        var bytes = magic
        bytes.appendLE(UInt32(2))
        bytes.appendLE(run.first)
        bytes.appendLE(run.last)
        bytes.appendLE(UInt32(run.level))
        bytes.appendLE(UInt64(run.count))
        bytes += [UInt8](repeating: 0, count: headerBytes - bytes.count - 4)
        bytes.appendLE(CRC32.checksum(bytes[...]))
        return bytes
    }

    /// A reader of these runs together.
    public func reader(_ runs: [IdentityRun]) throws(Fault) -> any IdentityRunReader {
        var open: [OpenRun] = []
        for run in runs.reversed() { open.append(try self.open(run)) }
        return OpenRuns(runs: open)
    }

    private func open(_ run: IdentityRun) throws(Fault) -> OpenRun {
        if let known = opened.withLock({ $0[run] }) { return known }
        guard let folder else { throw Fault("there is no run \(run)") }
        let path = "\(folder)/\(Self.name(run))"
        let file = try orFault(try files.open(path, .read))
        let header = try orFault(try file.read(at: 0, count: Self.headerBytes))
        guard header == Self.header(run) else { throw Fault("\(path): it does not begin as the run \(run)") }
        let open = try OpenRun(run, file: file, at: Int64(Self.headerBytes))
        try keep(open)
        return open
    }

    private func keep(_ open: OpenRun) throws(Fault) { opened.withLock { $0[open.run] = open } }

    /// Throws all runs of a space away.
    public func discard(space: String) {
        for run in opened.withLock({ $0.keys.filter { $0.space == space } }) {
            opened.withLock { $0[run] = nil }
        }
        remove { $0.hasPrefix("\(space)-") && $0.dropFirst(space.utf8.count + 1).first?.isNumber == true }
    }

    /// Removes what merges have left behind, once a snapshot names the runs that count.
    ///
    /// - Parameter runs: those that the snapshot names. Runs that are newer than all of its space stay.
    public func discardSuperseded(by runs: [IdentityRun]) {
        let names = Set(runs.map(Self.name))
        let known = opened.withLock { Array($0.keys) }
        func isSuperseded(_ run: IdentityRun) -> Bool {
            runs.contains {
                $0.space == run.space && $0 != run && $0.first <= run.first && run.last <= $0.last
            }
        }
        for run in known where isSuperseded(run) { opened.withLock { $0[run] = nil } }
        remove { name in
            guard !names.contains(name), name.hasSuffix(".run") else { return false }
            let parts = name.dropLast(4).split(separator: "-")
            guard parts.count == 3, let first = UInt32(parts[1]), let last = UInt32(parts[2]) else { return false }
            return isSuperseded(IdentityRun(space: String(parts[0]), first: first, last: last, count: 0, level: -1))
        }
    }

    /// Removes what judgements have left that did not come to their end.
    func discardLeftovers() { remove { $0.hasPrefix("batch-") || $0.hasSuffix(".tmp") } }

    private func remove(_ run: IdentityRun) { remove { $0 == Self.name(run) } }

    /// A file that cannot be removed costs its room and nothing else.
    private func remove(_ isWanted: (String) -> Bool) {
        guard !isReadOnly, let folder, let names = try? files.list(folder) else { return }
        for name in names where isWanted(name) { try? files.remove("\(folder)/\(name)") }
    }
}

/// Reads a run's slots one after the other.
private struct Cursor {
    private let run: OpenRun
    private var page = 0
    private var slots: ArraySlice<UInt64> = []

    init(_ run: OpenRun) { self.run = run }

    mutating func current() throws(Fault) -> UInt64? {
        while slots.isEmpty {
            guard page * RunPage.slots < run.run.count else { return nil }
            slots = try run.slots(ofPage: page)
            page += 1
        }
        return slots.first
    }

    mutating func advance() { slots.removeFirst() }
}
