import Primitives
import ProgrammeModel

/// Closing days of bank systems by name; TARGET is computed once a year.
struct HolidayTable {
    static let target = "TARGET"
    private let listed: [String: Set<BusinessDate>]
    private var targetDays: [Int: Set<BusinessDate>] = [:]

    init(_ listed: [String: [BusinessDate]]) {
        self.listed = listed.mapValues(Set.init)
    }

    func knows(_ name: String) -> Bool { name == Self.target || listed[name] != nil }

    mutating func isClosed(_ day: BusinessDate, _ names: [String]) -> Bool {
        for name in names {
            if name != Self.target {
                if listed[name]?.contains(day) == true { return true }
                continue
            }
            let year = day.parts.year
            let days = targetDays[year] ?? Set(BankHolidays.target(year: year))
            targetDays[year] = days
            if days.contains(day) { return true }
        }
        return false
    }
}

/// Resolves a calendar to windows with instants and value dates. Rules R8 and R13 (Specs/rules.md).
///
/// A window runs from its first day's cut-off time to the next window's first day's cut-off time. Its value date is the
/// nth business day counted from the day of its cut-off, which counts as the first if it is a business day itself.
struct CalendarResolver {
    let zone: Zone
    var holidays: HolidayTable
    let log: FindingLog

    init(zone: Zone, bankCalendars: [String: [BusinessDate]], log: FindingLog) {
        self.zone = zone
        self.holidays = HolidayTable(bankCalendars)
        self.log = log
    }

    /// The windows; empty after a finding that leaves none.
    mutating func windows(_ draft: CalendarDraft) -> [WindowDefinition] {
        for calendar in draft.settlement?.calendars ?? [] {
            if calendar.value.names.isEmpty {
                log.add(
                    .cfg005, calendar.spot, value: calendar.value.currency.description,
                    detail: "a currency settles by at least one bank calendar")
            }
            for name in calendar.value.names where !holidays.knows(name.value) {
                log.add(.cfg006, name.spot, value: name.value, detail: "no such bank calendar")
            }
        }
        switch draft.windows {
        case .rule(let frequency, let from, let to, let cutoff, let spot):
            return ruled(frequency, from: from, to: to, cutoffSecond: cutoff, spot: spot, draft.settlement)
        case .list(let windows):
            return listed(windows, draft.settlement)
        }
    }

    private mutating func ruled(
        _ frequency: Frequency, from: BusinessDate, to: BusinessDate, cutoffSecond: Int, spot: Spot,
        _ settlement: CalendarDraft.Settlement?
    ) -> [WindowDefinition] {
        let years = ProgrammeLimits.years
        guard years.contains(from.parts.year), to.parts.year < years.upperBound else {
            log.add(
                .cfg005, spot, detail: "a calendar lies within the years \(years.lowerBound) to \(years.upperBound - 1)"
            )
            return []
        }
        for (day, key) in [(from, "from"), (to.adding(days: 1), "to")] where !frequency.begins(on: day) {
            log.add(
                .cfg005, spot, value: key == "to" ? to.description : from.description,
                detail: "'\(key)' is not where a \(frequency.rawValue) window \(key == "to" ? "ends" : "begins")")
            return []
        }
        var out: [WindowDefinition] = []
        var first = from
        while first <= to {
            guard out.count < ProgrammeLimits.windows else {
                log.add(.cfg005, spot, detail: "a calendar has at most \(ProgrammeLimits.windows) windows")
                return []
            }
            let next = frequency.next(after: first)
            let open = LocalTime.instant(first, secondOfDay: cutoffSecond, in: zone)
            let cutoff = LocalTime.instant(next, secondOfDay: cutoffSecond, in: zone)
            let dates = valueDates(cutoff: cutoff, number: out.count + 1, settlement)
            guard let id = try? WindowID(frequency.name(of: first)), open < cutoff else { return [] }
            out.append(
                WindowDefinition(id: id, open: open, cutoff: cutoff, firstDay: zone.date(at: open), valueDates: dates))
            first = next
        }
        return out
    }

