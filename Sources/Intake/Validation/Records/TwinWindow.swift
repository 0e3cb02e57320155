import Primitives

/// Remembers what the last records of a file were about, to find a sale that a till has sent twice (DUP-003).
///
/// It holds 64 bits for each record in two flat tables of at most 16 MiB each. When the younger is full, the older is
/// given up: each record is compared with at least the 1,500,000 before it. An entry joins 44 bits of a hash of what
/// the record is about with 20 bits of a hash of its id, so that the same record sent twice, which is DUP-001, is not
/// a twin. One twin of a million goes unseen, and less than one file of ten with 1,500,000 records has a false one.
struct TwinWindow {
    private static let firstSlots = 1 << 12
    private static let slotsPerTable = 1 << 21
    /// Slots that are looked at before a search is given up; it bounds what a file made for collisions can cost.
    private static let probes = 256
    private static let idBits: UInt64 = 20

    private var young: Table
    private var old: Table?
    private let slotsPerTable: Int

    /// Makes an empty window.
    init() { self.init(slotsPerTable: Self.slotsPerTable) }

    /// Makes an empty window whose tables grow to so many slots, a power of two.
    init(slotsPerTable: Int) {
        self.slotsPerTable = slotsPerTable
        young = Table(slots: min(Self.firstSlots, slotsPerTable))
    }

    /// Remembers a record and answers whether one with another id was about the same.
    mutating func remember(_ content: RecordContent) -> Bool {
        guard let account = content.account else { return false }
        let store = content.store ?? ""
        return remember(
            member: account.number, store: store.utf8.span, occurredAt: content.occurredAt, unit: content.unit,
            units: content.units, type: content.type, original: content.originalID?.text ?? "",
            id: content.transactionID.text.utf8.span)
    }

    /// The same by the parts that count.
    @inline(__always)
    mutating func remember(
        member: MemberNumber, store: Span<UInt8>, occurredAt: Timestamp, unit: CurrencyCode, units: Int64,
        type: RecordType, original: String = "", id: Span<UInt8>
    ) -> Bool {
        var hash = Hash()
        hash.add(member.packed.0)
        hash.add(store)
        hash.add(UInt64(bitPattern: occurredAt.milliseconds))
        hash.add(UInt64(bitPattern: units))
        hash.add(UInt64(unit.letters) << 16 | UInt64(type.code) << 8 | member.packed.1)
        hash.add(original.utf8.span)
        var name = Hash()
        name.add(id)
        return remember(subject: hash.value, id: name.value)
    }

    /// Remembers a hash of a subject and one of an id.
    mutating func remember(subject: UInt64, id: UInt64) -> Bool {
        let low = (1 << Self.idBits) - 1 as UInt64
        // Zero marks an empty slot.
        let entry = max((subject & ~low) | (id & low), low + 1)
        if let other = old?.find(entry) { return other != entry }
        if let other = young.findOrAdd(entry) { return other != entry }
        if young.isFull { makeRoom() }
        return false
    }

    private mutating func makeRoom() {
        if young.count < slotsPerTable {
            young = young.grown(to: min(young.count * 4, slotsPerTable))
        } else {
            old = young
            young = Table(slots: min(Self.firstSlots, slotsPerTable))
        }
    }

    /// Entries by open addressing; the place of an entry follows from its subject.
    private struct Table {
        private var slots: [UInt64]
        private var used = 0

        init(slots count: Int) { slots = Array(repeating: 0, count: count) }

        var count: Int { slots.count }
        /// Three quarters of the slots are taken.
        var isFull: Bool { used >= slots.count / 4 * 3 }

        /// The entry with the same subject, or nil.
        func find(_ entry: UInt64) -> UInt64? {
            var index = home(entry)
            for _ in 0..<TwinWindow.probes {
                let other = slots[index]
                if other == 0 { return nil }
                if other >> TwinWindow.idBits == entry >> TwinWindow.idBits { return other }
                index = (index + 1) & (slots.count - 1)
            }
            return nil
        }

        /// The entry with the same subject; adds the new one and answers nil where there is none.
        mutating func findOrAdd(_ entry: UInt64) -> UInt64? {
            var index = home(entry)
            for _ in 0..<TwinWindow.probes {
                let other = slots[index]
                if other == 0 {
                    slots[index] = entry
                    used += 1
                    return nil
                }
                if other >> TwinWindow.idBits == entry >> TwinWindow.idBits { return other }
                index = (index + 1) & (slots.count - 1)
            }
            return nil
        }

        func grown(to size: Int) -> Table {
            var table = Table(slots: size)
            for entry in slots where entry != 0 { _ = table.findOrAdd(entry) }
            return table
        }

        private func home(_ entry: UInt64) -> Int {
            Int(truncatingIfNeeded: entry >> TwinWindow.idBits) & (slots.count - 1)
        }
    }

    /// FNV-1a with a last mixing step. It is no defence against collisions made on purpose: those cost a warning.
    struct Hash {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ bytes: Span<UInt8>) {
            for index in bytes.indices { state = (state ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
            state = (state ^ 0xFF) &* 0x100_0000_01B3
        }

        mutating func add(_ number: UInt64) {
            state = (state ^ (number & 0xFFFF_FFFF)) &* 0x100_0000_01B3
            state = (state ^ (number >> 32)) &* 0x9E37_79B9_7F4A_7C15
            state ^= state >> 29
        }

        var value: UInt64 {
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
