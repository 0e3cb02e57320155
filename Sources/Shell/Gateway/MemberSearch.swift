public import FileStore
public import House
public import Journal
import OpenSSLKit
public import Primitives
import ProgrammeModel
import Validation
import Verification

/// Finds the files, messages and answers to statements in which a member's number stands: accepted, refused or not to
/// be read at all.
///
/// Every original and message is read as the intake reads it, and where no record is the member's byte by byte, so that
/// a number in a record that is broken, or in a text that is meant for something else, is found as well.
public struct MemberSearch {
    private let number: [UInt8]
    private let digits: String
    private let log: SegmentLog
    private let originals: OriginalStore
    private let house: HouseState

    /// A file in which the number stands.
    public struct File: Hashable, Sendable {
        /// Its number.
        public let batch: BatchID
        /// The arrival whose bytes they are.
        public let attempt: FileAttempt
        /// How many records can be read and are the member's; the number stands elsewhere when there are none.
        public let records: Int64
        /// Why readers no longer get it; nil while it is open.
        public let withheld: Withholding?
    }

    /// A message in which the number stands.
    public struct Message: Hashable, Sendable {
        /// Its submitter.
        public let partner: PartnerID
        /// Its id.
        public let id: MessageID
        /// The fact that answered it.
        public let sequence: UInt64
        /// What became of its record.
        public let status: RecordStatus
        /// Why readers no longer get it; nil while it is open.
        public let withheld: Withholding?
    }

    /// An answer to a settlement statement in which the number stands, as in the words of a difference. It is a fact:
    /// nothing closes it.
    public struct Answer: Hashable, Sendable {
        /// Who answered.
        public let partner: PartnerID
        /// The statement, such as `STL-W-2026-03B-MARCHE`.
        public let statement: String
        /// The fact that took it.
        public let sequence: UInt64

        /// Names an answer; the parameters are the properties of the same names.
        public init(partner: PartnerID, statement: String, sequence: UInt64) {
            (self.partner, self.statement, self.sequence) = (partner, statement, sequence)
        }
    }

    /// What was gone through.
    public struct Result: Sendable {
        /// The files, in order of partners and numbers.
        public internal(set) var files: [File] = []
        /// The messages, in the order of the log.
        public internal(set) var messages: [Message] = []
        /// The answers to statements, in the order of the log.
        public internal(set) var answers: [Answer] = []
        /// Arrivals whose originals are erased, and cannot be searched.
        public internal(set) var erased = 0
    }

    /// Prepares a search.
    ///
    /// - Parameter digits: 12 to 19 digits; the check digit may be wrong, as in a record that was refused for it.
    /// - Returns: nil when they are not digits of that number.
    public init?(digits: String, log: SegmentLog, originals: OriginalStore, house: HouseState) {
        guard (12...19).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit) else { return nil }
        (self.digits, number) = (digits, Array(digits.utf8))
        (self.log, self.originals, self.house) = (log, originals, house)
    }

    /// Goes through every original, every message and every answer to a statement of the house.
    ///
    /// - Throws: `Fault` when one cannot be read.
    public func run() throws -> Result {
        var result = Result()
        var known: [Digest32: Int64] = [:]
        for partner in Set(house.programmes.flatMap { $0.agreements.map(\.partner) }).sorted() {
            for series in Series.allCases {
                for (batch, history) in house.files.files(of: partner, series: series) {
                    for attempt in history.attempts {
                        guard try originals.contains(attempt.digest) else {
                            result.erased += 1
                            continue
                        }
                        let found = try known[attempt.digest] ?? occurrences(in: attempt)
                        known[attempt.digest] = found
                        guard found >= 0 else { continue }
                        result.files.append(
                            File(
                                batch: batch, attempt: attempt, records: found, withheld: house.withheld(attempt)))
                    }
                }
            }
            result.messages += try messages(of: partner)
        }
        result.messages.sort { $0.sequence < $1.sequence }
        result.answers = try answers()
        return result
    }

    /// The readable records of an original that are the member's; -1 when the number stands nowhere in it.
    private func occurrences(in attempt: FileAttempt) throws -> Int64 {
        let original = try originals.original(attempt.digest)
        var count: Int64 = 0
        if let format = attempt.format {
            try RecordScan.forEach(original, format: format) { outcome in
                if isMembers(outcome) { count += 1 }
                return true
            }
        }
        guard count == 0 else { return count }
        var run = DigitRun(number)
        var offset: Int64 = 0
        while offset < original.size {
            let piece = try original.read(at: offset, count: 256 << 10)
            guard !piece.isEmpty else { break }
            offset += Int64(piece.count)
            if run.isFound(in: piece) { return 0 }
        }
        return run.isFoundAtEnd ? 0 : -1
    }

    private func messages(of partner: PartnerID) throws -> [Message] {
        try house.messages.sequences(of: partner).compactMap { sequence in
            guard case .messageAnswered(let fact) = try log.fact(sequence).fact,
                isIn(message: try log.attachment("message.cms", of: sequence))
            else { return nil }
            return Message(
                partner: partner, id: fact.messageID, sequence: sequence, status: fact.status,
                withheld: house.withheld(batch: sequence))
        }
    }

    private func answers() throws -> [Answer] {
        try house.answers.sequences.compactMap { sequence in
            guard case .statementAnswered(let fact) = try log.fact(sequence).fact,
                isIn(Self.content(of: try log.attachment("answer.cms", of: sequence)))
            else { return nil }
            return Answer(partner: fact.partner, statement: fact.statement, sequence: sequence)
        }
    }

    private static func content(of cms: [UInt8]) -> [UInt8] {
        (try? CMSSignature(ber: cms, maximumBytes: cms.count))?.content ?? cms
    }

    private func isIn(message cms: [UInt8]) -> Bool {
        let content = Self.content(of: cms)
        if let request = try? MessageReader.read(content, hash: { SHA256.digest($0) }),
            case .transaction(let outcome) = request.operation, isMembers(outcome)
        {
            return true
        }
        return isIn(content)
    }

    private func isIn(_ text: [UInt8]) -> Bool {
        var run = DigitRun(number)
        return run.isFound(in: text) || run.isFoundAtEnd
    }

    private func isMembers(_ outcome: RecordOutcome) -> Bool {
        guard case .parsed(let record) = outcome else { return false }
        return record.content.account?.number.digits == digits || record.content.counterAccount == digits
    }
}

/// Looks for a run of digits that is a number and no part of a longer one, in bytes that come piece by piece.
private struct DigitRun {
    private let number: [UInt8]
    private var length = 0
    private var fits = true

    init(_ number: [UInt8]) { self.number = number }

    /// Whether the run that the bytes ended with is the number.
    var isFoundAtEnd: Bool { fits && length == number.count }

    mutating func isFound(in bytes: [UInt8]) -> Bool {
        for byte in bytes {
            guard byte.isDigit else {
                if isFoundAtEnd { return true }
                (length, fits) = (0, true)
                continue
            }
            fits = fits && length < number.count && number[length] == byte
            length += 1
        }
        return false
    }
}
