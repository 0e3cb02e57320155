import FileStore

/// What a faulty disk holds, and what of it is durable.
struct FaultyDiskState {
    /// A file or directory.
    struct Inode {
        let isDirectory: Bool
        /// What is seen.
        var bytes: [UInt8] = []
        var names: [String: Int] = [:]
        /// What survives.
        var durable: [UInt8] = []
        var durableNames: [String: Int] = [:]
        /// What was done to the bytes since they were synced.
        var pending: [Change] = []

        enum Change {
            case write([UInt8], Int)
            case truncate(Int)
        }

        init(isDirectory: Bool) { self.isDirectory = isDirectory }

        mutating func write(_ new: [UInt8], at offset: Int) {
            Self.apply(.write(new, offset), to: &bytes)
            pending.append(.write(new, offset))
        }

        mutating func truncate(to size: Int) {
            Self.apply(.truncate(size), to: &bytes)
            pending.append(.truncate(size))
        }

        mutating func sync() {
            for change in pending { Self.apply(change, to: &durable) }
            pending = []
        }

        /// A failed sync: the system takes the pages for clean, and the disk never gets them.
        mutating func forgetPending() { pending = [] }

        static func apply(_ change: Change, to bytes: inout [UInt8]) {
            switch change {
            case .truncate(let size):
                if size < bytes.count {
                    bytes.removeLast(bytes.count - size)
                } else {
                    bytes += [UInt8](repeating: 0, count: size - bytes.count)
                }
            case .write(let new, let offset):
                if bytes.count < offset + new.count {
                    bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
                }
                bytes.replaceSubrange(offset..<offset + new.count, with: new)
            }
        }
    }

    /// Something done to names that is not durable yet.
    struct NameChange {
        var removed: (directory: Int, name: String)?
        var added: (directory: Int, name: String, inode: Int)?

        func touches(_ directory: Int) -> Bool { removed?.directory == directory || added?.directory == directory }
        var places: [String] {
            [removed.map { "\($0.directory)/\($0.name)" }, added.map { "\($0.directory)/\($0.name)" }].compactMap(
                \.self)
        }
    }

    var plan: FaultyDiskPlan
    var inodes: [Int: Inode] = [0: Inode(isDirectory: true)]
    var nextInode = 1
    var nameChanges: [NameChange] = []
    var events = 0
    var syncEvents: [Int] = []
    var isDead = false
    var locks: Set<String> = []
    var chance: Chance

    init(_ plan: FaultyDiskPlan) {
        self.plan = plan
        chance = Chance(seed: plan.seed)
    }

    // MARK: Events

    func alive(_ operation: String, _ path: String) throws(FileError) {
        if isDead { throw FileError(.other, operation: operation, path: path, reason: "the power is gone") }
    }

    mutating func event(_ operation: String, _ path: String, isSync: Bool = false) throws(FileError) {
        try alive(operation, path)
        events += 1
        if isSync { syncEvents.append(events) }
        if plan.powerLossAt == events { isDead = true }
        try alive(operation, path)
        if plan.failureAt == events || isSync && plan.failingSync.map({ path.hasSuffix($0) }) == true {
            throw FileError(plan.failure, operation: operation, path: path, reason: "told to fail")
        }
    }

    var free: Int64 {
        if plan.capacity == .max { return .max }
        return max(plan.capacity - inodes.values.reduce(0) { $0 + Int64($1.bytes.count) }, 0)
    }

    // MARK: Bytes

    mutating func read(_ inode: Int, _ path: String, at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        try alive("read", path)
        try interrupt("read", path)
        guard let bytes = inodes[inode]?.bytes, offset < Int64(bytes.count) else { return [] }
        let wanted = shortened(min(count, bytes.count - Int(offset)))
        var out = Array(bytes[Int(offset)..<Int(offset) + wanted])
        if let flip = plan.readFlip, path.hasSuffix(flip.suffix), flip.offset >= offset,
            flip.offset < offset + Int64(wanted)
        {
            out[Int(flip.offset - offset)] ^= flip.mask
        }
        return out
    }

    mutating func write(
        _ inode: Int, _ path: String, _ bytes: ArraySlice<UInt8>, at offset: Int64
    ) throws(FileError) -> Int {
        try event("write", path)
        try interrupt("write", path)
        let size = Int64(inodes[inode]?.bytes.count ?? 0)
        let room = max(size - offset, 0)
        let fitting = free >= Int64(bytes.count) ? Int64(bytes.count) : min(Int64(bytes.count), room + free)
        guard fitting > 0 || bytes.isEmpty else {
            throw FileError(.noSpace, operation: "write", path: path, reason: "no space left on the disk")
        }
        let taken = shortened(Int(fitting))
        inodes[inode]?.write(Array(bytes.prefix(taken)), at: Int(offset))
        return taken
    }

    private mutating func interrupt(_ operation: String, _ path: String) throws(FileError) {
        if plan.interruptionIn > 0, chance.next(below: plan.interruptionIn) == 0 {
            throw FileError(.interrupted, operation: operation, path: path, reason: "a signal came")
        }
    }

    private mutating func shortened(_ count: Int) -> Int {
        guard plan.shortIn > 0, count > 1, chance.next(below: plan.shortIn) == 0 else { return count }
        return Int(chance.next(below: UInt64(count - 1))) + 1
    }

