import NIOCore
import NIOTLS
import Primitives
import Wire

/// Frames on a client connection's event loop, and the one deadline that a client keeps: the gateway sends a PING when
/// it has nothing else to say, so a gateway that is silent for long is gone.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Frame
    typealias OutboundIn = Frame
    typealias OutboundOut = ByteBuffer

    private var decoder: FrameDecoder
    private let silence: TimeAmount
    private var timer: Scheduled<Void>?
    private var lastReceived = NIODeadline.uptimeNanoseconds(0)
    private let backlog: Backlog

    init(limits: WireLimits, silence: Duration, backlog: Backlog) {
        self.backlog = backlog
        decoder = FrameDecoder(of: .gateway, payloadLimit: limits.gatewayPayloadBytes)
        self.silence = TimeAmount(silence)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        lastReceived = context.eventLoop.now
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name)? = event as? TLSUserEvent, name != TLSPolicy.protocolName {
            fail(ClientFailure.unavailable("the other end does not speak \(TLSPolicy.protocolName)"), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastReceived = context.eventLoop.now
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do throws(WireError) {
            while let frame = try decoder.next() {
                backlog.handedOver()
                context.fireChannelRead(wrapInboundOut(frame))
            }
        } catch {
            fail(ClientFailure.protocolBroken(error), context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(unwrapOutboundIn(data).buffer(context.channel.allocator)), promise: promise)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let boundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: lastReceived + silence) {
            bound.value.timerFired(boundContext.value)
        }
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        lastReceived = max(lastReceived, backlog.behind(until: now))
        if now - lastReceived >= silence {
            fail(ClientFailure.unavailable("the gateway has been silent for too long"), context)
        } else {
            schedule(context)
        }
    }

    private func fail(_ failure: ClientFailure, _ context: ChannelHandlerContext) {
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }
}
