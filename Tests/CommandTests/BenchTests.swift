import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `bench`, played small: nothing is asserted of how long anything took.
    @Suite struct BenchTests {
        @Test func messagesOverConnectionsOfSeveralPartnersAreAnsweredAndFlushed() throws {
            let place = Workplace(folder: try ScratchFolder("command"))
            // More connections than one partner may hold.
            let line = "bench --messages 60 --connections 20 --in-flight 2 --rounds 1"
            let found = try place.json(line, notes: true)
            #expect(found["messages"].number == 60)
            #expect(found["connections"].number == 20)
            #expect(found["latencyP50Microseconds"].number ?? 0 > 0)
            let flushes = try #require(found["flushes"].number)
            #expect((1...120).contains(flushes), "\(flushes) flushes for 60 messages")
            #expect(found["records"].number == nil)
        }

        @Test(arguments: ["xml", "csv"])
        func filesOfEitherFormatAreUploadedAndAccepted(_ format: String) throws {
            let place = Workplace(folder: try ScratchFolder("command"))
            let found = try place.json("bench --records 1500 --format \(format) --rounds 2", notes: true)
            #expect(found["records"].number == 1500)
            #expect(found["format"].text == format.uppercased())
            #expect(found["bytes"].number ?? 0 > 1500 * 80)
            #expect(found["flushes"].number ?? 0 >= 2)
            #expect(found["messages"].number == nil)
        }

        @Test func whatIsOutOfRangeIsWrongUsage() throws {
            let place = try DemoHouse.place
            for option in ["--connections 65", "--in-flight 33", "--records 0", "--format pdf", "--rounds 0"] {
                try place.fails(.usage, "usage", "bench \(option)")
            }
        }
    }
}
