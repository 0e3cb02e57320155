import Foundation
import TestKit
import Testing

extension CommandTests {
    /// Commands that look at a data directory and change nothing.
    @Suite struct LookingTests {
        @Test func windowsAreListedAndShown() throws {
            let place = try DemoHouse.place
            let windows = try place.json("window list --data demo/data").items
            #expect(windows.count { $0["status"].text == "CLOSED" } == 4)
            #expect(windows.last?["window"].text == "W-2026-05B")
            #expect(try place.json("window list --data demo/data --all").items.count > windows.count)
            #expect(try place.done("window list --data demo/data").text.contains("W-2026-03B"))

            let window = try place.json("window show W-2026-03B --data demo/data")
            #expect(window["status"].text == "CLOSED")
            #expect(window["partners"].items.compactMap { $0["partner"].text }.contains("MARCHE"))
            #expect(try place.done("window show W-2026-05A --data demo/data").text.contains("no file so far"))
            try place.fails(.refused, "WIN-002", "window show W-2099-01A --data demo/data")
        }

        @Test func statementsAreListedAndFetchedWithTheirSignatures() throws {
            let place = try DemoHouse.copy()
            let all = try place.json("statement list --data demo/data").items
            let some = try place.json("statement list --data demo/data --window W-2026-03B --partner MARCHE").items
            #expect(all.count == 4 * (4 * 2 + 1) * 3)
            #expect(some.compactMap { $0["name"].text }.sorted().first == "CLS-W-2026-03B-MARCHE.csv")
            #expect(some.count == 6)

            let id = "STL-W-2026-03B-MARCHE"
            #expect(try place.done("statement get \(id) --data demo/data").text.hasPrefix("SETTLEMENT STATEMENT \(id)"))
            let outcome = try place.done("statement get \(id) --format xml --out . --data demo/data", notes: true)
            #expect(outcome.text == "")
            #expect(try place.folder.read("\(id).xml") == place.folder.read("demo/statements/MARCHE/\(id).xml"))
            try place.done("verify \(id).xml --trust demo/pki/ca.pem")
            try place.fails(.refused, "NET-005", "statement get STL-W-2026-03B-NOBODY --data demo/data")
        }

        @Test func receiptsAreFetchedByIdNumberAndGrade() throws {
            let place = try DemoHouse.copy()
            let validated = try place.done("receipt get MARCHE/LIVE/1 --data demo/data").text
            #expect(validated.contains("<Grade>VALIDATED</Grade>"))
            let received = try place.done("receipt get MARCHE/LIVE/1 --grade received --data demo/data").text
            #expect(received.contains("<Grade>RECEIVED</Grade>"))
            let cleared = try place.done("receipt get MARCHE/LIVE/1 --grade cleared --data demo/data").text
            #expect(cleared.contains("<Grade>CLEARED</Grade>"))

            let status = try place.json("status MARCHE/LIVE/1 --data demo/data")
            let ids = try #require(status["arrivals"].items.last?["receipts"].text).split(separator: " ")
            #expect(try place.done("receipt get \(ids[1]) --data demo/data").text == validated)
            try place.done("receipt get \(ids[1]) --out receipt.xml --data demo/data", notes: true)
            try place.done("verify receipt.xml --trust demo/pki/ca.pem")
            try place.fails(.refused, "NET-005", "receipt get RCP-99999999 --data demo/data")
            try place.fails(.refused, "NET-005", "receipt get MARCHE/LIVE/99 --data demo/data")
            try place.fails(.usage, "usage", "receipt get something --data demo/data")
        }

        @Test func theStatusOfFilesMessagesAndReceiptsIsTold() throws {
            let place = try DemoHouse.place
            for name in ["MARCHE/LIVE/1", "MARCHE/MARCHE-1"] {
                let arrivals = try place.json("status \(name) --data demo/data")["arrivals"].items
                #expect(arrivals.count == 1)
                #expect(arrivals.first?["status"].text == "ACCP")
            }
            let message = try place.json("status MARCHE/MARCHE-RT-T03 --data demo/data")
            #expect(message["status"].text == "ACCP")
            #expect(message["clearingReference"].text?.hasPrefix("CLR-") == true)
            try place.fails(.refused, "NET-005", "status MARCHE/LIVE/99 --data demo/data")
            try place.fails(.refused, "NET-005", "status MARCHE/UNKNOWN-1 --data demo/data")
            try place.fails(.usage, "usage", "status something --data demo/data")
        }

