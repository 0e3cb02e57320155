import Primitives
import Testing
import Transport
import Wire

/// Shutting down.
@Suite(.timeLimit(.minutes(2))) struct DrainTests {
    @Test("requests in flight are answered, new ones and new connections refused")
    func graceful() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                async let answer = connection.send(SignedMessage(cms: [0]))
                try await eventually("the request is there") { bench.gateway.gate.arrivals == 1 }
                async let drained: Void = bench.listener.drain()
                try await eventually("new requests are refused") {
                    do {
                        _ = try await connection.send(SignedMessage(cms: [7]))
                        return false
                    } catch {
                        return isRefusal(error, "NET-003")
                    }
                }
                await #expect(throws: ClientFailure.self) { try await bench.connect("railco") { _ in } }
                bench.gateway.gate.open()
                #expect(try await answer.cms.last == 0)
                await drained
                #expect(bench.listener.connections == 0)
            }
        }
    }

    @Test("who waits for a receipt is told to ask again")
    func waits() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                async let receipt = connection.wait(
                    ReceiptWait(batch: BatchNumber(series: .live, sequence: 1), grade: .cleared))
                async let receipts = connection.upload(
                    bench.begin(2, size: 1), from: MemorySource([1]), until: .cleared)
                try await eventually("the upload is stored") { await bench.gateway.finished.count == 1 }
                await bench.listener.drain()
                do {
                    _ = try await receipt
                    Issue.record("a receipt from nowhere")
                } catch {
                    #expect(isRefusal(error, "NET-003"))
                }
                #expect(try await receipts.map(\.grade) == [.received, .validated])
            }
            #expect(await bench.gateway.cancelledWaits == 1)
        }
    }

    @Test("who does not finish within the deadline is cut off, and its upload is kept")
    func deadline() async throws {
        try await TestBench.with({ $0.deadlines.drain = .milliseconds(200) }) { bench in
            let began = Recorder<Int64>()
            await #expect(throws: ClientFailure.self) {
                try await bench.connect { connection in
                    _ = try await connection.upload(bench.begin(1, size: 10), from: NeverSource(size: 10)) { event in
                        guard case .began(let offset) = event else { return }
                        began.add(offset)
                        await bench.listener.drain()
                    }
                }
            }
            #expect(began.values == [0])
            #expect(await bench.gateway.abandoned == 1)
            #expect(bench.listener.connections == 0)
        }
    }

    @Test("a cancelled listener closes everything")
    func cancelled() async throws {
        try await Scratch.with { scratch in
            let pki = try await TestPKI.make(scratch)
            let doorman = Doorman(try pki.verifier("marche"))
            let listener = try await GatewayListener.bind(
                ListenerConfiguration(port: 0), identity: pki.identity("gateway"), verifier: doorman,
                handler: TestGateway(), log: TestBench.log)
            let bench = TestBench(pki: pki, gateway: TestGateway(), listener: listener, doorman: doorman)
            let serving = Task { try await listener.serve() }
            await #expect(throws: ClientFailure.self) {
                try await bench.connect { connection in
                    serving.cancel()
                    try await eventually("the connection ends") {
                        try await connection.ping()
                        return false
                    }
                }
            }
            try? await serving.value
            #expect(listener.connections == 0)
        }
    }
}

/// A source whose bytes never come.
struct NeverSource: ByteSource {
    let size: Int64

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        try await Task.sleep(for: .seconds(3600))
        return []
    }
}
