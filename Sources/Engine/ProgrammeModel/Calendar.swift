public import Primitives

/// One clearing window of the calendar, resolved to instants. Rule R13 (Specs/rules.md).
public struct WindowDefinition: Hashable, Sendable, Codable {
    /// The window's name.
    public let id: WindowID
    /// The instant from which it takes records.
    public let open: Timestamp
    /// The instant at which it no longer does; the next window opens here.
    public let cutoff: Timestamp
    /// The first day of the window in the programme's zone.
    public let firstDay: BusinessDate
    /// Days on which its settlement is paid, by currency. Without a day for a currency the window settles later.
    public let valueDates: [ValueDate]

    /// A settlement day of a currency.
    public struct ValueDate: Hashable, Sendable, Codable {
        /// The settlement currency.
        public let currency: CurrencyCode
        /// The day on which money moves.
        public let date: BusinessDate

        /// Makes a settlement day.
        public init(currency: CurrencyCode, date: BusinessDate) {
            self.currency = currency
            self.date = date
        }
    }

    /// Makes a window, which must open before it is cut off.
    public init(
        id: WindowID, open: Timestamp, cutoff: Timestamp, firstDay: BusinessDate, valueDates: [ValueDate]
    ) {
        precondition(open < cutoff, "a window opens before its cut-off")
        self.id = id
        self.open = open
        self.cutoff = cutoff
        self.firstDay = firstDay
        self.valueDates = valueDates
    }

    /// The day on which a currency settles, or nil when this window's amounts wait for a later one.
    public func valueDate(_ currency: CurrencyCode) -> BusinessDate? {
        valueDates.first { $0.currency == currency }?.date
    }
}

/// Days on which a bank system is closed, beside Saturdays and Sundays.
public enum BankHolidays {
    /// TARGET's closing days of a year: 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December.
    public static func target(year: Int) -> [BusinessDate] {
        let easter = easterSunday(year: year)
        let fixed = [(1, 1), (5, 1), (12, 25), (12, 26)].compactMap {
            BusinessDate(year: year, month: $0.0, day: $0.1)
        }
        return (fixed + [easter.adding(days: -2), easter.adding(days: 1)]).sorted()
    }

    /// Easter Sunday of the Gregorian calendar, by the anonymous computus of 1876.
    public static func easterSunday(year: Int) -> BusinessDate {
        let a = year % 19
        let (b, c) = year.quotientAndRemainder(dividingBy: 100)
        let (d, e) = b.quotientAndRemainder(dividingBy: 4)
        let g = (b - (b + 8) / 25 + 1) / 3
        let h = (19 * a + b - d - g + 15) % 30
        let (i, k) = c.quotientAndRemainder(dividingBy: 4)
        let l = (32 + 2 * e + 2 * i - h - k) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let n = h + l - 7 * m + 114
        guard let date = BusinessDate(year: year, month: n / 31, day: n % 31 + 1) else {
            preconditionFailure("the computus gives a day of every year")
        }
        return date
    }

    /// The nth business day counted from a day, which is the first one if it is a business day itself.
    ///
    /// - Parameter isHoliday: whether a day, not a Saturday or Sunday, is closed.
    public static func businessDay(
        _ count: Int, from day: BusinessDate, isHoliday: (BusinessDate) -> Bool
    ) -> BusinessDate {
        precondition(count >= 1, "business days are counted from 1")
        var current = day
        var left = count
        while true {
            if current.weekday <= 5, !isHoliday(current) {
                left -= 1
                if left == 0 { return current }
            }
            current = current.adding(days: 1)
        }
    }
}
