package import House
import Journal
package import Primitives
package import ProgrammeModel

/// Who has sent what for a window, and who was expected and has not.
package struct WindowAttendance {
    package let house: HouseState
    package let programme: Programme
    package let window: WindowDefinition
    package let now: Timestamp

    package init(house: HouseState, programme: Programme, window: WindowDefinition, now: Timestamp) {
        self.house = house
        self.programme = programme
        self.window = window
        self.now = now
    }

    /// What a partner has sent for the window, and what it has not.
    package struct Part {
        /// Files that were accepted, at least in part.
        package var accepted = 0
        /// Files that were refused.
        package var refused = 0
        /// Files that are not judged yet.
        package var undecided = 0
        /// Records in all of them.
        package var records: Int64 = 0
        /// When the last one came.
        package var last: Timestamp?
        /// The days whose file was due and has not come, or came late.
        package var missing: [MissingDay] = []
        /// Numbers that were passed over. Code FIL-006.
        package var gaps: [String] = []
    }

    /// A day whose file was due and has not come, or came late.
    package struct MissingDay {
        /// The day.
        package var day: BusinessDate
        /// When it came after all.
        package var late: Timestamp?
    }

    /// One partner's part of the window.
    package func part(_ agreement: Agreement) -> Part {
        var part = Part()
        for (_, history) in house.files.files(of: agreement.partner, series: .live) {
            for attempt in history.attempts where attempt.window == window.id {
                switch attempt.status {
                case .accepted, .partlyAccepted: part.accepted += 1
                case .refused: part.refused += 1
                case nil: part.undecided += 1
                }
                part.records += attempt.entries?.count ?? 0
                part.last = max(part.last ?? attempt.at, attempt.at)
            }
        }
        part.missing = missing(agreement)
        part.gaps = gaps(agreement.partner)
        return part
    }

    /// One partner's part of the window, to be printed.
    package func report(_ agreement: Agreement) -> Report {
        let part = part(agreement)
        var report = Report()
        report.add("partner", agreement.partner)
        if agreement.status != .active { report.add("status", agreement.status.rawValue) }
        report.add("files", part.accepted)
        if part.refused > 0 { report.add("refused files", part.refused) }
        if part.undecided > 0 { report.add("not judged yet", part.undecided) }
        report.add("records in files", part.records)
        if let last = part.last { report.add("last file", programme.zone.format(last)) }
        if let time = agreement.fileExpectedBy {
            report.add("expected daily by", time)
            let days = part.missing.map { missing in
                "\(missing.day)" + (missing.late.map { " (late, \(programme.zone.format($0)))" } ?? "")
            }
            report.add("not arrived", days.isEmpty ? "nothing" : days.joined(separator: ", "))
        } else if part.last == nil {
            report.add("not arrived", "no file so far")
        }
        if !part.gaps.isEmpty { report.add("missing numbers", part.gaps.joined(separator: ", ")) }
        if house.closings[window.id] != nil { report.add("statement", answer(agreement.partner)) }
        return report
    }

    /// What the partner said to its settlement statement, and when.
    package func answer(_ partner: PartnerID) -> String {
        guard let standing = house.answers.standing(of: "STL-\(window.id)-\(partner)") else { return "open" }
        let places = standing.differences == 0 ? "" : " in \(standing.differences)"
        return "\(standing.verdict.rawValue)\(places), \(programme.zone.format(standing.at))"
    }

    /// The days whose file was due and has not come, or came late.
    private func missing(_ agreement: Agreement) -> [MissingDay] {
        guard agreement.status == .active, let time = agreement.fileExpectedBy else { return [] }
        let parts = time.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2 else { return [] }
        let zone = programme.zone(of: agreement.partner)
        func deadline(_ day: BusinessDate) -> Timestamp {
            let second = parts[0] * 3600 + parts[1] * 60
            let guess = Timestamp(date: day, secondOfDay: second, offsetSeconds: zone.offset(at: window.open))
            return Timestamp(date: day, secondOfDay: second, offsetSeconds: zone.offset(at: guess))
        }
        let received = house.files.files(of: agreement.partner, series: .live)
            .flatMap(\.1.attempts).filter { $0.received != nil && $0.status != .refused }.map(\.at).sorted()
        var out: [MissingDay] = []
        var day = zone.date(at: window.open)
        while deadline(day) <= min(now, window.cutoff) {
            let due = deadline(day)
            let before = deadline(day.adding(days: -1))
            let after = deadline(day.adding(days: 1))
            if due > window.open, !received.contains(where: { before < $0 && $0 <= due }) {
                out.append(MissingDay(day: day, late: received.first { due < $0 && $0 <= after }))
            }
            day = day.adding(days: 1)
        }
        return out
    }

    /// Numbers below the highest one that have neither arrived nor been withdrawn. Code FIL-006.
    private func gaps(_ partner: PartnerID) -> [String] {
        guard let last = house.files.files(of: partner, series: .live).last?.0 else { return [] }
        return house.files.gaps(below: last).map { $0.from == $0.to ? "\($0.from)" : "\($0.from) to \($0.to)" }
    }
}
