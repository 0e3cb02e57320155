package import FileStore
package import House
package import Journal
package import Ledger
package import OpenSSLKit
package import Primitives
package import ProgrammeModel

/// A house that is looked at: folded from the log without the directory's lock, while a gateway may go on writing, or
/// as a gateway has it at one moment.
package struct HouseReader {
    package let directory: DataDirectory
    package let log: SegmentLog
    package let records: FileRecordStore
    package let originals: OriginalStore
    package let history: History
    package let house: HouseState

    /// Folds the log.
    ///
    /// - Throws: `DataDirectoryError` when there is no data directory, `Fault` when the log is damaged.
    package init(_ path: String) throws {
        directory = try DataDirectory.inspect(path, files: PosixFileSystem())
        log = try directory.openLog(hashing: HouseOpening.hashing)
        records = directory.records(hashing: HouseOpening.hashing)
        originals = directory.originals(hashing: HouseOpening.hashing)
        history = History(facts: log, records: records, identities: directory.identityRuns())
        house = try HouseFold(directory, log: log, history: history).house
    }

    fileprivate init(_ parts: Clearinghouse.Parts, _ house: HouseState) {
        directory = parts.directory
        log = parts.journal
        records = parts.records
        originals = parts.originals
        history = History(facts: log, records: records, identities: parts.identities)
        self.house = house
    }

    /// The house as it was after a fact.
    ///
    /// - Throws: `Fault` when the log is damaged.
    package func house(after sequence: UInt64) throws(Fault) -> HouseState {
        try HouseFold(directory, log: log, history: history, upTo: sequence).house
    }

    /// The instant now, by the house's clock.
    package var now: Timestamp {
        let clock: HouseClock = house.genesis?.clock == .test ? .test : .system
        return clock.now(lastFact: house.lastTime)
    }

    /// A fact of the log.
    ///
    /// - Throws: `Fault` when it is not there or damaged.
    package func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope { try log.fact(sequence) }

    /// The first fact at an instant or after it, or the number that the next fact will have. Facts are in the order of
    /// their times.
    ///
    /// - Throws: `Fault` when the log is damaged.
    package func firstFact(notBefore instant: Timestamp) throws(Fault) -> UInt64 {
        var (low, high) = (UInt64(1), log.lastSequence + 1)
        while low < high {
            let middle = low + (high - low) / 2
            if try fact(middle).time < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The programme in force.
    ///
    /// - Throws: `Refusal` with ACT-004 while there is none.
    package func programme() throws(Refusal) -> Programme {
        guard let programme = house.programme else {
            throw Refusal(.act004, detail: "no programme is loaded; load one with 'coalition programme load'")
        }
        return programme
    }
}

extension Clearinghouse {
    /// The house as it stands, for those who look at it beside the writer.
    ///
    /// - Throws: `Fault` when the house can no longer be told from what is durable.
    package func reader() throws(Fault) -> sending HouseReader {
        try requireWhole()
        return HouseReader(parts, state)
    }

    /// The revocation lists by which signatures are judged now.
    package nonisolated var revocationLists: [RevocationList] { beliefs.now.trust.revocationLists }
}
