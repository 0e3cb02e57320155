import Primitives

/// Counts the records of a file and adds up their amounts, and compares both with what the file declares.
struct BatchTally {
    private let limit: Int
    private var sums: [CurrencyCode: Int128] = [:]
    private var last: CurrencyCode?
    private var lastSum: Int128 = 0
    private(set) var records = 0
    private var refused = 0
    private var unreadable = 0

    init(limits: Limits) { limit = limits.recordsPerFile }

    /// The number of the next record.
    ///
    /// - Throws: `Refusal` with SYN-005 when there are more than the limit allows.
    mutating func begin(line: Int, offset: Int64) throws(Refusal) -> Int {
        records += 1
        guard records <= limit else {
            throw Refusal(
                .syn005, at: Finding.Place(record: records, line: line, offset: offset),
                detail: "a file has at most \(limit) records")
        }
        return records
    }

    /// Whether another record is within the limit.
    var hasRoom: Bool { records < limit }

    /// Counts the next record, an ordinary one; there must be room for it.
    mutating func count(_ record: OrdinaryRecord) {
        records += 1
        add(record.unit, record.units)
    }

    /// Refuses a declared number of records that is above the limit, before they are read.
    func checkDeclared(_ header: BatchHeader) throws(Refusal) {
        guard let declared = header.declared, declared.records > limit else { return }
        throw Refusal(
            .syn005, at: Finding.Place(field: HeaderField.numberOfTransactions.name), value: String(declared.records),
            detail: "a file has at most \(limit) records")
    }

    /// Counts a record.
    mutating func count(_ outcome: RecordOutcome) {
        switch outcome {
        case .parsed(let record): add(record.content.unit, record.content.units)
        case .refused(let record):
            refused += 1
            if let amount = record.amount { add(amount.unit, amount.units) } else { unreadable += 1 }
        }
    }

    private mutating func add(_ unit: CurrencyCode, _ units: Int64) {
        if unit != last {
            flush()
            last = unit
        }
        lastSum += Int128(units)
    }

    private mutating func flush() {
        if let last { sums[last, default: 0] += lastSum }
        lastSum = 0
    }

    /// Compares what was found with what was declared.
    mutating func summary(header: BatchHeader, declared: BatchTotals, bytes: Int64) -> BatchSummary {
        flush()
        var findings: [Finding] = []
        if declared.records != records {
            findings.append(
                Finding(
                    .fil002, at: Finding.Place(field: HeaderField.numberOfTransactions.name),
                    value: String(declared.records), detail: "\(declared.records) declared, \(records) found"))
        }
        // A sum over some of the records says nothing about a declared sum over all of them.
        if unreadable == 0 {
            for unit in Set(declared.sums.keys).union(sums.keys).sorted() {
                let (said, found) = (declared.sums[unit], sums[unit] ?? 0)
                if said == found { continue }
                let text = said.map { BatchTotals.text($0, unit) } ?? "nothing"
                findings.append(
                    Finding(
                        .fil003, at: Finding.Place(field: HeaderField.controlSum.name), value: said == nil ? "" : text,
                        detail: "\(unit): \(text) declared, \(BatchTotals.text(found, unit)) found"))
            }
        }
        return BatchSummary(
            header: header, declared: declared, found: BatchTotals(records: records, sums: sums),
            allAmountsReadable: unreadable == 0, refused: refused, bytes: bytes, findings: findings)
    }
}
