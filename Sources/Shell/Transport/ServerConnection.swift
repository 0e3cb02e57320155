import Logging
import NIOCore
import Primitives
import Wire

/// What a listener does for one client: takes what the session machine hands up and calls the `RequestHandler`.
///
/// The bytes of uploads are stored by the reading loop itself: while it stores, it does not read, and so the client's
/// sending slows down to what the store can take. Everything else runs beside it.
struct ServerConnection: Sendable {
    let state: ConnectionState
    let configuration: ListenerConfiguration
    let handler: any RequestHandler
    let outbound: NIOAsyncChannelOutboundWriter<ServerSession.Event>
    private let streams = OpenStreams()

    init(
        _ state: ConnectionState, _ configuration: ListenerConfiguration, _ handler: any RequestHandler,
        _ outbound: NIOAsyncChannelOutboundWriter<ServerSession.Event>
    ) {
        self.state = state
        self.configuration = configuration
        self.handler = handler
        self.outbound = outbound
    }

    /// Serves the client until the connection ends, and returns when nothing runs for it any more.
    func run(_ inbound: NIOAsyncChannelInboundStream<ServerSession.Delivery>) async {
        await withDiscardingTaskGroup { group in
            do {
                for try await delivery in inbound {
                    await take(delivery, &group)
                    state.backlog.done(at: NIODeadline.now())
                }
            } catch {
                state.log.debug("connection ended", metadata: ["error": "\(error)"])
            }
            group.cancelAll()
        }
        for sink in streams.closeAll() { await sink.abandon() }
    }

    private func take(_ delivery: ServerSession.Delivery, _ group: inout DiscardingTaskGroup) async {
        // Nothing is delivered before the handshake's verdict; without a peer there is nobody to serve.
        guard let peer = state.peer else { return }
        switch delivery {
        case .greet(let hello):
            await greet(hello, peer)
        case .request(let stream, let request):
            begin(request, stream, peer, &group)
        case .chunk(let stream, let chunk):
            await store(chunk, stream)
            state.chunkDone(chunk.bytes.count)
        case .uploadEnd(let stream, let end):
            guard let sink = streams.takeSink(stream) else { return }
            let signal = streams.open(stream)
            group.addTask { await finish(sink, end, stream, signal) }
        case .abandon(let stream):
            await streams.close(stream)?.abandon()
        }
    }

    private func greet(_ hello: Hello, _ peer: Peer) async {
        do {
            let welcome = try await handler.welcome(peer, hello)
            let ack = HelloAck(
                software: welcome.software, party: peer.party, time: welcome.time, nextCutOff: welcome.nextCutOff,
                limits: configuration.limits, heartbeatSeconds: configuration.deadlines.heartbeat.components.seconds)
            state.log.info("connected")
            await send(.welcome(ack))
        } catch {
            await send(.refuse(notice(error)))
        }
    }

    private func begin(_ request: Request, _ stream: UInt32, _ peer: Peer, _ group: inout DiscardingTaskGroup) {
        switch request {
        case .upload(let upload):
            _ = streams.open(stream)
            group.addTask { await beginUpload(upload, stream, peer) }
        case .cancel, .message, .confirm, .act, .countersign, .keyChange:
            // What may become a fact is not stopped half-way because its client is gone: nothing is held to stop it by.
            group.addTask { await reply(request, stream, peer) }
        case .wait, .list, .fetch, .query:
            let signal = streams.open(stream)
            group.addTask {
                await untilAbandoned(signal) { await reply(request, stream, peer) }
                streams.close(stream)
            }
        }
    }

    private func reply(_ request: Request, _ stream: UInt32, _ peer: Peer) async {
        do {
            switch request {
            case .cancel(let cancel): await end(stream, .answer(try await handler.cancel(cancel, from: peer)))
            case .message(let message): await end(stream, .answer(try await handler.answer(message, from: peer)))
            case .wait(let wait): await end(stream, .receipt(try await handler.wait(wait, from: peer)))
            case .list(let list): await end(stream, .listing(try await handler.list(list, from: peer)))
            case .act(let act): await end(stream, .actResult(try await handler.act(act, from: peer)))
            case .countersign(let countersignature):
                await end(stream, .actResult(try await handler.countersign(countersignature, from: peer)))
            case .keyChange(let change):
                await end(stream, .answer(try await handler.changeKeys(change, from: peer)))
            case .confirm(let confirm):
                try await handler.confirm(confirm, from: peer)
                await end(stream, .done)
            case .fetch(let fetch):
                try await sendDocument(try await handler.fetch(fetch, from: peer), from: fetch.offset, stream)
            case .query(let query):
                try await sendDocument(try await handler.query(query, from: peer), from: 0, stream)
            case .upload: preconditionFailure("uploads are begun elsewhere")
            }
        } catch {
            await end(stream, .error(notice(error)))
        }
    }

