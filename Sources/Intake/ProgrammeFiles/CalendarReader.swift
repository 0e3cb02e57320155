import Primitives
import ProgrammeModel

/// How often a window ends.
enum Frequency: String, CaseIterable {
    case halfMonthly = "HALF_MONTHLY"
    case monthly = "MONTHLY"
    case weekly = "WEEKLY"
    case daily = "DAILY"
}

/// The calendar as its file states it.
struct CalendarDraft {
    enum Windows {
        /// Windows by rule, from a day to a day, cut off at a time of the programme's zone.
        case rule(Frequency, from: BusinessDate, to: BusinessDate, cutoffSecond: Int, spot: Spot)
        /// Windows one by one.
        case list([ListedWindow])
    }

    struct ListedWindow {
        let id: WindowID
        let open: Moment
        let cutoff: Moment
        /// Given value dates; nil leaves them to the settlement rule.
        let valueDates: [WindowDefinition.ValueDate]?
        let spot: Spot
    }

    /// An instant, or a day and time of the programme's zone.
    enum Moment {
        case instant(Timestamp)
        case local(BusinessDate, secondOfDay: Int)

        func resolved(in zone: Zone) -> Timestamp {
            switch self {
            case .instant(let instant): instant
            case .local(let date, let second): LocalTime.instant(date, secondOfDay: second, in: zone)
            }
        }
    }

    /// On which business day, by whose calendars, after how many windows money moves.
    struct Settlement {
        let businessDay: Int
        let settleEvery: Int
        /// Bank calendars by currency, in order of currencies.
        let calendars: [Located<(currency: CurrencyCode, names: [Located<String>])>]
    }

    let windows: Windows
    let settlement: Settlement?
    let spot: Spot
}

/// Reads the key `calendar` of `programme.yaml`.
struct CalendarReader {
    func read(_ field: Field) -> CalendarDraft? {
        guard let map = field.map() else { return nil }
        let settlementField = map.optional("settlement")
        let settlement = settlementField.flatMap(settlement)
        let windows: CalendarDraft.Windows?
        if let list = map.optional("windows") {
            windows = listed(list)
        } else {
            windows = rule(map)
            if settlementField == nil { _ = map.required("settlement") }
        }
        map.finish()
        guard let windows, settlementField == nil || settlement != nil else { return nil }
        return CalendarDraft(windows: windows, settlement: settlement, spot: field.spot)
    }

    private func rule(_ map: MapReader) -> CalendarDraft.Windows? {
        let frequency = map.required("frequency")?.choice(Frequency.self)
        let from = map.required("from")?.date()
        let toField = map.required("to")
        let to = toField?.date()
        let cutoffField = map.optional("cutoff")
        let cutoff = cutoffField.map { $0.timeOfDay() } ?? 0
        guard let frequency, let from, let to, let cutoff else { return nil }
        guard from <= to else {
            toField?.refuse("the last day \(to) lies before the first day \(from)")
            return nil
        }
        return .rule(frequency, from: from, to: to, cutoffSecond: cutoff, spot: map.spot)
    }

    private func listed(_ field: Field) -> CalendarDraft.Windows? {
        let list = VersionList(field) { map -> CalendarDraft.ListedWindow? in
            let id = map.required("id")?.identifier(WindowID.self)
            let open = map.required("open").flatMap(moment)
            let cutoff = map.required("cutoff").flatMap(moment)
            let dates = map.optional("valueDates")
            let valueDates = dates.flatMap(valueDates)
            guard let id, let open, let cutoff, dates == nil || valueDates != nil else { return nil }
            return CalendarDraft.ListedWindow(
                id: id, open: open, cutoff: cutoff, valueDates: valueDates, spot: map.spot)
        }
        if list.items.isEmpty, list.isComplete { field.refuse("a calendar has at least one window") }
        return list.isComplete ? .list(list.values) : nil
    }

    private func moment(_ field: Field) -> CalendarDraft.Moment? {
        guard let text = field.raw("a local time such as 2026-03-01T00:00") else { return nil }
        if let instant = Timestamp(text) { return .instant(instant) }
        let parts = text.split(separator: "T", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let date = BusinessDate(parts[0]), let second = LocalTime.secondOfDay(parts[1]) else {
            field.refuse("expected a local time such as 2026-03-01T00:00, or one with seconds and an offset")
            return nil
        }
        return .local(date, secondOfDay: second)
    }

    private func valueDates(_ field: Field) -> [WindowDefinition.ValueDate]? {
        guard let map = field.map() else { return nil }
        let dates = map.all().compactMap { entry -> WindowDefinition.ValueDate? in
            guard let code = CurrencyCode(entry.value.key), code.minorUnits != nil else {
                map.log.add(.cfg005, entry.spot, value: entry.value.key, detail: "not a currency of ISO 4217")
                return nil
            }
            return entry.value.field.date().map { WindowDefinition.ValueDate(currency: code, date: $0) }
        }
        return dates.sorted { $0.currency < $1.currency }
    }

    private func settlement(_ field: Field) -> CalendarDraft.Settlement? {
        guard let map = field.map() else { return nil }
        let day = map.required("businessDay")?.int(1...30)
        let every = map.optional("settleEvery").map { $0.int(1...100) } ?? 1
        let calendars = map.required("bankCalendars")?.map()
        var byCurrency: [Located<(currency: CurrencyCode, names: [Located<String>])>] = []
        for entry in calendars?.all() ?? [] {
            guard let code = CurrencyCode(entry.value.key), code.minorUnits != nil else {
                map.log.add(.cfg005, entry.spot, value: entry.value.key, detail: "not a currency of ISO 4217")
                continue
            }
            let names = (entry.value.field.items() ?? []).compactMap { item in
                item.raw("the name of a bank calendar").map { Located(value: $0, spot: item.spot) }
            }
            byCurrency.append(Located(value: (code, names), spot: entry.spot))
        }
        calendars?.finish()
        map.finish()
        guard let day, let every, calendars != nil else { return nil }
        return CalendarDraft.Settlement(
            businessDay: day, settleEvery: every,
            calendars: byCurrency.sorted { $0.value.currency < $1.value.currency })
    }
}
