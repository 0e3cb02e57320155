import Foundation
import Primitives
import Testing
import Transport
import Wire

/// The client that `Specs/wire.md` prints, run as it stands.
@Suite(.timeLimit(.minutes(2))) struct WireDocumentClientTests {
    private static let document: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("Specs/wire.md"), encoding: .utf8)) ?? ""
    }()

    @Test("it uploads a file, gets its receipts, and gets copies the second time")
    func client() async throws {
        let block = try #require(Self.document.components(separatedBy: "```python client\n").last)
        let program = try #require(block.components(separatedBy: "```").first)
        try await TestBench.with { bench in
            let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            let scratch = bench.pki.scratch
            try scratch.write("client.py", Array(program.utf8))
            try scratch.write("batch.xml", bytes)
            try scratch.write("batch.p7s", [1, 2, 3])
            let arguments = [
                "python3", "client.py", "localhost", "\(bench.listener.port)", "ca.pem", "marche.pem", "marche.key",
                "batch.xml", "batch.p7s", "LIVE", "8", "XML",
            ]
            let first = try await scratch.run(arguments)
            #expect(first.status == 0, "\(first.errors)")
            #expect(
                String(decoding: first.output, as: UTF8.self) == """
                    connected to test gateway as PARTNER MARCHE
                    sending from byte 0 of 1000003
                    RECEIVED ACCP R-8-RECEIVED new
                    VALIDATED ACCP R-8-VALIDATED new

                    """)
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 8)] == bytes)
            #expect(try scratch.read("R-8-VALIDATED.xml") == Array("<r/>".utf8))
            let second = try await scratch.run(arguments)
            #expect(String(decoding: second.output, as: UTF8.self).hasSuffix("RECEIVED ACCP R-8-RECEIVED copy\n"))
        }
    }

    @Test("the limits of connections that it states are the code's")
    func limits() {
        let configuration = ListenerConfiguration()
        for (name, value) in [
            ("connections", configuration.connections), ("connectionsPerParty", configuration.connectionsPerParty),
            ("connectionsInHandshake", configuration.connectionsInHandshake),
        ] {
            #expect(Self.document.contains("| \(name) | \(value) |"), "\(name)")
        }
        #expect(configuration.port == 7443)
        #expect(Self.document.contains("port \(configuration.port)"))
    }
}
