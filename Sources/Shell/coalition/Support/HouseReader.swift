import FileStore
import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel

/// A house that is looked at: folded from the log without the directory's lock, while a gateway may go on writing.
struct HouseReader {
    let directory: DataDirectory
    let log: SegmentLog
    let records: FileRecordStore
    let originals: OriginalStore
    let history: History
    let house: HouseState

    /// Folds the log.
    ///
    /// - Throws: `DataDirectoryError` when there is no data directory, `Fault` when the log is damaged.
    init(_ path: String) throws {
        directory = try DataDirectory.inspect(path, files: PosixFileSystem())
        log = try directory.openLog(hashing: HouseOpening.hashing)
        records = directory.records(hashing: HouseOpening.hashing)
        originals = directory.originals(hashing: HouseOpening.hashing)
        history = History(facts: log, records: records, identities: directory.identityRuns())
        house = try HouseFold(directory, log: log, history: history).house
    }

    /// The house as it was after a fact.
    ///
    /// - Throws: `Fault` when the log is damaged.
    func house(after sequence: UInt64) throws(Fault) -> HouseState {
        try HouseFold(directory, log: log, history: history, upTo: sequence).house
    }

    /// The instant now, by the house's clock.
    var now: Timestamp {
        let clock: HouseClock = house.genesis?.clock == .test ? .test : .system
        return clock.now(lastFact: house.lastTime)
    }

    /// A fact of the log.
    ///
    /// - Throws: `Fault` when it is not there or damaged.
    func fact(_ sequence: UInt64) throws(Fault) -> FactEnvelope { try log.fact(sequence) }

    /// The programme in force.
    ///
    /// - Throws: `Refusal` with ACT-004 while there is none.
    func programme() throws(Refusal) -> Programme {
        guard let programme = house.programme else {
            throw Refusal(.act004, detail: "no programme is loaded; load one with 'coalition programme load'")
        }
        return programme
    }
}
