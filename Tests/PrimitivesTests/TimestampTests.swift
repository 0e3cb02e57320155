import Primitives
import TestKit
import Testing

@Suite struct TimestampTests {
    @Test(
        "instants are read with any offset",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:00:00-05:00", 0),
            ("1969-12-31T23:59:59.999Z", -1), ("2026-03-16T00:00:00+01:00", 1_773_615_600_000),
            ("2026-04-01T00:00:05+02:00", 1_774_994_405_000), ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2026-03-27T18:45:12.214+01:00", 1_774_633_512_214), ("2026-01-01T00:00:00+14:00", 1_767_175_200_000),
            ("2026-01-01T00:00:00.5Z", 1_767_225_600_500), ("2026-01-01T00:00:00.12Z", 1_767_225_600_120),
            ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123), ("2026-01-01T00:00:00.0009Z", 1_767_225_600_000),
            ("2026-01-01T05:30:00+05:30", 1_767_225_600_000),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) throws {
        #expect(try #require(Timestamp(text)).milliseconds == milliseconds)
    }

    @Test(
        "what is no instant is not read",
        arguments: [
            "", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00Z",
            "2026-01-01T00:00:00z", "2026-01-01T24:00:00Z", "2026-01-01T23:60:00Z", "2026-01-01T23:59:60Z",
            "2026-02-30T00:00:00Z", "2026-01-01T00:00Z", "2026-01-01T0:00:00ZZ", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+01", "2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00 01:00", "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00.5",
            "2026-01-01T-1:00:00Z", "2026-01-01T00-00-00Z", "2026-01-01T00:00:0\u{0660}Z", "2026-01-01T00:00:00.٥Z",
        ])
    func rejects(text: String) { #expect(Timestamp(text) == nil) }

    @Test(
        "instants print in a zone's offset, with milliseconds only where there are any",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (0, 3600, "1970-01-01T01:00:00+01:00"),
            (0, -19_800, "1969-12-31T18:30:00-05:30"), (-1, 0, "1969-12-31T23:59:59.999Z"),
            (1_774_633_512_214, 3600, "2026-03-27T18:45:12.214+01:00"),
            (1_774_633_512_004, 0, "2026-03-27T17:45:12.004Z"),
        ] as [(Int64, Int, String)])
    func prints(milliseconds: Int64, offset: Int, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).formatted(offsetSeconds: offset) == text)
    }

    @Test("what is printed is read as the same instant")
    func roundTrip() throws {
        var random = SeededGenerator.printed(for: "TimestampTests.roundTrip")
        for _ in 0..<5000 {
            let instant = Timestamp(
                milliseconds: Int64.random(in: -2_000_000_000_000...4_000_000_000_000, using: &random))
            let offset = Int.random(in: -14 * 60...14 * 60, using: &random) * 60
            let text = instant.formatted(offsetSeconds: offset)
            #expect(Timestamp(text) == instant, "\(text)")
            let local = instant.local(offsetSeconds: offset)
            let second = local.millisecondOfDay / 1000
            let again = Timestamp(date: local.date, secondOfDay: second, offsetSeconds: offset)
            #expect(again.adding(milliseconds: Int64(local.millisecondOfDay % 1000)) == instant)
            #expect((0..<86_400_000).contains(local.millisecondOfDay))
        }
    }

    @Test("the local day changes at local midnight, also before 1970")
    func localDay() throws {
        let midnight = try #require(Timestamp("2026-03-16T00:00:00+01:00"))
        #expect(midnight.local(offsetSeconds: 3600).date.description == "2026-03-16")
        #expect(midnight.adding(milliseconds: -1).local(offsetSeconds: 3600).date.description == "2026-03-15")
        #expect(midnight.local(offsetSeconds: 0).date.description == "2026-03-15")
        let old = try #require(Timestamp("1969-12-31T00:00:00Z"))
        #expect(old.local(offsetSeconds: 0).date.description == "1969-12-31")
        #expect(old.adding(milliseconds: -1).local(offsetSeconds: 0).date.description == "1969-12-30")
    }
}
