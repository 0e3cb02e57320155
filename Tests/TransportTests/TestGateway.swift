import Logging
import Primitives
import Synchronization
import Transport
import Wire

/// A gateway for tests: keeps uploads in memory, echoes messages, and can be made to hold still.
actor TestGateway: RequestHandler {
    private(set) var files: [BatchNumber: [UInt8]] = [:]
    private(set) var finished: Set<BatchNumber> = []
    private(set) var abandoned = 0
    private(set) var confirmed: [DocumentID] = []
    private(set) var cancelledWaits = 0
    private(set) var messages = 0
    private var documents: [DocumentID: MemoryDocument] = [:]
    let gate = Gate()
    /// Called for every chunk before it is stored.
    private var beforeWrite: @Sendable (Int64) async throws -> Void = { _ in }

    func onWrite(_ body: @escaping @Sendable (Int64) async throws -> Void) { beforeWrite = body }
    func put(_ document: MemoryDocument) { documents[document.id] = document }

    func welcome(_ peer: Peer, _ hello: Hello) throws -> Welcome {
        if hello.software == "unwelcome" { throw Refusal(.fil007, detail: "suspended") }
        return Welcome(software: "test gateway", time: Timestamp(milliseconds: 1000), nextCutOff: nil)
    }

    func beginUpload(_ begin: UploadBegin, from peer: Peer) throws -> UploadAnswer {
        if begin.batch.sequence == 13 { throw Refusal(.fil013) }
        if finished.contains(begin.batch) { return .stored([receipt(.received, begin.batch, isCopy: true)]) }
        return .store(Sink(gateway: self, batch: begin.batch, offset: Int64(files[begin.batch]?.count ?? 0)))
    }

    func answer(_ message: SignedMessage, from peer: Peer) async throws -> SignedAnswer {
        messages += 1
        if message.cms == [0] { await gate.wait() }
        if message.cms == [1] { throw Refusal(.sig002) }
        if message.cms == [2] { throw Fault("the disk is gone") }
        return SignedAnswer(cms: Array(peer.party.name.utf8) + message.cms, isCopy: false)
    }

    func wait(_ wait: ReceiptWait, from peer: Peer) async throws -> Receipt {
        if wait.batch.sequence == 404 { throw Refusal(.net005) }
        while !finished.contains(wait.batch) {
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                cancelledWaits += 1
                throw error
            }
        }
        return receipt(wait.grade, wait.batch, isCopy: false)
    }

    func cancel(_ request: CancelRequest, from peer: Peer) -> SignedAnswer {
        SignedAnswer(cms: request.cms, isCopy: true)
    }

    func list(_ request: ListRequest, from peer: Peer) -> Listing {
        Listing(json: Array("[\"\(request.kind.rawValue)\"]".utf8), next: request.cursor.map { $0 + "+" })
    }

    func fetch(_ request: FetchRequest, from peer: Peer) throws -> any DocumentSource {
        guard let document = documents[request.id] else { throw Refusal(.net005, value: request.id.text) }
        return document
    }

    func confirm(_ confirm: FetchConfirm, from peer: Peer) throws {
        guard documents[confirm.id]?.digest == confirm.digest else { throw Refusal(.net005) }
        confirmed.append(confirm.id)
    }

    func act(_ act: OfficerAct, from peer: Peer) -> ActResult {
        ActResult(digest: .zero, state: .awaitingChecker, detail: "\(act.document.count)")
    }

    func countersign(_ countersignature: Countersignature, from peer: Peer) -> ActResult {
        ActResult(digest: countersignature.digest, state: .done, detail: "")
    }

    func changeKeys(_ request: KeyChangeRequest, from peer: Peer) -> SignedAnswer {
        SignedAnswer(cms: request.cms + (request.proof ?? []), isCopy: false)
    }

    func query(_ query: Query, from peer: Peer) -> any DocumentSource {
        MemoryDocument(id: DocumentID(unchecked: "Q"), bytes: Array(query.arguments.utf8), digest: .zero)
    }

    private func receipt(_ grade: ReceiptGrade, _ batch: BatchNumber, isCopy: Bool) -> Receipt {
        Receipt(
            grade: grade, id: DocumentID(unchecked: "R-\(batch.sequence)-\(grade.rawValue)"), isCopy: isCopy,
            document: Array("<r/>".utf8), signature: [1], status: "ACCP")
    }

    private func store(_ bytes: [UInt8], _ batch: BatchNumber, at offset: Int64) async throws -> Int64 {
        try await beforeWrite(offset)
        precondition(Int64(files[batch]?.count ?? 0) == offset, "chunks come in order")
        files[batch, default: []] += bytes
        return Int64(files[batch]?.count ?? 0)
    }

    private func finish(_ batch: BatchNumber) { finished.insert(batch) }
    private func noteAbandoned() { abandoned += 1 }

    private struct Sink: UploadSink {
        let gateway: TestGateway
        let batch: BatchNumber
        let offset: Int64

        func write(_ bytes: [UInt8], at offset: Int64) async throws -> Int64? {
            try await gateway.store(bytes, batch, at: offset)
        }

        func finish(until grade: ReceiptGrade, issue: @escaping @Sendable (Receipt) async -> Void) async throws {
            await gateway.finish(batch)
            for step in ReceiptGrade.allCases where step <= grade {
                if step == .cleared { try await Task.sleep(for: .seconds(3600)) }
                await issue(await gateway.receipt(step, batch, isCopy: false))
            }
        }

        func abandon() async { await gateway.noteAbandoned() }
    }
}