    private mutating func listed(
        _ windows: [CalendarDraft.ListedWindow], _ settlement: CalendarDraft.Settlement?
    ) -> [WindowDefinition] {
        guard windows.count <= ProgrammeLimits.windows else {
            if let spot = windows.first?.spot {
                log.add(.cfg005, spot, detail: "a calendar has at most \(ProgrammeLimits.windows) windows")
            }
            return []
        }
        var out: [WindowDefinition] = []
        var names: [WindowID: Int] = [:]
        for window in windows {
            let (open, cutoff) = (window.open.resolved(in: zone), window.cutoff.resolved(in: zone))
            guard open < cutoff else {
                log.add(.cfg005, window.spot, value: window.id.text, detail: "a window opens before its cut-off")
                continue
            }
            if let line = names.updateValue(window.spot.line, forKey: window.id) {
                log.add(
                    .cfg005, window.spot, value: window.id.text,
                    detail: "the window's id stands already on line \(line)")
            }
            if let previous = out.last, previous.cutoff != open {
                let kind = previous.cutoff < open ? "leaves a gap after" : "overlaps"
                log.add(
                    .cfg001, window.spot, value: window.id.text,
                    detail: "\(window.id) opens at \(zone.format(open)) and \(kind) \(previous.id),"
                        + " which ends at \(zone.format(previous.cutoff))")
            }
            let dates = window.valueDates ?? valueDates(cutoff: cutoff, number: out.count + 1, settlement)
            let cutoffDay = zone.date(at: cutoff)
            for date in dates where date.date < cutoffDay {
                log.add(
                    .cfg005, window.spot, value: date.date.description,
                    detail: "\(window.id) settles \(date.currency) before its cut-off day \(cutoffDay)")
            }
            out.append(
                WindowDefinition(
                    id: window.id, open: open, cutoff: cutoff, firstDay: zone.date(at: open), valueDates: dates))
        }
        return out
    }

    /// Value dates by currency; none for a window whose amounts wait for a later window's settlement.
    private mutating func valueDates(
        cutoff: Timestamp, number: Int, _ settlement: CalendarDraft.Settlement?
    ) -> [WindowDefinition.ValueDate] {
        guard let settlement, number % settlement.settleEvery == 0 else { return [] }
        let day = zone.date(at: cutoff)
        var out: [WindowDefinition.ValueDate] = []
        var table = holidays
        for calendar in settlement.calendars {
            let names = calendar.value.names.map(\.value)
            let date = BankHolidays.businessDay(settlement.businessDay, from: day) { table.isClosed($0, names) }
            out.append(WindowDefinition.ValueDate(currency: calendar.value.currency, date: date))
        }
        holidays = table
        return out
    }
}

extension Frequency {
    /// Whether a window can begin on a day.
    func begins(on day: BusinessDate) -> Bool {
        switch self {
        case .halfMonthly: day.parts.day == 1 || day.parts.day == 16
        case .monthly: day.parts.day == 1
        case .weekly: day.weekday == 1
        case .daily: true
        }
    }

    /// The first day of the window after the one that begins on a day.
    func next(after first: BusinessDate) -> BusinessDate {
        let (year, month, day) = first.parts
        let length = BusinessDate.length(ofMonth: month, year: year)
        switch self {
        case .halfMonthly: return first.adding(days: day == 1 ? 15 : length - 15)
        case .monthly: return first.adding(days: length)
        case .weekly: return first.adding(days: 7)
        case .daily: return first.adding(days: 1)
        }
    }

    /// The name of the window that begins on a day: `W-2026-03A`, `W-2026-03`, `W-2026-W12` (ISO 8601), `W-2026-03-18`.
    func name(of first: BusinessDate) -> String {
        let (year, month, day) = first.parts
        let monthName = "W-\(Padding.zeros(year, 4))-\(Padding.zeros(month, 2))"
        switch self {
        case .halfMonthly: return monthName + (day == 1 ? "A" : "B")
        case .monthly: return monthName
        case .daily: return "\(monthName)-\(Padding.zeros(day, 2))"
        case .weekly:
            // The week belongs to the year of its Thursday.
            let thursday = first.adding(days: 3)
            let weekYear = thursday.parts.year
            let dayOfYear = thursday.days(since: BusinessDate(year: weekYear, month: 1, day: 1) ?? thursday)
            return "W-\(Padding.zeros(weekYear, 4))-W\(Padding.zeros(dayOfYear / 7 + 1, 2))"
        }
    }
}
