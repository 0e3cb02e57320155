import Primitives
import Testing
import Transport
import Wire

/// What slow, greedy, silent and broken peers cost: nothing for long.
@Suite(.serialized, .timeLimit(.minutes(2))) struct LimitTests {
    private func fatal(_ outcome: Scratch.Outcome) throws -> ErrorNotice? {
        guard case .error(let notice)? = try TestBench.frames(outcome.output).last, notice.isFatal else { return nil }
        return notice
    }

    @Test("who says no HELLO is told so and disconnected")
    func helloDeadline() async throws {
        try await TestBench.with({ $0.deadlines.hello = .milliseconds(200) }) { bench in
            let outcome = try await bench.sClient("marche")
            let notice = try fatal(outcome)
            #expect(notice?.code == "NET-002")
            #expect(notice?.detail.contains("'hello'") == true)
        }
    }

    @Test("a TCP connection without a handshake is dropped, and does not keep others out for long")
    func handshakeDeadline() async throws {
        try await TestBench.with({
            $0.deadlines.handshake = .seconds(12)
            $0.connectionsInHandshake = 3
        }) { bench in
            let script = """
                import socket, sys
                held = [socket.create_connection(("127.0.0.1", \(bench.listener.port))) for _ in range(5)]
                print([s.recv(1) for s in held])
                """
            let outcome = try await bench.pki.scratch.run("python3", "-c", script)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(String(decoding: outcome.output, as: UTF8.self) == "[b'', b'', b'', b'', b'']\n")
            #expect(bench.listener.counters.turnedAway == 2)
            try await eventually("all are gone") { bench.listener.connections == 0 }
            try await bench.connect { try await $0.ping() }
        }
    }

    @Test("a frame that does not end is closed")
    func frameDeadline() async throws {
        try await TestBench.with({ $0.deadlines.frame = .milliseconds(200) }) { bench in
            let partial = FrameEncoder.encode(ClientMessage.ping(1).frame(stream: 0)).dropLast()
            // HELLO_ACK must be there before anything follows, so a script waits for it.
            let outcome = try await bench.python(
                """
                wire.sendall(bytes.fromhex("\(Hex.encode(partial))"))
                report(wire)
                """)
            #expect(outcome == "ERROR NET-002 'frame'\n")
        }
    }

    @Test("an upload that stalls is closed, and what came is kept for a resume")
    func uploadDeadline() async throws {
        try await TestBench.with({ $0.deadlines.uploadStall = .milliseconds(300) }) { bench in
            let begin = ClientMessage.request(.upload(bench.begin(1, size: 100))).frame(stream: 1)
            let chunk = ClientMessage.chunk(UploadChunk(offset: 0, bytes: [1, 2, 3])).frame(stream: 1)
            let outcome = try await bench.python(
                """
                wire.sendall(bytes.fromhex("\(Hex.encode(FrameEncoder.encode(begin)))"))
                assert frame(wire)[0] == 0x90
                wire.sendall(bytes.fromhex("\(Hex.encode(FrameEncoder.encode(chunk)))"))
                assert frame(wire)[0] == 0x91
                report(wire)
                """)
            #expect(outcome == "ERROR NET-002 'uploadStall'\n")
            try await eventually("the sink is told") { await bench.gateway.abandoned == 1 }
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 1)] == [1, 2, 3])
        }
    }

    @Test("a client that is silent gets a PING, and without a PONG its connection ends")
    func silence() async throws {
        try await TestBench.with({
            $0.deadlines.heartbeat = .milliseconds(100)
            $0.deadlines.silence = .milliseconds(600)
        }) { bench in
            let outcome = try await bench.python(
                """
                kind = frame(wire)[0]
                print("PING" if kind == 0x82 else kind)
                report(wire)
                """)
            #expect(outcome == "PING\nCLOSED\n")
            try await eventually("it is gone") { bench.listener.connections == 0 }
        }
    }

    @Test("our client answers PINGs and so stays connected while it waits")
    func heartbeat() async throws {
        try await TestBench.with({
            $0.deadlines.heartbeat = .milliseconds(200)
            $0.deadlines.silence = .seconds(30)
        }) { bench in
            try await bench.connect { connection in
                async let answer = connection.send(SignedMessage(cms: [0]))
                try await eventually("the request is there") { bench.gateway.gate.arrivals == 1 }
                try await Task.sleep(for: .seconds(35))
                bench.gateway.gate.open()
                #expect(try await answer.cms.last == 0)
            }
        }
    }

    @Test("our client gives up a gateway that is silent for too long")
    func silentGateway() async throws {
        try await TestBench.with { bench in
            var configuration = try bench.client()
            configuration.silence = .milliseconds(300)
            let final = configuration
            let failure = await #expect(throws: ClientFailure.self) {
                try await GatewayConnection.withConnection(final, log: TestBench.log) { connection in
                    _ = try await connection.send(SignedMessage(cms: [0]))
                }
            }
            guard case .unavailable(let reason)? = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(reason.contains("silent"))
        }
    }

    @Test("who asks nothing hears goodbye")
    func idle() async throws {
        try await TestBench.with({ $0.deadlines.idle = .milliseconds(200) }) { bench in
            try await bench.connect { connection in
                try await eventually("the connection ends") {
                    do {
                        try await connection.ping()
                        try await Task.sleep(for: .milliseconds(300))
                        return false
                    } catch {
                        return isRefusal(error, "NET-002") || isRefusal(error, "NET-003") || error is ClientFailure
                    }
                }
            }
        }
    }

    @Test("a client that takes nothing of what it asked for is dropped")
    func writeStall() async throws {
        try await TestBench.with({
            $0.deadlines.writeStall = .milliseconds(300)
            $0.deadlines.closing = .milliseconds(100)
        }) { bench in
            let id = DocumentID(unchecked: "BIG")
            await bench.gateway.put(
                MemoryDocument(id: id, bytes: [UInt8](repeating: 1, count: 64 << 20), digest: .zero))
            let fetch = ClientMessage.request(.fetch(FetchRequest(id: id))).frame(stream: 1)
            async let outcome = bench.python(
                """
                wire.sendall(bytes.fromhex("\(Hex.encode(FrameEncoder.encode(fetch)))"))
                sys.stdin.read()
                import time
                deadline = time.monotonic() + 60
                while not os.path.exists("gone") and time.monotonic() < deadline: time.sleep(0.02)
                print("done")
                """)
            try await eventually("it is connected") { bench.listener.connections == 1 }
            try await eventually("it is dropped") { bench.listener.connections == 0 }
            try bench.pki.scratch.write("gone", [])
            #expect(try await outcome == "done\n")
        }
    }

    @Test("a party has so many connections and no more; another party is not concerned")
    func perParty() async throws {
        try await TestBench.with({ $0.connectionsPerParty = 1 }) { bench in
            try await bench.connect { first in
                try await first.ping()
                let second = await #expect(throws: ClientFailure.self) { try await bench.connect { _ in } }
                guard case .connectionRefused(let notice)? = second else {
                    Issue.record("\(String(describing: second))")
                    return
                }
                #expect(notice.code == "NET-002")
                try await bench.connect("railco") { try await $0.ping() }
                try await first.ping()
            }
            try await eventually("the place is free again") { bench.listener.connections == 0 }
            try await bench.connect { try await $0.ping() }
        }
    }

    @Test("connections are limited in total")
    func inTotal() async throws {
        try await TestBench.with({ $0.connections = 1 }) { bench in
            try await bench.connect { first in
                try await first.ping()
                await #expect(throws: ClientFailure.self) { try await bench.connect("railco") { _ in } }
                #expect(bench.listener.counters.turnedAway == 1)
                try await first.ping()
            }
        }
    }

    @Test("requests in flight are limited, by the client itself and by the gateway")
    func inFlight() async throws {
        try await TestBench.with({ $0.limits.requestsInFlight = 2 }) { bench in
            try await bench.connect { connection in
                async let one = connection.send(SignedMessage(cms: [0]))
                async let two = connection.send(SignedMessage(cms: [0]))
                try await eventually("both are there") { bench.gateway.gate.arrivals == 2 }
                let third = await #expect(throws: ClientFailure.self) {
                    try await connection.send(SignedMessage(cms: [5]))
                }
                #expect(third?.code == "NET-002" && third?.mayRetry == true)
                bench.gateway.gate.open()
                _ = try await (one, two)
            }
        }
    }

    @Test("requests made side by side on one connection reach the gateway in the order of their streams")
    func sideBySide() async throws {
        try await TestBench.with { bench in
            bench.gateway.gate.open()
            try await bench.connect { connection in
                for _ in 1...60 {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 1...16 {
                            group.addTask { _ = try await connection.send(SignedMessage(cms: [5])) }
                        }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test("a large upload to a slow store keeps little in memory")
    func backpressure() async throws {
        try await TestBench.with { bench in
            await bench.gateway.onWrite { offset in
                if offset % (4 << 20) == 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
            let size = 96 << 20
            let bytes = [UInt8](repeating: 7, count: size)
            try await bench.connect { connection in
                _ = try await connection.upload(bench.begin(1, size: size), from: MemorySource(bytes))
            }
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 1)]?.count == size)
            let peak = bench.listener.counters.peakBufferedBytes
            #expect(peak > 0)
            #expect(peak <= 8 * WireLimits().chunkBytes)
            try await eventually("all is accounted for") { bench.listener.counters.bufferedBytes == 0 }
        }
    }

    @Test("while the store stands still, the client's sending stands still")
    func standstill() async throws {
        try await TestBench.with { bench in
            let gate = bench.gateway.gate
            await bench.gateway.onWrite { _ in await gate.wait() }
            let size = 64 << 20
            let bytes = [UInt8](repeating: 7, count: size)
            let sent = Recorder<Int64>()
            try await bench.connect { connection in
                async let receipts = connection.upload(bench.begin(1, size: size), from: MemorySource(bytes)) { event in
                    if case .sent(let count) = event { sent.add(count) }
                }
                var last: Int64 = -1
                try await eventually("sending comes to a stop") {
                    let now = sent.values.last ?? 0
                    defer { last = now }
                    try await Task.sleep(for: .milliseconds(200))
                    return now > 0 && now == last
                }
                #expect(last < Int64(size))
                #expect(bench.listener.counters.bufferedBytes <= 8 * WireLimits().chunkBytes)
                gate.open()
                #expect(try await receipts.count == 1)
            }
        }
    }

    @Test("bytes that are no frames end the connection with NET-001, and the listener goes on", arguments: 0..<8)
    func garbage(seed: UInt64) async throws {
        try await TestBench.with { bench in
            var random = SystemSeed(seed)
            let junk = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
            let early = try fatal(try await bench.sClient("marche", input: junk))
            #expect(early?.code == "NET-001" || early?.code == "NET-002")
            let late = try await bench.python(
                """
                wire.sendall(bytes.fromhex("\(Hex.encode(junk))"))
                report(wire)
                """)
            #expect(late.hasPrefix("ERROR NET-00"), "\(late)")
            try await bench.connect { try await $0.ping() }
        }
    }
}

/// Random numbers that a seed repeats.
struct SystemSeed: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &+ 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension TestBench {
    /// Runs a Python script that has said HELLO on `wire` and read HELLO_ACK. `frame` reads a frame, `report` reads to
    /// the end and prints the last error.
    func python(_ script: String) async throws -> String {
        let prelude = """
            import os, re, socket, ssl, struct, sys
            context = ssl.create_default_context(cafile="ca.pem")
            context.load_cert_chain("marche.pem", "marche.key")
            context.set_alpn_protocols(["coalition/1"])
            plain = socket.create_connection(("127.0.0.1", \(listener.port)))
            wire = context.wrap_socket(plain, server_hostname="localhost")

            def exactly(wire, count):
                data = b""
                while len(data) < count:
                    piece = wire.recv(count - len(data))
                    if not piece: raise EOFError
                    data += piece
                return data

            def frame(wire):
                kind, flags, stream, length = struct.unpack(">BBII", exactly(wire, 10))
                return kind, flags, stream, exactly(wire, length)

            def report(wire):
                said = "CLOSED"
                try:
                    while True:
                        kind, flags, stream, payload = frame(wire)
                        if kind == 0x85:
                            code = re.search(rb"NET-[0-9]+", payload).group().decode()
                            what = re.search(rb"'[a-zA-Z]+'", payload)
                            said = "ERROR " + code + (" " + what.group().decode() if what else "")
                except (EOFError, OSError):
                    print(said)

            wire.sendall(bytes.fromhex("\(Hex.encode(TestBench.hello))"))
            assert frame(wire)[0] == 0x81

            """
        let outcome = try await pki.scratch.run("python3", "-c", prelude + script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return String(decoding: outcome.output, as: UTF8.self)
    }
}
