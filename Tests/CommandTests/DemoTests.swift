import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `demo`, and that no command shows what it must not.
    @Suite struct DemoTests {
        @Test func theDemonstrationEndsWithWhoPaysWhom() throws {
            let house = try DemoHouse.shared
            #expect(house.told.contains("Who pays whom:"))
            #expect(house.told.contains("refused 0"))
            for member in house.place.members { #expect(!house.told.contains(member)) }
            for folder in ["pki", "programme", "sent", "receipts", "statements", "data"] {
                #expect(house.place.exists("demo/\(folder)"), "\(folder)")
            }
        }

        /// The page's example of the demonstration is what it prints.
        @Test func theTourShowsWhatTheDemonstrationPrints() throws {
            let house = try DemoHouse.shared
            let readme = GoldenScenario.specs.deletingLastPathComponent().appending(path: "README.md")
            let page = String(decoding: try Data(contentsOf: readme), as: UTF8.self)
            let table = page.split(separator: "\n").filter { $0.contains("host  ") || $0.contains("pays  ") }
                .filter { $0.hasPrefix("  ") && $0.contains("STL-") }
            #expect(table.count == 10)
            for line in table { #expect(house.told.contains(line), "\(line)") }
        }

        /// Every document and listing of the house; each is inspected for members' numbers as it is run.
        @Test func noMembersNumberIsShown() throws {
            let place = try DemoHouse.place
            try #require(place.members.contains(Batches.member))
            for window in ["W-2026-03A", "W-2026-03B", "W-2026-04A", "W-2026-04B"] {
                for form in ["", " --json"] {
                    try place.done("records \(window) --data demo/data\(form)")
                    try place.done("window show \(window) --data demo/data\(form)")
                }
                for record in try place.json("records \(window) --data demo/data").items {
                    let member = record["member"].text ?? ""
                    #expect(member.isEmpty || member.contains("****"), "\(member)")
                }
            }
            let receipts = try FileManager.default.subpathsOfDirectory(
                atPath: place.folder.path("demo/receipts")
            ).filter { $0.hasSuffix(".xml") }.sorted()
            for path in receipts.prefix(6) {
                let id = try #require(path.split(separator: "/").last).dropLast(4)
                try place.done("receipt get \(id) --data demo/data")
            }
        }
    }
}
