import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import TestKit
import Testing

private let host = "programme.yaml"

@Suite struct CalendarTests {
    /// The golden programme with another calendar: the rule's lines replaced.
    private func draft(
        _ frequency: String, from: String, to: String, cutoff: String = "00:00", zone: String = "Europe/Paris",
        every: Int = 1
    ) -> Draft {
        Draft.golden.replacing("HALF_MONTHLY", with: frequency, in: host)
            .replacing("from: 2026-03-01", with: "from: \(from)", in: host)
            .replacing("to: 2026-12-31", with: "to: \(to)", in: host)
            .replacing("cutoff: 00:00", with: "cutoff: \(cutoff)", in: host)
            .replacing("zone: Europe/Paris", with: "zone: \(zone)", in: host)
            .replacing("settleEvery: 1", with: "settleEvery: \(every)", in: host)
    }

    private func hours(_ window: WindowDefinition) -> Int64 {
        (window.cutoff.milliseconds - window.open.milliseconds) / 3_600_000
    }

    @Test(
        "TARGET is closed on its known days",
        arguments: [
            // European Central Bank, long-term calendar for TARGET closing days.
            (2020, "2020-04-10", "2020-04-13"), (2021, "2021-04-02", "2021-04-05"), (2022, "2022-04-15", "2022-04-18"),
            (2023, "2023-04-07", "2023-04-10"), (2024, "2024-03-29", "2024-04-01"), (2025, "2025-04-18", "2025-04-21"),
            (2026, "2026-04-03", "2026-04-06"), (2027, "2027-03-26", "2027-03-29"), (2028, "2028-04-14", "2028-04-17"),
            (2030, "2030-04-19", "2030-04-22"), (2038, "2038-04-23", "2038-04-26"), (2049, "2049-04-16", "2049-04-19"),
        ])
    func target(_ year: Int, _ friday: String, _ monday: String) {
        let days = BankHolidays.target(year: year).map(\.description)
        #expect(days == ["\(year)-01-01", friday, monday, "\(year)-05-01", "\(year)-12-25", "\(year)-12-26"].sorted())
    }

    @Test("the nth business day counts from the cut-off day, past weekends, TARGET days and listed days")
    func valueDates() throws {
        let programme = try draft("MONTHLY", from: "2026-01-01", to: "2026-12-31").programme()
        let eur = try #require(CurrencyCode("EUR"))
        let tnd = try #require(CurrencyCode("TND"))
        let dates = Dictionary(uniqueKeysWithValues: programme.windows.map { ($0.id.text, $0) })
        // Cut-off on 1 April: 1, 2, then Good Friday to Easter Monday closed, 7 April.
        #expect(dates["W-2026-03"]?.valueDate(eur)?.description == "2026-04-07")
        // Cut-off on 1 May, a closing day: 4, 5, 6 May.
        #expect(dates["W-2026-04"]?.valueDate(eur)?.description == "2026-05-06")
        // Cut-off on 1 January 2027: 4, 5, 6 January.
        #expect(dates["W-2026-12"]?.valueDate(eur)?.description == "2027-01-06")
        // Cut-off on Saturday 1 August: 3, 4, 5.
        #expect(dates["W-2026-07"]?.valueDate(eur)?.description == "2026-08-05")
        #expect(programme.windows.allSatisfy { $0.valueDate(tnd) != nil })
        let weekly = try draft("WEEKLY", from: "2026-03-02", to: "2026-04-12").programme()
        let march = try #require(weekly.windows.first { $0.id.text == "W-2026-W11" })
        // Cut-off on Monday 16 March: the 18th for both; a week later 23, 24, 25.
        #expect(march.valueDate(tnd)?.description == "2026-03-18")
        let april = try #require(weekly.windows.first { $0.id.text == "W-2026-W14" })
        // Cut-off on Easter Monday: 7, 8, 9 for the euro; the 9th is a holiday in Tunis.
        #expect(april.valueDate(eur)?.description == "2026-04-09")
        #expect(april.valueDate(tnd)?.description == "2026-04-10")
    }

