import TestKit
import Testing

extension CommandTests {
    /// Officers' acts on a data directory: `fixing`, `adjust`, `settlement`, `act`, `clock advance`.
    @Suite struct ActTests {
        private let acts = "\(Options.data) \(Options.maker) \(Options.checker)"

        @Test func aPaymentGoesFromApprovalToTheBanksBooking() throws {
            let place = try DemoHouse.copy()
            let window = "W-2026-04B"
            func status(_ id: String) throws -> String? {
                try place.json("settlement show --window \(window) --data demo/data").items
                    .flatMap { $0["instructions"].items }.first { $0["endToEndId"].text == id }?["status"].text
            }
            let (first, second) = ("STL-W-2026-04B-BANQUE-EUR", "STL-W-2026-04B-MARCHE-EUR")
            try place.fails(.refused, "ACT-004", "settlement send \(window) \(acts)")
            #expect(try place.json("settlement approve \(window) \(acts)")["state"].text == "DONE")
            #expect(try place.json("settlement send \(window) \(acts)")["state"].text == "DONE")
            #expect(try status(first) == "SENT")
            let booking = "--bank-reference B-1 --date 2026-05-06"
            try place.done("settlement confirm \(first) --amount 5.00 \(booking) \(acts)")
            #expect(try status(first) == "CONFIRMED")
            try place.done("settlement return \(second) --reason AC04 \(booking) \(acts)")
            #expect(try status(second) == "RETURNED")
            try place.done("settlement resend \(second) \(acts)")
            try place.fails(.refused, "ACT-004", "settlement resend \(first) \(acts)")
            try place.fails(.refused, "ACT-004", "settlement cancel STL-NONE \(acts)")
            try place.fails(.refused, "ACT-004", "settlement write-off \(first) --reason SMALL \(acts)")
        }

        @Test func anAdjustmentWaitsForItsChecker() throws {
            let place = try DemoHouse.copy()
            let line = "adjust --partner BANQUE --direction CRDT --points 1200 --reason GOODWILL --date 2026-05-01"
            let report = try place.json("\(line) \(Options.data) \(Options.maker)")
            #expect(report["state"].text == "AWAITING_CHECKER")
            let digest = try #require(report["digest"].text)
            #expect(try place.done("act list --data demo/data").text.contains(digest))
            try place.done("act countersign \(digest) --data demo/data \(Options.signer("checker"))")
            let ledger = try place.json("positions --data demo/data")["partners"].items
            let points = ledger.first { $0["partner"].text == "BANQUE" }?["openPoints"]["W-2026-05A"].number
            #expect(points == 1200)

            try place.fails(.refused, "SIG-003", "\(line) \(Options.data) \(Options.signer("MARCHE-signing"))")
            try place.fails(.usage, "usage", "\(line) \(Options.data) \(Options.maker) --checker-cert a")
        }

        @Test func aFixingIsAddedOnce() throws {
            let place = try DemoHouse.copy()
            let line = "fixing add --window W-2026-05A --base EUR --quote TND --rate 3.38420 --source BCT"
            #expect(try place.json("\(line) \(acts)")["state"].text == "DONE")
            #expect(try place.json("fixing list --data demo/data")["fixings"].items.count == 4)
            try place.fails(.refused, "FX-002", "\(line) \(acts)")
            try place.fails(
                .refused, "WIN-002",
                "fixing add --window W-2099-01A --base EUR --quote TND --rate 3.38420 --source BCT \(acts)")
        }

        @Test func theClockMovesForwardsByAnOperatorAndWindowsWaitForTheirFixing() throws {
            let place = try DemoHouse.copy()
            let advance = "clock advance \(Options.data)"
            let operated = Options.signer("operator")
            try place.fails(.refused, "CLK-001", "\(advance) --to 2020-01-01T00:00:00Z \(operated)")
            try place.fails(.refused, "ACT-001", "\(advance) --to 2026-05-02T00:00:00Z \(Options.maker)")
            #expect(
                try place.json("\(advance) --to 2026-05-02T00:00:00Z \(operated)")["now"].text
                    == "2026-05-02T00:00:00Z")
            try place.done("\(advance) --to 2026-05-17T00:00:00Z \(operated)")
            #expect(try place.json("clock show --data demo/data")["openWindow"].text == "W-2026-05B")
            let window = try place.json("window show W-2026-05A --data demo/data")
            #expect(["CUTOFF", "CLOSED"].contains(window["status"].text))
        }
    }
}
