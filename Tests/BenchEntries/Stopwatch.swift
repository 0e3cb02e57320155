import Foundation

/// CPU seconds of this process, and seconds of the clock, since it was made.
struct Stopwatch {
    private static let machine = ContinuousClock()
    private let start = Stopwatch.machine.now
    private let ticks = Foundation.clock()

    /// User and system.
    var cpu: Double { Double(Foundation.clock() - ticks) / Double(CLOCKS_PER_SEC) }
    /// As people count them.
    var wall: Double { (Self.machine.now - start) / .seconds(1) }
}
