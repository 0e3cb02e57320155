import Testing
import Wire

@Suite struct DeadlineTests {
    private let deadlines = ConnectionDeadlines()

    private func opened(at now: Duration = .zero) -> DeadlineKeeper {
        var keeper = DeadlineKeeper(deadlines, at: now)
        keeper.handshakeCompleted(at: now)
        keeper.update(ServerSession.Standing(isOpen: true), at: now)
        return keeper
    }

    @Test("a connection without a handshake is dropped")
    func handshake() {
        var keeper = DeadlineKeeper(deadlines, at: .seconds(5))
        #expect(keeper.next == .seconds(15))
        #expect(keeper.due(at: .milliseconds(14_999)) == nil)
        #expect(keeper.due(at: .seconds(15)) == .abort(.handshake))
    }

    @Test("HELLO has its own deadline, and dripped bytes do not extend it")
    func hello() {
        var keeper = DeadlineKeeper(deadlines, at: .zero)
        keeper.handshakeCompleted(at: .seconds(9))
        keeper.received(completed: 0, hasPartialFrame: true, at: .seconds(18))
        #expect(keeper.due(at: .seconds(18)) == nil)
        #expect(keeper.due(at: .seconds(19)) == .close(.hello))
    }

    @Test("silence brings one PING, then the end")
    func silence() {
        var keeper = opened()
        #expect(keeper.due(at: .seconds(30)) == .heartbeat)
        #expect(keeper.due(at: .seconds(89)) == nil)
        #expect(keeper.due(at: .seconds(90)) == .abort(.silence))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(90))
        #expect(keeper.due(at: .seconds(119)) == nil)
        #expect(keeper.due(at: .seconds(120)) == .heartbeat)
    }

    @Test("a client that answers PINGs and asks nothing is idle in the end")
    func idle() {
        var keeper = opened()
        var now = Duration.zero
        while now < deadlines.idle {
            keeper.received(completed: 1, hasPartialFrame: false, at: now)
            now += .seconds(20)
        }
        #expect(keeper.due(at: .seconds(900)) == .goodbye(.idle))
        keeper.active(at: .seconds(899))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(899))
        #expect(keeper.due(at: .seconds(900)) == nil)
    }

    @Test("a request in flight keeps a connection from being idle, and its end begins the count anew")
    func busy() {
        var keeper = opened()
        keeper.update(ServerSession.Standing(isOpen: true, requests: 1), at: .seconds(1))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(5000))
        #expect(keeper.due(at: .seconds(5001)) == nil)
        keeper.update(ServerSession.Standing(isOpen: true), at: .seconds(5001))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(5900))
        #expect(keeper.due(at: .seconds(5900)) == nil)
        #expect(keeper.due(at: .seconds(5901)) == .goodbye(.idle))
    }

    @Test("a frame that drips is closed, counted from its first byte")
    func frame() {
        var keeper = opened()
        for second in 1...30 {
            keeper.received(completed: 0, hasPartialFrame: true, at: .seconds(second))
            #expect(keeper.due(at: .seconds(second)) == nil)
        }
        #expect(keeper.due(at: .seconds(31)) == .close(.frame))
        keeper.received(completed: 1, hasPartialFrame: true, at: .seconds(31))
        #expect(keeper.due(at: .seconds(32)) == nil)
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(33))
        #expect(keeper.next == .seconds(63))
    }

    @Test("an upload that brings no bytes is closed, even when the client answers PINGs")
    func uploadStall() {
        var keeper = opened()
        let standing = ServerSession.Standing(isOpen: true, requests: 1, hungryUploads: 1)
        keeper.update(standing, at: .seconds(10))
        keeper.fed(at: .seconds(40))
        keeper.update(standing, at: .seconds(40))
        keeper.active(at: .seconds(70))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(95))
        #expect(keeper.due(at: .seconds(99)) == nil)
        #expect(keeper.due(at: .seconds(100)) == .close(.uploadStall))
    }

    @Test("while the gateway is behind, the client owes nothing; it still gets its PING")
    func behind() {
        var keeper = opened()
        keeper.update(ServerSession.Standing(isOpen: true, requests: 1, hungryUploads: 1), at: .seconds(1))
        keeper.received(completed: 0, hasPartialFrame: true, at: .seconds(1))
        keeper.behind(until: .seconds(1000))
        #expect(keeper.due(at: .seconds(1029)) == .heartbeat)
        #expect(keeper.due(at: .seconds(1029)) == nil)
        #expect(keeper.due(at: .seconds(1030)) == .close(.frame))
        keeper.received(completed: 1, hasPartialFrame: false, at: .seconds(1030))
        keeper.behind(until: .seconds(900))
        #expect(keeper.due(at: .seconds(1059)) == nil)
        #expect(keeper.due(at: .seconds(1060)) == .heartbeat)
        #expect(keeper.due(at: .seconds(1060)) == .close(.uploadStall))
    }

    @Test("a client that does not read is dropped, even while the gateway is behind")
    func writeStall() {
        var keeper = opened()
        keeper.writeBlocked(at: .seconds(10))
        keeper.writeBlocked(at: .seconds(50))
        keeper.behind(until: .seconds(69))
        #expect(keeper.due(at: .seconds(69)) == .heartbeat)
        #expect(keeper.due(at: .seconds(69)) == nil)
        #expect(keeper.due(at: .seconds(70)) == .abort(.writeStall))
        keeper.writeFlows(at: .seconds(71))
        #expect(keeper.due(at: .seconds(150)) == nil)
    }
}
