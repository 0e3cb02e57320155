import Primitives
import Transport

/// Tells how far an upload is: a bar on a terminal, nothing elsewhere.
actor ProgressBar {
    private let name: String
    private let total: Int64
    private let clock = ContinuousClock()
    private var began: ContinuousClock.Instant?
    private var offset: Int64 = 0
    private var drawn: ContinuousClock.Instant?
    private var isOpen = false

    init(_ path: String, total: Int64) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.total = total
    }

    /// Whether the gateway has asked for bytes or answered.
    var hasBegun: Bool { began != nil }

    /// Takes what happens.
    func take(_ event: UploadEvent) {
        switch event {
        case .began(let from):
            began = clock.now
            offset = from
            draw(from)
        case .sent(let bytes):
            if drawn.map({ clock.now - $0 > .milliseconds(100) }) ?? true || bytes == total { draw(bytes) }
        case .durable: break
        case .receipt: began = began ?? clock.now
        }
    }

    private func draw(_ sent: Int64) {
        guard Console.isInteractive, total > 0 else { return }
        drawn = clock.now
        isOpen = true
        let width: Int64 = 30
        let full = Int(sent * width / total)
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: Int(width) - full)
        let elapsed = began.map { clock.now - $0 } ?? .zero
        let milliseconds = elapsed.components.seconds * 1000 + elapsed.components.attoseconds / 1_000_000_000_000_000
        let rate = milliseconds > 0 ? (sent - offset) / milliseconds : 0
        Console.progress("\r\(name) [\(bar)] \(sent * 100 / total) % of \(total >> 10) KiB, \(rate) kB/s ")
    }

    /// Leaves the bar's line.
    func finish() {
        if isOpen { Console.note("") }
        isOpen = false
    }
}