    private func sendDocument(_ document: any DocumentSource, from start: Int64, _ stream: UInt32) async throws {
        guard start <= document.size else {
            throw Refusal(.net005, detail: "the document has \(document.size) bytes; nothing begins at \(start)")
        }
        var offset = start
        repeat {
            try Task.checkCancellation()
            let count = min(Int64(configuration.limits.chunkBytes), document.size - offset)
            let bytes = try await document.read(at: offset, count: Int(count))
            let part = DocumentPart(
                id: document.id, size: document.size, digest: document.digest, offset: offset, bytes: bytes,
                signature: offset == start ? document.signature : [])
            offset += Int64(bytes.count)
            await send(.reply(stream: stream, .document(part), isLast: offset == document.size))
        } while offset < document.size
    }

    private func end(_ stream: UInt32, _ message: GatewayMessage) async {
        await send(.reply(stream: stream, message, isLast: true))
    }

    private func send(_ event: ServerSession.Event) async {
        // A client that is gone gets nothing; the reading loop notices and ends everything.
        try? await outbound.write(event)
    }

    private func notice(_ error: any Error) -> ErrorNotice {
        switch error {
        case let refusal as Refusal:
            return ErrorNotice(refusal, mayRetry: Self.transient.contains(refusal.code))
        case is CancellationError:
            return ErrorNotice(.net003, detail: "the request was stopped", mayRetry: true)
        default:
            state.log.error("request failed", metadata: ["error": "\(error)"])
            return ErrorNotice(.net006, detail: "the gateway could not carry out the request", mayRetry: true)
        }
    }

    /// Codes of refusals that pass by themselves.
    private static let transient: Set<ReasonCode> = [.net002, .net003, .net006, .sig011, .sto001]

    private func untilAbandoned(_ signal: AsyncStream<Void>, _ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { for await _ in signal {} }
            await group.next()
            group.cancelAll()
        }
    }
}

// Uploads.
extension ServerConnection {
    private func beginUpload(_ begin: UploadBegin, _ stream: UInt32, _ peer: Peer) async {
        do {
            switch try await handler.beginUpload(begin, from: peer) {
            case .stored(let receipts):
                streams.close(stream)
                for (index, receipt) in receipts.enumerated() {
                    await send(.reply(stream: stream, .receipt(receipt), isLast: index == receipts.count - 1))
                }
                if receipts.isEmpty { await end(stream, .done) }
            case .store(let sink):
                guard streams.keep(sink, for: stream) else { return await sink.abandon() }
                await send(.reply(stream: stream, .uploadAccept(offset: sink.offset), isLast: false))
            }
        } catch {
            streams.close(stream)
            await end(stream, .error(notice(error)))
        }
    }

    private func store(_ chunk: UploadChunk, _ stream: UInt32) async {
        guard let sink = streams.sink(stream) else { return }
        do {
            guard let durable = try await sink.write(chunk.bytes, at: chunk.offset) else { return }
            await send(.reply(stream: stream, .progress(durable: durable), isLast: false))
        } catch {
            await end(stream, .error(notice(error)))
            await streams.close(stream)?.abandon()
        }
    }

    private func finish(_ sink: any UploadSink, _ upload: UploadEnd, _ stream: UInt32, _ signal: AsyncStream<Void>)
        async
    {
        await untilAbandoned(signal) {
            do {
                try await sink.finish(until: upload.until) { receipt in
                    await send(.reply(stream: stream, .receipt(receipt), isLast: false))
                }
                await end(stream, .done)
            } catch {
                await end(stream, .error(notice(error)))
            }
        }
        streams.close(stream)
    }
}