    // MARK: Names

    private func split(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    func find(_ path: String) -> Int? {
        var inode = 0
        for name in split(path) {
            guard let next = inodes[inode]?.names[name] else { return nil }
            inode = next
        }
        return inode
    }

    private func parent(_ path: String, _ operation: String) throws(FileError) -> (directory: Int, name: String) {
        let parts = split(path)
        guard let name = parts.last, let directory = find(parts.dropLast().joined(separator: "/")),
            inodes[directory]?.isDirectory == true
        else { throw FileError(.missing, operation: operation, path: path, reason: "no such directory") }
        return (directory, name)
    }

    mutating func open(_ path: String, _ access: FileAccess) throws(FileError) -> Int {
        try alive("open", path)
        if access == .create {
            try event("create", path)
            return try add(path, Inode(isDirectory: false))
        }
        guard let inode = find(path), inodes[inode]?.isDirectory == false else {
            throw FileError(.missing, operation: "open", path: path, reason: "no such file")
        }
        return inode
    }

    @discardableResult
    mutating func add(_ path: String, _ inode: Inode) throws(FileError) -> Int {
        let (directory, name) = try parent(path, "create")
        guard inodes[directory]?.names[name] == nil else {
            throw FileError(.exists, operation: "create", path: path, reason: "it exists")
        }
        let number = nextInode
        nextInode += 1
        inodes[number] = inode
        inodes[directory]?.names[name] = number
        nameChanges.append(NameChange(removed: nil, added: (directory, name, number)))
        return number
    }

    mutating func rename(_ from: String, _ to: String) throws(FileError) {
        let source = try parent(from, "rename")
        let target = try parent(to, "rename")
        guard let inode = inodes[source.directory]?.names[source.name] else {
            throw FileError(.missing, operation: "rename", path: from, reason: "no such file")
        }
        inodes[source.directory]?.names[source.name] = nil
        inodes[target.directory]?.names[target.name] = inode
        let added = (target.directory, target.name, inode)
        nameChanges.append(NameChange(removed: source, added: added))
    }

    mutating func remove(_ path: String) throws(FileError) {
        let source = try parent(path, "remove")
        guard inodes[source.directory]?.names.removeValue(forKey: source.name) != nil else {
            throw FileError(.missing, operation: "remove", path: path, reason: "no such file")
        }
        nameChanges.append(NameChange(removed: source, added: nil))
    }

    mutating func syncNames(_ directory: Int) {
        for change in nameChanges where change.touches(directory) { makeDurable(change) }
        nameChanges.removeAll { $0.touches(directory) }
    }

    private mutating func makeDurable(_ change: NameChange) {
        if let removed = change.removed { inodes[removed.directory]?.durableNames[removed.name] = nil }
        if let added = change.added { inodes[added.directory]?.durableNames[added.name] = added.inode }
    }

    // MARK: The end

    func restarted(after end: FaultyDiskEnd, _ plan: FaultyDiskPlan) -> FaultyDiskState {
        var next = self
        next.plan = plan
        next.chance = Chance(seed: plan.seed)
        (next.events, next.syncEvents, next.locks, next.isDead) = (0, [], [], false)
        switch end {
        case .processEnded: return next
        case .everythingLost: break
        case .torn(let seed):
            var chance = Chance(seed: seed)
            next.tearNames(&chance)
            for number in next.inodes.keys.sorted() {
                next.inodes[number]?.tear(&chance, pageBytes: self.plan.pageBytes)
            }
        }
        next.nameChanges = []
        for number in next.inodes.keys { next.inodes[number]?.showDurable() }
        return next
    }

    /// Lets some changes of names survive: one that builds on a lost one is lost with it.
    private mutating func tearNames(_ chance: inout Chance) {
        var lost: Set<String> = []
        for change in nameChanges {
            if chance.next(below: 2) == 0 && lost.isDisjoint(with: change.places) {
                makeDurable(change)
            } else {
                lost.formUnion(change.places)
            }
        }
    }
}

extension FaultyDiskState.Inode {
    /// Lets the disk stop at some point of what was pending, with some pages of it written and others not.
    mutating func tear(_ chance: inout Chance, pageBytes: Int) {
        guard !pending.isEmpty else { return }
        var image = durable
        let done = pending.prefix(Int(chance.next(below: UInt64(pending.count))) + 1)
        for change in done { Self.apply(change, to: &image) }
        let (low, high) = (min(durable.count, image.count), max(durable.count, image.count))
        let size =
            switch chance.next(below: 4) {
            case 0: durable.count
            case 1: low + Int(chance.next(below: UInt64(high - low) + 1))
            default: image.count
            }
        let isWhole = chance.next(below: 4) == 0
        var found = [UInt8](repeating: 0, count: size)
        for start in stride(from: 0, to: size, by: pageBytes) {
            let source = isWhole || chance.next(below: 2) == 0 ? image : durable
            let end = min(start + pageBytes, size, source.count)
            if start < end { found.replaceSubrange(start..<end, with: source[start..<end]) }
        }
        durable = found
    }

    /// Shows what survived.
    mutating func showDurable() {
        (bytes, names, pending) = (durable, durableNames, [])
    }
}

/// Chances that a seed determines: SplitMix64.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func next(below bound: UInt64) -> UInt64 { next() % bound }
}
