import Primitives
import TestKit
import Testing

@Suite struct BusinessDateTests {
    /// Steps a calendar day by day from a known Monday, by the rule for leap years alone: no formula is shared.
    @Test("every day from 1900 to 2100 has its number, its weekday and its text")
    func everyDay() throws {
        var (year, month, day, weekday) = (1900, 1, 1, 1)
        var number: Int32 = -25_567
        while year <= 2100 {
            let date = try #require(BusinessDate(year: year, month: month, day: day))
            let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            guard date.daysSince1970 == number, date.weekday == weekday, date.parts == (year, month, day),
                date.description == text, BusinessDate(text) == date, BusinessDate(daysSince1970: number) == date
            else {
                Issue.record("\(text) is \(date), day \(date.daysSince1970), weekday \(date.weekday)")
                return
            }
            number += 1
            weekday = weekday == 7 ? 1 : weekday + 1
            day += 1
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            if day > length { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
        #expect(number == 47_847)
    }

    @Test(
        "days fall on the weekdays that history knows",
        arguments: [
            ("1789-07-14", 2), ("1900-01-01", 1), ("1969-07-20", 7), ("1970-01-01", 4), ("2000-02-29", 2),
            ("2026-03-16", 1), ("2100-02-28", 7), ("2100-03-01", 1), ("0001-01-01", 1), ("9999-12-31", 5),
        ])
    func weekdays(text: String, weekday: Int) throws {
        #expect(try #require(BusinessDate(text)).weekday == weekday)
    }

    @Test("the first and the last day there is")
    func ends() throws {
        #expect(BusinessDate("0001-01-01")?.daysSince1970 == -719_162)
        #expect(BusinessDate("9999-12-31") == .distantFuture)
        #expect(BusinessDate.distantFuture.description == "9999-12-31")
    }

    @Test(
        "what is no day is not read",
        arguments: [
            "", "2026-02-29", "2100-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
            "0000-01-01", "2026-1-1", "2026-01-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01",
            "2026-01-01T00:00:00Z", "+026-01-01", "-026-01-01", "2026-0x-01", "２026-01-01", "2026-01-０1", "20260101",
            "2026-01-32",
        ])
    func rejects(text: String) { #expect(BusinessDate(text) == nil) }

    @Test("parts that are no day make none")
    func badParts() {
        #expect(BusinessDate(year: 2026, month: 2, day: 29) == nil)
        #expect(BusinessDate(year: 2024, month: 2, day: 29) != nil)
        #expect(BusinessDate(year: 10_000, month: 1, day: 1) == nil)
        #expect(BusinessDate(year: 2026, month: 6, day: 31) == nil)
        #expect(BusinessDate(year: 2026, month: 6, day: -1) == nil)
    }

    @Test("adding days and counting them are each other's opposite")
    func arithmetic() throws {
        var random = SeededGenerator.printed(for: "BusinessDateTests.arithmetic")
        let start = try #require(BusinessDate("2026-03-16"))
        #expect(start.adding(days: 16).description == "2026-04-01")
        #expect(start.adding(days: -16).description == "2026-02-28")
        for _ in 0..<1000 {
            let days = Int.random(in: -40_000...40_000, using: &random)
            #expect(start.adding(days: days).days(since: start) == days)
            #expect((start.adding(days: days) < start) == (days < 0))
        }
    }

    @Test("a span holds both its ends and never runs backwards")
    func spans() throws {
        let (first, last) = (try #require(BusinessDate("2026-03-01")), try #require(BusinessDate("2026-03-24")))
        let span = try #require(DateSpan(from: first, to: last))
        #expect(span.contains(first) && span.contains(last))
        #expect(!span.contains(first.adding(days: -1)) && !span.contains(last.adding(days: 1)))
        #expect(DateSpan(from: last, to: first) == nil)
        #expect(DateSpan(from: first, to: first)?.contains(first) == true)
        let next = try #require(DateSpan(from: last.adding(days: 1), to: .distantFuture))
        #expect(!span.overlaps(next) && !next.overlaps(span))
        let touching = try #require(DateSpan(from: last, to: last))
        #expect(span.overlaps(touching) && touching.overlaps(span))
        #expect(span.description == "2026-03-01 to 2026-03-24")
        #expect(next.description == "from 2026-03-25")
    }
}
