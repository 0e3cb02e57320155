public import FileStore
public import House
import Journal
public import Primitives

/// Where the evidence of a house is read: a fold of its log at some place, and the stores. Nothing is written.
public struct EvidenceSource {
    /// The log.
    public let log: SegmentLog
    /// The entries of files.
    public let records: FileRecordStore
    /// Files as received, and revocation lists.
    public let originals: OriginalStore
    /// The keys of salts.
    public let keys: BatchKeys
    /// The house as it stands.
    public let house: HouseState

    /// Joins the parts; the parameters are the properties of the same names.
    public init(
        log: SegmentLog, records: FileRecordStore, originals: OriginalStore, keys: BatchKeys, house: HouseState
    ) {
        self.log = log
        self.records = records
        self.originals = originals
        self.keys = keys
        self.house = house
    }

    /// A sealed batch that may be shown whole; nil when it is closed, or the key of its salts is gone.
    ///
    /// - Throws: `Fault` when the log or a store is damaged.
    public func batch(sealedBy sequence: UInt64) throws(Fault) -> SealedBatch? {
        guard let batch = try maskable(sealedBy: sequence), house.withheld(batch: batch.seal.received) == nil else {
            return nil
        }
        return batch
    }

    /// A sealed batch of which masked leaves may be shown, which say nothing of members; nil when its key is gone.
    ///
    /// - Throws: `Fault` when the log or a store is damaged.
    public func maskable(sealedBy sequence: UInt64) throws(Fault) -> SealedBatch? {
        try SealedBatch(sealedBy: sequence, log: log, records: records, keys: keys, house: house)
    }

    /// What is kept of a sealed batch whose key was erased; nil when nothing is.
    ///
    /// - Throws: `Fault` when the log or a store is damaged.
    public func erased(sealedBy sequence: UInt64) throws(Fault) -> ErasedBatch? {
        try ErasedBatch(sealedBy: sequence, log: log, records: records)
    }

    /// The leaves of a sealed batch that is erased or closed; nil when none are kept and none can be made.
    ///
    /// - Throws: `Fault` when the log or a store is damaged.
    public func leaves(sealedBy sequence: UInt64) throws(Fault) -> WithheldBatch? {
        if let batch = try erased(sealedBy: sequence) { return .erased(batch) }
        return try maskable(sealedBy: sequence).map { .closed($0) }
    }
}