/// Holds whoever waits until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals = 0
    }

    private let state = Mutex(State())

    /// How many have come to the gate.
    var arrivals: Int { state.withLock { $0.arrivals } }

    func wait() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.arrivals += 1
                if state.isOpen { continuation.resume() } else { state.waiting.append(continuation) }
            }
        }
    }

    func open() {
        state.withLock { state in
            state.isOpen = true
            for continuation in state.waiting { continuation.resume() }
            state.waiting = []
        }
    }
}

/// A listener on a free port with everything that tests need around it.
struct TestBench: Sendable {
    let pki: TestPKI
    let gateway: TestGateway
    let listener: GatewayListener
    let doorman: Doorman

    static let log: Logger = {
        var log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        log.logLevel = .critical
        return log
    }()

    /// Listens, runs the body, and drains.
    static func with(
        _ configure: (inout ListenerConfiguration) -> Void = { _ in }, _ body: (TestBench) async throws -> Void
    ) async throws {
        var configuration = ListenerConfiguration(host: "127.0.0.1", port: 0)
        // Other tests may hold all threads for longer than a client may take in earnest.
        configuration.deadlines.handshake = .seconds(120)
        configuration.deadlines.hello = .seconds(120)
        configuration.deadlines.closing = .milliseconds(500)
        configuration.deadlines.drain = .seconds(5)
        configure(&configuration)
        let final = configuration
        try await Scratch.with { scratch in
            let pki = try await TestPKI.make(scratch)
            let gateway = TestGateway()
            let doorman = Doorman(try pki.verifier("marche", "railco"))
            let listener = try await GatewayListener.bind(
                final, identity: pki.identity("gateway"), verifier: doorman, handler: gateway, log: log)
            async let served: Void = listener.serve()
            do {
                try await body(TestBench(pki: pki, gateway: gateway, listener: listener, doorman: doorman))
            } catch {
                gateway.gate.open()
                await listener.drain()
                throw error
            }
            gateway.gate.open()
            await listener.drain()
            try await served
        }
    }

    /// How the named party connects.
    func client(_ name: String = "marche", trusting authority: String = "ca", software: String = "tests") throws
        -> ClientConfiguration
    {
        ClientConfiguration(
            endpoint: Endpoint(host: "127.0.0.1", port: listener.port, serverName: "localhost"),
            identity: try pki.identity(name, trusting: authority), software: software)
    }

    /// Connects as the named party.
    @discardableResult
    func connect<Result: Sendable>(
        _ name: String = "marche", _ body: @escaping @Sendable (GatewayConnection) async throws -> Result
    ) async throws -> Result {
        try await GatewayConnection.withConnection(client(name), log: Self.log, body)
    }

    /// The declaration of bytes in a file.
    func begin(_ sequence: Int64, size: Int) -> UploadBegin {
        UploadBegin(
            batch: BatchNumber(series: .live, sequence: sequence), size: Int64(size), digest: .zero, format: .xml,
            signature: [1])
    }

    /// Talks to the listener with `openssl s_client`: sends bytes, and returns what came until the gateway closed.
    func sClient(_ name: String?, alpn: Bool = true, _ extra: [String] = [], input: [UInt8] = []) async throws
        -> Scratch.Outcome
    {
        var arguments = [
            "openssl", "s_client", "-connect", "127.0.0.1:\(listener.port)", "-CAfile", "ca.pem", "-quiet",
        ]
        if let name { arguments += ["-cert", "\(name).pem", "-key", "\(name).key"] }
        if alpn { arguments += ["-alpn", "coalition/1"] }
        return try await pki.scratch.run(arguments + extra, input: input)
    }

    /// The frames in what a gateway sent.
    static func frames(_ bytes: [UInt8]) throws -> [GatewayMessage] {
        var decoder = FrameDecoder(of: .gateway, payloadLimit: 1 << 22)
        decoder.append(bytes)
        var messages: [GatewayMessage] = []
        while let frame = try decoder.next() { messages.append(try GatewayMessage(frame)) }
        return messages
    }

    /// The bytes of HELLO.
    static let hello = FrameEncoder.encode(ClientMessage.hello(Hello(software: "s_client")).frame(stream: 0))
}

/// Whether an error is a refusal by the gateway with the code.
func isRefusal(_ error: (any Error)?, _ code: String) -> Bool { (error as? ClientFailure)?.code == code }