    @Test(
        "windows have names by their frequency",
        arguments: [
            ("MONTHLY", "2026-03-01", "2027-02-28", "W-2026-03", "W-2027-02", 12),
            ("HALF_MONTHLY", "2026-02-16", "2026-03-15", "W-2026-02B", "W-2026-03A", 2),
            ("DAILY", "2026-03-18", "2026-04-02", "W-2026-03-18", "W-2026-04-02", 16),
            ("WEEKLY", "2025-12-29", "2026-03-22", "W-2026-W01", "W-2026-W12", 12),
            ("WEEKLY", "2026-12-28", "2027-01-10", "W-2026-W53", "W-2027-W01", 2),
        ])
    func names(_ frequency: String, _ from: String, _ to: String, _ first: String, _ last: String, _ count: Int) throws
    {
        let windows = try draft(frequency, from: from, to: to).programme().windows
        #expect(windows.first?.id.text == first)
        #expect(windows.last?.id.text == last)
        #expect(windows.count == count)
        #expect(windows.first?.firstDay.description == from)
        #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.cutoff == $1.open })
    }

    @Test(
        "a calendar begins and ends where its windows do",
        arguments: [
            ("MONTHLY", "2026-03-16", "2026-12-31"), ("MONTHLY", "2026-03-01", "2026-12-30"),
            ("HALF_MONTHLY", "2026-03-15", "2026-12-31"), ("WEEKLY", "2026-03-01", "2026-03-08"),
            ("WEEKLY", "2026-03-02", "2026-03-07"), ("DAILY", "2026-03-02", "2026-03-01"),
        ])
    func edges(_ frequency: String, _ from: String, _ to: String) {
        let (programme, findings) = draft(frequency, from: from, to: to).check()
        #expect(programme == nil)
        #expect(findings.map(\.code) == [.cfg005])
    }

    @Test("the day on which clocks go forward has 23 hours, the one on which they go back 25")
    func summerTime() throws {
        let windows = try draft("DAILY", from: "2026-03-01", to: "2026-12-31").programme().windows
        let lengths = Dictionary(uniqueKeysWithValues: windows.map { ($0.id.text, hours($0)) })
        #expect(lengths["W-2026-03-29"] == 23)
        #expect(lengths["W-2026-10-25"] == 25)
        #expect(lengths.values.count { $0 == 24 } == lengths.count - 2)
        let spring = try #require(windows.first { $0.id.text == "W-2026-03-29" })
        #expect(spring.open == Timestamp("2026-03-28T23:00:00Z"))
        #expect(spring.cutoff == Timestamp("2026-03-29T22:00:00Z"))
    }

    @Test("a cut-off that clocks never show is the instant of their change, one that they show twice the first")
    func missingAndDoubleTimes() throws {
        let windows = try draft("DAILY", from: "2026-03-01", to: "2026-12-31", cutoff: "02:30").programme().windows
        let opens = Dictionary(uniqueKeysWithValues: windows.map { ($0.id.text, $0.open) })
        #expect(opens["W-2026-03-28"] == Timestamp("2026-03-28T01:30:00Z"))
        #expect(opens["W-2026-03-29"] == Timestamp("2026-03-29T01:00:00Z"))
        #expect(opens["W-2026-03-30"] == Timestamp("2026-03-30T00:30:00Z"))
        #expect(opens["W-2026-10-25"] == Timestamp("2026-10-25T00:30:00Z"))
        #expect(opens["W-2026-10-26"] == Timestamp("2026-10-26T01:30:00Z"))
        #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.cutoff == $1.open })
        // In Lisbon's islands clocks go forward at midnight itself.
        let azores = try draft("DAILY", from: "2026-03-01", to: "2026-12-31", zone: "Atlantic/Azores").programme()
        let jump = try #require(azores.windows.first { $0.id.text == "W-2026-03-29" })
        #expect(jump.open == Timestamp("2026-03-29T01:00:00Z"))
        #expect(hours(jump) == 23)
    }

