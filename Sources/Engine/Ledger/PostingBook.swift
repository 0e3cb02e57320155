import Journal
import Primitives
import ProgrammeModel

/// Adds up the lines, sums and fees of one batch.
struct PostingBook: Sendable {
    private var total: Posting
    private var lineIndex: [LineKey: Int] = [:]
    private var setIndex: [LineSet: Int] = [:]
    private var statusSums: [StatusSum] = []
    private var sumIndex: [SumKey: Int] = [:]
    private var accepted: Int64 = 0
    private var refused: Int64 = 0
    private var late: Int64 = 0

    private struct SumKey: Hashable {
        var status: RecordStatus
        var unit: CurrencyCode?
    }

    init(window: WindowID) { total = Posting(window: window) }

    var batchLines: History.BatchLines { History.BatchLines(total) }

    /// Adds an accepted record to its lines and answers the index of their set.
    mutating func add(
        _ entry: RecordEntry, lines: [Candidate.Planned.Line], promotion: PromotionID?, hostPoints: Int64
    ) -> Int32 {
        var indexes: [Int] = []
        for line in lines {
            let index = lineIndex[line.key] ?? total.lines.count
            if index == total.lines.count {
                lineIndex[line.key] = index
                total.lines.append(LineTotal(key: line.key))
            }
            indexes.append(index)
            total.lines[index].records += 1
            total.lines[index].units += promotion == nil ? entry.units : line.points
            total.lines[index].points += line.points
            if entry.isLate { total.lines[index].late += 1 }
            if entry.isCarriedOver { total.lines[index].carriedOver += 1 }
        }
        total.hostFunded += hostPoints
        if let day = entry.businessDate { total.latestBusinessDate = max(total.latestBusinessDate ?? day, day) }
        let set = LineSet(lines: indexes, promotion: promotion)
        if let known = setIndex[set] { return Int32(known) }
        setIndex[set] = total.lineSets.count
        total.lineSets.append(set)
        return Int32(total.lineSets.count - 1)
    }

    /// Counts a record of any status.
    mutating func count(_ entry: RecordEntry) {
        let key = SumKey(status: entry.status, unit: entry.unit)
        let index = sumIndex[key] ?? statusSums.count
        if index == statusSums.count {
            sumIndex[key] = index
            statusSums.append(StatusSum(status: entry.status, unit: entry.unit, records: 0, units: 0, points: 0))
        }
        count(entry, inSum: index)
        switch entry.status {
        case .accepted:
            accepted += 1
            if entry.isLate { late += 1 }
        case .refused: refused += 1
        case .duplicate: break
        }
    }

    private mutating func count(_ entry: RecordEntry, inSum index: Int) {
        statusSums[index].records += 1
        // Refused amounts are bounded one by one only: a sum that does not fit stays at the largest number.
        let (units, overflow) = statusSums[index].units.addingReportingOverflow(entry.units)
        statusSums[index].units = overflow ? .max : units
        statusSums[index].points += entry.points
    }

    /// Where records of one line alone count.
    struct Place {
        let line: Int
        let set: Int32
        let sum: Int
    }

    /// The place of records that count on one line and in one sum; nil when none has counted there.
    func place(of key: LineKey, status: RecordStatus, unit: CurrencyCode) -> Place? {
        guard let line = lineIndex[key], let set = setIndex[LineSet(lines: [line])],
            let sum = sumIndex[SumKey(status: status, unit: unit)]
        else { return nil }
        return Place(line: line, set: Int32(set), sum: sum)
    }

    /// Adds and counts an accepted record at its place: the same as `add` and `count`, for a record like one before.
    mutating func add(ordinary entry: RecordEntry, at place: Place) {
        total.lines[place.line].records += 1
        total.lines[place.line].units += entry.units
        total.lines[place.line].points += entry.points
        if entry.isLate { total.lines[place.line].late += 1 }
        if entry.isCarriedOver { total.lines[place.line].carriedOver += 1 }
        if let day = entry.businessDate, day > total.latestBusinessDate ?? day { total.latestBusinessDate = day }
        count(entry, inSum: place.sum)
        accepted += 1
        if entry.isLate { late += 1 }
    }

    var sums: [StatusSum] {
        statusSums.sorted {
            ($0.status.rawValue, $0.unit?.description ?? "") < ($1.status.rawValue, $1.unit?.description ?? "")
        }
    }

    /// The posting with the fees of rule R12; nil when no record was accepted and no fee is due.
    func posting(agreement: Agreement, day: BusinessDate, isFile: Bool) -> Posting? {
        var out = total
        guard let terms = agreement.terms(on: day) ?? agreement.terms.last else { return out.lines.isEmpty ? nil : out }
        let counts: [(FeeKind, Int64)] = [
            (.record, accepted),
            (.late, terms.lateFeeCapPerFile.map { min(late, Int64($0)) } ?? late),
            (.file, isFile ? 1 : 0),
            (.rejected, refused),
        ]
        for (kind, count) in counts where count > 0 {
            guard let fee = agreement.fee(kind, on: day) else { continue }
            out.fees.append(
                FeeCount(
                    partner: agreement.partner, kind: kind, fee: fee.id, tax: terms.tax.hostSupplies, count: count))
        }
        return out.lines.isEmpty && out.lineSets.isEmpty && out.fees.isEmpty ? nil : out
    }
}
