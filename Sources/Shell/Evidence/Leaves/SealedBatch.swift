public import FileStore
public import House
public import Journal
public import Ledger
import OpenSSLKit
public import Primitives
import ProgrammeModel

/// A file or message whose records are sealed, with everything that its leaves are made of.
public final class SealedBatch {
    /// The seal.
    public let seal: RecordsSeal
    /// The fact that is the seal.
    public let sequence: UInt64
    /// The lines that its records count on.
    public let lines: History.BatchLines
    /// Makes its leaves.
    public let sealer: RecordSealer
    /// What does not follow from entries.
    public let shares: SharesTable
    private let source: Source
    private let tree: SealedTree

    /// Where entries are read.
    private enum Source {
        case file(FileRecordStore, EntriesReference?)
        case message(RecordEntry, LeafDetail)
    }

    /// Whether a batch is a message.
    public var isMessage: Bool { seal.batch == nil }

    /// Takes a batch by the fact of its seal.
    ///
    /// - Returns: nil when the key of its salts is gone.
    /// - Throws: `Fault` when the log or a store does not hold what the seal refers to.
    public init?(
        sealedBy sequence: UInt64, log: SegmentLog, records: FileRecordStore, keys: BatchKeys, house: HouseState
    ) throws(Fault) {
        guard case .sealed(.records(let seal)) = try log.fact(sequence).fact else {
            throw Fault("fact \(sequence) seals no records")
        }
        self.seal = seal
        self.sequence = sequence
        guard let key = try LeafKeys.key(of: seal.received, isMessage: seal.batch == nil, keys) else { return nil }
        func kept(_ name: String) throws(Fault) -> [UInt8] {
            guard seal.attachments.contains(where: { $0.name == name }) else { return [] }
            return try log.attachment(name, of: sequence)
        }
        tree = SealedTree(seal, sequence: sequence, nodes: try kept("nodes.bin"))
        guard let shares = SharesTable(bytes: try kept("shares.bin")) else {
            throw Fault("fact \(sequence): shares.bin is not a table")
        }
        self.shares = shares
        // The seal stands right behind the fact that posts.
        let posting: Posting?
        let version: Int
        switch try log.fact(sequence - 1).fact {
        case .fileDecided(let fact):
            posting = fact.posting
            version = house.files.find(received: seal.received)?.attempt.programmeVersion ?? 0
            source = .file(records, fact.entries)
        case .messageAnswered(let fact):
            guard let entry = fact.entry else { throw Fault("fact \(sequence - 1) accepted no record") }
            posting = fact.posting
            version = fact.programmeVersion
            source = .message(entry, fact.detail ?? SharesTable.plain(entry))
        default: throw Fault("fact \(sequence) does not stand behind the fact that it seals")
        }
        guard let programme = house.programme(version: version) else {
            throw Fault("the programme of fact \(sequence) is not in the log")
        }
        lines = History.BatchLines(posting ?? Posting(window: seal.window))
        sealer = LeafKeys.sealer(key: key, window: seal.window, programme, house.ledger.catalogue)
        sealer.note(lines)
    }

    /// Calls the closure with each entry in order, and what its leaf says beyond it.
    ///
    /// - Throws: `Fault` when the entries are not those of the seal's fact; what the closure throws.
    public func forEach(_ body: (RecordEntry, LeafDetail) throws(Fault) -> Void) throws(Fault) {
        switch source {
        case .file(let records, let reference):
            guard let reference else { return }
            try records.forEach(batch: seal.received, reference: reference) { (entry) throws(Fault) in
                try body(entry, shares.detail(of: entry))
            }
        case .message(let entry, let detail): try body(entry, detail)
        }
    }

    /// An entry and what its leaf says beyond it.
    ///
    /// - Throws: `Fault` when there is none.
    public func record(_ number: UInt32) throws(Fault) -> (entry: RecordEntry, detail: LeafDetail) {
        switch source {
        case .file(let records, _):
            let entry = try records.entry(at: RecordLocation(batch: seal.received, record: number))
            return (entry, shares.detail(of: entry))
        case .message(let entry, let detail):
            guard number == 1 else { throw Fault("a message has one record") }
            return (entry, detail)
        }
    }

    /// The inclusion path of a record in the seal's tree: its 256 neighbours are read, the rest is kept.
    ///
    /// - Throws: `Fault` when entries cannot be read.
    public func path(of number: UInt32) throws(Fault) -> [Digest32] {
        try tree.path(of: UInt64(number) - 1) { (index) throws(Fault) in
            let (entry, detail) = try record(UInt32(index) + 1)
            return sealer.leafHash(entry, detail)
        }
    }
}