    @Test("with settleEvery, only each nth window has value dates")
    func settleEvery() throws {
        let windows = try draft("HALF_MONTHLY", from: "2026-03-01", to: "2026-08-31", every: 2).programme().windows
        #expect(windows.map { $0.valueDates.isEmpty } == (0..<12).map { $0 % 2 == 0 })
        #expect(
            windows.map(\.id.text).enumerated().filter { $0.offset % 2 == 1 }.allSatisfy { $0.element.hasSuffix("B") })
    }

    private static let rule = """
          frequency: HALF_MONTHLY
          from: 2026-03-01
          to: 2026-12-31
          cutoff: 00:00

        """

    private func listed(_ windows: String) -> Draft { Draft.golden.replacing(Self.rule, with: windows, in: host) }

    @Test("windows can be listed, with local times, instants and value dates of their own")
    func list() throws {
        let windows = try listed(
            """
              windows:
                - id: W-X1
                  open: 2026-03-01T00:00
                  cutoff: 2026-03-10T12:00:00+01:00
                - id: W-X2
                  open: 2026-03-10T12:00
                  cutoff: 2026-04-01T00:00
                  valueDates: {EUR: 2026-04-15}

            """
        ).programme().windows
        #expect(windows.map(\.id.text) == ["W-X1", "W-X2"])
        #expect(windows.first?.valueDates.map { "\($0.currency) \($0.date)" } == ["EUR 2026-03-12", "TND 2026-03-12"])
        #expect(windows.last?.valueDates.map { "\($0.currency) \($0.date)" } == ["EUR 2026-04-15"])
        #expect(windows.last?.cutoff == Timestamp("2026-03-31T22:00:00Z"))
    }

    @Test("names of windows leave room for the end-to-end ids of instructions", arguments: [(16, 0), (17, 1)])
    func longNames(_ length: Int, _ count: Int) {
        // STL-, the window, -BANQUE-EUR-R99: 35 characters are what a bank takes.
        let id = "W-" + String(repeating: "X", count: length - 2)
        let (_, findings) = listed(
            """
              windows:
                - id: \(id)
                  open: 2026-03-01T00:00
                  cutoff: 2026-12-31T00:00
                  valueDates: {EUR: 2027-01-04, TND: 2027-01-04}

            """
        ).check()
        #expect(findings.filter { $0.value == id }.map(\.code) == [ReasonCode](repeating: .cfg005, count: count))
    }

    @Test("listed windows that leave a gap or overlap are CFG-001 at their lines")
    func gaps() {
        let draft = listed(
            """
              windows:
                - {id: W-1, open: 2026-03-01T00:00, cutoff: 2026-03-10T00:00}
                - {id: W-2, open: 2026-03-11T00:00, cutoff: 2026-03-20T00:00}
                - {id: W-3, open: 2026-03-19T00:00, cutoff: 2026-03-30T00:00}
                - {id: W-1, open: 2026-03-30T00:00, cutoff: 2026-03-29T00:00}
                - {id: W-2, open: 2026-03-30T00:00, cutoff: 2026-04-29T00:00, valueDates: {EUR: 2026-04-01}}

            """)
        let findings = draft.check().findings
        let line = draft.line(of: "{id: W-1", in: host)
        let expected = [
            "CFG-001 \(line + 1)", "CFG-001 \(line + 2)", "CFG-005 \(line + 3)", "CFG-005 \(line + 4)",
            "CFG-005 \(line + 4)",
        ]
        #expect(findings.map { "\($0.code) \($0.place.line)" } == expected, "\(findings)")
    }
}

@Suite(.ownThreads) struct ZoneTests {
    private static let names = [
        "Europe/Paris", "Africa/Tunis", "Indian/Reunion", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
        "America/Sao_Paulo", "Pacific/Apia", "Asia/Pyongyang", "UTC",
    ]

    @Test("offsets agree with another program's zone data, change for change", arguments: names)
    func offsets(_ name: String) throws {
        // Python's zoneinfo, every six hours to 2037 and then monthly to 2060.
        let script = """
            import sys
            from datetime import datetime, timezone, timedelta
            from zoneinfo import ZoneInfo
            z = ZoneInfo(sys.argv[1]); t = datetime(2000, 1, 1, tzinfo=timezone.utc); last = None
            while t.year < 2061:
                o = int(t.astimezone(z).utcoffset().total_seconds())
                if o != last: print(int(t.timestamp()), o); last = o
                t += timedelta(hours=6)
            """
        let zone = try #require(TimeZones.resolve(name))
        #expect(zone.name == name)
        let lines = try run("python3", ["-c", script, name]).split(separator: "\n")
        let expected = try lines.map { line in
            let parts = line.split(separator: " ")
            return (at: try #require(Int64(parts[0])), seconds: try #require(Int(parts[1])))
        }
        #expect(zone.offsets.map(\.seconds) == expected.map(\.seconds))
        for (offset, wanted) in zip(zone.offsets, expected) {
            // The sample that first sees a change comes up to six hours after it.
            #expect((0..<21_600).contains(wanted.at - offset.from.milliseconds / 1000), "\(offset)")
        }
    }

    @Test(
        "only IANA names are zones", arguments: ["", "CET", "GMT+1", "EST", "Europe/Atlantis", "europe/paris", "../x"])
    func unknown(_ name: String) {
        #expect(TimeZones.resolve(name) == nil)
    }
}
