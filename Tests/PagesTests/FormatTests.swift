import Primitives
import Testing

@testable import Pages

@Suite struct PageFormatTests {
    @Test(
        "numbers are grouped, and keep every digit",
        arguments: [
            ("0", "0", "0"), ("-7", "\u{2212}7", "\u{2212}7"), ("999", "999", "999"),
            ("1000", "1,000", "1\u{202F}000"),
            ("-1234567.50", "\u{2212}1,234,567.50", "\u{2212}1\u{202F}234\u{202F}567,50"),
            ("0.0001", "0.0001", "0,0001"), ("200/3", "200/3", "200/3"), ("", "", ""), ("W-1", "W-1", "W-1"),
            ("1.2.3", "1.2.3", "1.2.3"), ("12a", "12a", "12a"),
        ])
    func numbers(_ plain: String, _ international: String, _ french: String) {
        #expect(PageFormat.international.decimal(plain) == international)
        #expect(PageFormat.french.decimal(plain) == french)
    }

    @Test("instants are shown in the zone that they are written in")
    func times() {
        #expect(PageFormat.international.time("2026-03-18T02:20:00+01:00") == "2026-03-18 02:20")
        #expect(PageFormat.french.time("2026-03-18T02:20:00+01:00") == "18/03/2026 02:20")
        #expect(PageFormat.french.time("soon") == "soon")
    }

    @Test("a browser's languages choose the format")
    func languages() {
        #expect(PageFormat(acceptLanguage: "fr-FR,fr;q=0.9,en;q=0.8") == .french)
        #expect(PageFormat(acceptLanguage: "en-GB, fr") == .international)
        #expect(PageFormat(acceptLanguage: "") == .international)
    }

    @Test("a time left is told in its two largest units, and never below zero")
    func durations() {
        let start = Timestamp(milliseconds: 1_000_000)
        func left(_ minutes: Int64) -> String {
            PageFormat.duration(from: start, to: start.adding(milliseconds: minutes * 60_000))
        }
        #expect(
            [left(-5), left(0), left(59), left(60), left(1439), left(1440), left(50 * 60)]
                == ["0 min", "0 min", "59 min", "1 h 0 min", "23 h 59 min", "1 d 0 h", "2 d 2 h"])
    }
}