        @Test func positionsAddUpToZero() throws {
            let place = try DemoHouse.place
            let positions = try place.json("positions --data demo/data")
            #expect(positions["partners"].items.count == 4)
            let ledger = try #require(positions["pointsLedger"].object)
            #expect(ledger.values.compactMap { ($0 as? NSNumber)?.intValue }.reduce(0, +) == 0)
            #expect(positions["pointsLedger"]["MEMBERS"].number == 105197)
            #expect(try place.done("positions --data demo/data").text.contains("38.827 TND"))
        }

        @Test func recordsAreListedByFileReceiptAndWindow() throws {
            let place = try DemoHouse.place
            let record = try #require(try place.json("records MARCHE/LIVE/1 --data demo/data").object)
            #expect(record["transactionId"] as? String == "T01")
            #expect(record["member"] as? String == "9250********9013")
            let window = try place.json("records W-2026-03B --data demo/data").items
            #expect(window.count > 10)
            let some = try place.json("records W-2026-03B --partner RAILCO --type TRFI --data demo/data").items
            #expect(!some.isEmpty)
            #expect(some.allSatisfy { $0["partner"].text == "RAILCO" && $0["type"].text == "TRFI" })
            let few = try place.run("records W-2026-03B --limit 2 --data demo/data")
            #expect(few.status == 0)
            #expect(few.text.split(separator: "\n").count == 3)
            #expect(few.errors.contains("--limit"))
            try place.fails(.refused, "NET-005", "records NOBODY/LIVE/1 --data demo/data")
            try place.fails(.refused, "WIN-002", "records W-2099-01A --data demo/data")
        }

        @Test func aRecordAndAStatementLineAreExplained() throws {
            let place = try DemoHouse.place
            let line = try place.json("explain STL-W-2026-03B-MARCHE#2 --data demo/data")
            #expect(line["quantity"].text == "1563")
            #expect(line["exactAmount"].text == "8.98725 EUR")
            let sum = try #require(line["sumOfClearingLines"].items.first)
            #expect(sum["exactPoints"].text == "1562.5")
            let reference = try #require(sum["records"].items.first?["record"].text)
            #expect(reference.hasPrefix("CLR-"))

            let record = try place.json("explain \(reference.prefix { $0 != " " }) --data demo/data")
            #expect(record["transaction"].text == "T02")
            #expect(record["partner"].text == "MARCHE")
            let named = try place.done("explain MARCHE:T02 --data demo/data").text
            for word in ["8 MKP = 5 SML", "1562.5", "1563", "W-2026-03B", "RCP-"] { #expect(named.contains(word)) }
            let points = try place.done("explain CLS-W-2026-03B-MARCHE#1 --data demo/data").text
            #expect(points.contains("CLS-W-2026-03B-MARCHE#1"))

            try place.fails(.refused, "NET-005", "explain STL-W-2026-03B-MARCHE#99 --data demo/data")
            try place.fails(.refused, "NET-005", "explain CLR-99999999-1 --data demo/data")
            try place.fails(.refused, "NET-005", "explain MARCHE:UNKNOWN --data demo/data")
            try place.fails(.usage, "usage", "explain something --data demo/data")
        }

        @Test func fixingsSettlementsAndTheClockAreShown() throws {
            let place = try DemoHouse.place
            #expect(try place.json("fixing list --data demo/data")["fixings"].items.count == 3)
            #expect(try place.done("fixing list --data demo/data").text.contains("EUR/TND"))
            let windows = try place.json("settlement show --data demo/data").items
            #expect(windows.count == 4)
            let states = windows.flatMap { $0["instructions"].items }.compactMap { $0["status"].text }
            #expect(Set(states).isSuperset(of: ["CONFIRMED", "RETURNED", "SENT", "PENDING"]))
            #expect(try place.done("settlement show --window W-2026-03B --data demo/data").text.contains("RETURNED"))
            try place.fails(.refused, "ACT-004", "settlement show --window W-2026-05A --data demo/data")

            let clock = try place.json("clock show --data demo/data")
            #expect(clock["clock"].text == "TEST")
            #expect(clock["openWindow"].text == "W-2026-05A")
            #expect(try place.json("act list --data demo/data").items.isEmpty)
            #expect(try place.done("act list --data demo/data").text == "no act waits\n")
        }
    }
}
