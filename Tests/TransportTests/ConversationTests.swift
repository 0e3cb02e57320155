import Primitives
import Testing
import Transport
import Wire

/// What our client and our listener say to each other when all is well.
@Suite(.timeLimit(.minutes(2))) struct ConversationTests {
    @Test("a partner is greeted by name and gets its limits")
    func greeting() async throws {
        try await TestBench.with { bench in
            let welcome = try await bench.connect("railco") { $0.welcome }
            #expect(welcome.party == Party(role: .partner, name: "RAILCO"))
            #expect(welcome.software == "test gateway")
            #expect(welcome.chunkBytes == Int64(WireLimits().chunkBytes))
            try await bench.connect { try await $0.ping() }
        }
    }

    @Test("messages are answered, many at once, each on its own stream")
    func messages() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for value in UInt8(10)...UInt8(41) {
                        group.addTask {
                            let answer = try await connection.send(SignedMessage(cms: [value]))
                            #expect(answer.cms == Array("MARCHE".utf8) + [value])
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("refusals and faults come back with their codes, and the connection goes on")
    func refusals() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                let refused = await #expect(throws: ClientFailure.self) {
                    try await connection.send(SignedMessage(cms: [1]))
                }
                #expect(refused?.code == "SIG-002")
                #expect(refused?.mayRetry == false)
                let fault = await #expect(throws: ClientFailure.self) {
                    try await connection.send(SignedMessage(cms: [2]))
                }
                #expect(fault?.code == "NET-006")
                #expect(fault?.mayRetry == true)
                #expect("\(fault.map(String.init(describing:)) ?? "")".contains("disk") == false)
                let answer = try await connection.send(SignedMessage(cms: [9]))
                #expect(!answer.isCopy)
            }
        }
    }

    @Test("a batch file arrives byte for byte, and its receipts come in order")
    func upload() async throws {
        try await TestBench.with { bench in
            let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let receipts = try await bench.connect { connection in
                try await connection.upload(
                    bench.begin(1, size: bytes.count), from: MemorySource(bytes), until: .validated)
            }
            #expect(receipts.map(\.grade) == [.received, .validated])
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 1)] == bytes)
            #expect(await bench.gateway.abandoned == 0)
            let again = try await bench.connect { connection in
                try await connection.upload(bench.begin(1, size: bytes.count), from: MemorySource(bytes))
            }
            #expect(again.map(\.isCopy) == [true])
        }
    }

    @Test("a broken upload resumes where the stored bytes end")
    func resume() async throws {
        try await TestBench.with { bench in
            let bytes = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 17) }
            await #expect(throws: BreakingSource.Broken.self) {
                try await bench.connect { connection in
                    let source = BreakingSource(bytes, after: 600_000)
                    _ = try await connection.upload(bench.begin(3, size: bytes.count), from: source)
                }
            }
            try await eventually("the sink is told") { await bench.gateway.abandoned == 1 }
            let kept = await bench.gateway.files[BatchNumber(series: .live, sequence: 3)]?.count ?? 0
            #expect(kept > 0 && kept < bytes.count)
            let began = Recorder<Int64>()
            let receipts = try await bench.connect { connection in
                try await connection.upload(bench.begin(3, size: bytes.count), from: MemorySource(bytes)) { event in
                    if case .began(let offset) = event { began.add(offset) }
                }
            }
            #expect(began.values == [Int64(kept)])
            #expect(receipts.count == 1)
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 3)] == bytes)
        }
    }

    @Test("an upload that is refused at its declaration, or in the middle, is told why")
    func refusedUploads() async throws {
        try await TestBench.with { bench in
            await bench.gateway.onWrite { offset in
                if offset > 500_000 { throw Refusal(.sto001, detail: "full") }
            }
            let bytes = [UInt8](repeating: 1, count: 3_000_000)
            try await bench.connect { connection in
                let declared = await #expect(throws: ClientFailure.self) {
                    try await connection.upload(bench.begin(13, size: bytes.count), from: MemorySource(bytes))
                }
                #expect(declared?.code == "FIL-013")
                let stored = await #expect(throws: ClientFailure.self) {
                    try await connection.upload(bench.begin(4, size: bytes.count), from: MemorySource(bytes))
                }
                #expect(stored?.code == "STO-001")
                #expect(stored?.mayRetry == true)
                let answer = try await connection.send(SignedMessage(cms: [9]))
                #expect(answer.cms.last == 9)
            }
            #expect(await bench.gateway.abandoned == 1)
        }
    }

    @Test("a file is sent from disk")
    func fileSource() async throws {
        try await TestBench.with { bench in
            let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try bench.pki.scratch.write("batch", bytes)
            let path = bench.pki.scratch.path("batch")
            try await bench.connect { connection in
                try await FileSource.withFile(path) { source in
                    #expect(source.size == 400_000)
                    _ = try await connection.upload(bench.begin(5, size: bytes.count), from: source)
                }
            }
            #expect(await bench.gateway.files[BatchNumber(series: .live, sequence: 5)] == bytes)
            await #expect(throws: Fault.self) { try await FileSource.withFile(path + ".none") { _ in } }
        }
    }

    @Test("documents are fetched whole or from a place on, and confirmed")
    func documents() async throws {
        try await TestBench.with { bench in
            let id = DocumentID(unchecked: "S-1")
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
            await bench.gateway.put(MemoryDocument(id: id, bytes: bytes, digest: .zero, signature: [7]))
            let empty = DocumentID(unchecked: "E")
            await bench.gateway.put(MemoryDocument(id: empty, bytes: [], digest: .zero))
            try await bench.connect { connection in
                let whole = try await connection.fetch(id, limit: 2_000_000)
                #expect(whole.bytes == bytes)
                #expect(whole.document.signature == [7])
                let rest = Recorder<UInt8>()
                _ = try await connection.fetch(id, from: 999_990) { part in part.bytes.forEach(rest.add) }
                #expect(rest.values == Array(bytes[999_990...]))
                #expect(try await connection.fetch(empty, limit: 0).bytes == [])
                let tooLarge = await #expect(throws: ClientFailure.self) { try await connection.fetch(id, limit: 10) }
                #expect(tooLarge?.code == "NET-002")
                let unknown = await #expect(throws: ClientFailure.self) {
                    try await connection.fetch(DocumentID(unchecked: "none"), limit: 10)
                }
                #expect(unknown?.code == "NET-005")
                let beyond = await #expect(throws: ClientFailure.self) {
                    _ = try await connection.fetch(id, from: 1_000_001) { _ in }
                }
                #expect(beyond?.code == "NET-005")
                try await connection.confirm(FetchConfirm(id: id, digest: .zero))
            }
            #expect(await bench.gateway.confirmed == [id])
        }
    }

    @Test("lists, acts, countersignatures, cancellations, key changes and queries are answered")
    func others() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                let listing = try await connection.list(ListRequest(kind: .windows, cursor: "a"))
                #expect(listing.json == Array("[\"WINDOWS\"]".utf8))
                #expect(listing.next == "a+")
                let act = try await connection.act(OfficerAct(document: [1, 2], signature: [3]))
                #expect(act.state == .awaitingChecker && act.detail == "2")
                let countersigned = try await connection.countersign(Countersignature(digest: .zero, signature: [3]))
                #expect(countersigned.state == .done)
                let batch = BatchNumber(series: .live, sequence: 9)
                let cancelled = try await connection.cancel(CancelRequest(batch: batch, cms: [5]))
                #expect(cancelled == SignedAnswer(cms: [5], isCopy: true))
                let changed = try await connection.changeKeys(KeyChangeRequest(cms: [6], proof: [7]))
                #expect(changed == SignedAnswer(cms: [6, 7], isCopy: false))
                let kind = QueryKind(unchecked: "echo")
                #expect(try await connection.query(Query(kind: kind, arguments: "a=b")) == Array("a=b".utf8))
            }
        }
    }

    @Test("a wait ends with the receipt, with a refusal, or when it is given up")
    func waits() async throws {
        try await TestBench.with { bench in
            try await bench.connect { connection in
                let unknown = await #expect(throws: ClientFailure.self) {
                    try await connection.wait(
                        ReceiptWait(batch: BatchNumber(series: .live, sequence: 404), grade: .received))
                }
                #expect(unknown?.code == "NET-005")
                let batch = BatchNumber(series: .live, sequence: 6)
                async let waited = connection.wait(ReceiptWait(batch: batch, grade: .validated))
                _ = try await connection.upload(bench.begin(6, size: 3), from: MemorySource([1, 2, 3]))
                #expect(try await waited.grade == .validated)
                let never = ReceiptWait(batch: BatchNumber(series: .test, sequence: 6), grade: .cleared)
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await connection.wait(never) }
                    try? await Task.sleep(for: .milliseconds(50))
                    group.cancelAll()
                }
                try await eventually("the gateway stops waiting") { await bench.gateway.cancelledWaits == 1 }
                try await connection.ping()
            }
        }
    }
}

/// A source that fails after so many bytes.
struct BreakingSource: ByteSource {
    struct Broken: Error {}

    private let bytes: [UInt8]
    private let limit: Int64
    var size: Int64 { Int64(bytes.count) }

    init(_ bytes: [UInt8], after limit: Int64) {
        self.bytes = bytes
        self.limit = limit
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        if offset + Int64(count) > limit { throw Broken() }
        return Array(bytes[Int(offset)..<Int(offset) + count])
    }
}
