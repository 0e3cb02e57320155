import Logging
import NIOCore
import NIOSSL
import NIOTLS
import Primitives
import Wire

/// The protocol on a server connection's event loop: bytes to frames, frames to the session machine, its actions to
/// bytes, and the deadlines. What the gateway has to decide goes up the pipeline; its replies come down as session
/// events.
final class ServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ServerSession.Delivery
    typealias OutboundIn = ServerSession.Event
    typealias OutboundOut = ByteBuffer

    /// Sent down the pipeline when the listener shuts down.
    struct Drain: Sendable {}

    private let state: ConnectionState
    private let registry: ConnectionRegistry
    private let deadlines: ConnectionDeadlines
    private var decoder: FrameDecoder
    private var session: ServerSession
    private var keeper: DeadlineKeeper
    private var timer: (at: Duration, task: Scheduled<Void>)?
    private var isReading = false
    private var isReadHeld = false
    private var isClosing = false
    private var pingNumber: Int64 = 0

    init(
        _ configuration: ListenerConfiguration, _ state: ConnectionState, _ registry: ConnectionRegistry, now: Duration
    ) {
        self.state = state
        self.registry = registry
        deadlines = configuration.deadlines
        session = ServerSession(limits: configuration.limits)
        decoder = FrameDecoder(of: .client, payloadLimit: session.payloadLimit)
        keeper = DeadlineKeeper(configuration.deadlines, at: now)
    }

    // MARK: Inbound

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name)? = event as? TLSUserEvent { handshakeCompleted(name, context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func handshakeCompleted(_ name: String?, _ context: ChannelHandlerContext) {
        keeper.handshakeCompleted(at: context.eventLoop.monotonic)
        guard name == TLSPolicy.protocolName else {
            state.log.notice("refused: no common application protocol", metadata: ["code": "\(ReasonCode.net001)"])
            return close(context)
        }
        switch state.verdict {
        case .accepted(let identity)?:
            if let refusal = registry.authenticate(state.number, as: identity.party) {
                perform(session.on(.violation(refusal)), context)
            } else {
                state.log.debug("authenticated", metadata: ["fingerprint": "\(identity.fingerprint)"])
            }
        case .unregistered(let fingerprint)?:
            let detail = "the certificate with SHA-256 \(fingerprint) is not registered"
            perform(session.on(.refuse(ErrorNotice(.net004, detail: detail))), context)
        case .refused?, nil:
            // The handshake failed already, or the verifier was never asked: nobody is let in by omission.
            state.log.error("refused: a handshake without a verdict", metadata: ["code": "\(ReasonCode.net004)"])
            close(context)
        }
        schedule(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        isReading = true
        decoder.append(unwrapInboundIn(data).readableBytesView)
        var completed = 0
        do throws(WireError) {
            while !isClosing, let frame = try decoder.next() {
                completed += 1
                receive(frame, context)
            }
        } catch {
            perform(session.on(.violation(error)), context)
        }
        let now = context.eventLoop.monotonic
        keeper.received(completed: completed, hasPartialFrame: decoder.pendingBytes > 0, at: now)
        schedule(context)
    }

    private func receive(_ frame: Frame, _ context: ChannelHandlerContext) {
        switch frame.kind {
        case .clientPong: break
        case .uploadChunk: keeper.fed(at: context.eventLoop.monotonic)
        default: keeper.active(at: context.eventLoop.monotonic)
        }
        perform(session.on(.frame(frame)), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.fireChannelReadComplete()
        if isClosing { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            keeper.writeFlows(at: context.eventLoop.monotonic)
            if isReadHeld {
                isReadHeld = false
                keeper.behind(until: context.eventLoop.monotonic)
                read(context: context)
            }
        } else {
            keeper.writeBlocked(at: context.eventLoop.monotonic)
        }
        schedule(context)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        isClosing = true
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that breaks off is everyday; the reason matters only when someone looks for it.
        state.log.debug("connection error", metadata: ["error": "\(error)"])
        isClosing = true
        context.close(promise: nil)
    }

    // MARK: Outbound

    func read(context: ChannelHandlerContext) {
        // Who does not take our answers is not read from: else PINGs would fill our memory with PONGs.
        guard context.channel.isWritable || isClosing else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        perform(session.on(unwrapOutboundIn(data)), context)
        schedule(context)
        promise?.succeed()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is Drain {
            perform(session.on(.drain(.net003, "the gateway shuts down")), context)
            schedule(context)
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    // MARK: Actions

    private func perform(_ actions: [ServerSession.Action], _ context: ChannelHandlerContext) {
        var hasWritten = false
        var hasDelivered = false
        for action in actions {
            switch action {
            case .send(let frame):
                logRefusal(frame)
                context.write(wrapOutboundOut(frame.buffer(context.channel.allocator)), promise: nil)
                hasWritten = true
            case .deliver(let delivery):
                if case .chunk(_, let chunk) = delivery { state.chunkRead(chunk.bytes.count) }
                state.backlog.handedOver()
                context.fireChannelRead(wrapInboundOut(delivery))
                hasDelivered = true
            case .close:
                close(context)
            }
        }
        if hasWritten { context.flush() }
        if hasDelivered, !isReading { context.fireChannelReadComplete() }
        decoder.payloadLimit = session.payloadLimit
        keeper.update(session.standing, at: context.eventLoop.monotonic)
    }

    private func logRefusal(_ frame: Frame) {
        guard frame.kind == .error, case .error(let notice)? = try? GatewayMessage(frame) else { return }
        let metadata: Logger.Metadata = ["code": "\(notice.code)", "stream": "\(frame.stream)"]
        if notice.isFatal {
            state.log.notice("connection refused: \(notice.detail)", metadata: metadata)
        } else {
            state.log.info("request refused", metadata: metadata)
        }
    }

    /// Closes after what was written; reads on and drops it, so that the peer sees our last frame and not a reset.
    private func close(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        stopTimer()
        context.flush()
        context.close(promise: nil)
        context.read()
    }

    // MARK: Deadlines

    private func schedule(_ context: ChannelHandlerContext) {
        guard !isClosing, let next = keeper.next else { return }
        if let timer, timer.at <= next { return }
        timer?.task.cancel()
        let delay = TimeAmount(max(next - context.eventLoop.monotonic, .zero))
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(in: delay) { bound.value.timerFired(boundContext.value) }
        timer = (next, task)
    }

    private func stopTimer() {
        timer?.task.cancel()
        timer = nil
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        let now = context.eventLoop.now
        keeper.behind(until: Duration(isReadHeld ? now : state.backlog.behind(until: now)))
        while !isClosing, let due = keeper.due(at: context.eventLoop.monotonic) {
            switch due {
            case .heartbeat:
                pingNumber += 1
                perform(session.on(.heartbeat(pingNumber)), context)
            case .abort(let reason):
                state.log.info("closed: deadline", metadata: ["deadline": "\(reason)"])
                close(context)
            case .close(let reason):
                perform(session.on(.violation(.excessive("the deadline '\(reason)' has passed"))), context)
            case .goodbye(let reason):
                perform(session.on(.drain(.net002, "the deadline '\(reason)' has passed")), context)
            }
        }
        schedule(context)
    }
}

extension EventLoop {
    /// The event loop's monotonic time.
    var monotonic: Duration { Duration(now) }
}

extension Duration {
    /// An instant of the event loops' clock, as the time since its epoch.
    init(_ instant: NIODeadline) { self = .nanoseconds(Int64(clamping: instant.uptimeNanoseconds)) }
}

extension Frame {
    /// The frame's bytes.
    func buffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: Frame.headerBytes + payload.count)
        buffer.writeBytes(FrameEncoder.header(of: self))
        buffer.writeBytes(payload)
        return buffer
    }
}
