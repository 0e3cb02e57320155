import Dispatch
import Foundation

/// Signals of the operating system as a stream.
enum Signals {
    // SAFETY: the sources are made once and then only cancelled, which Dispatch allows from any thread.
    private final class Sources: @unchecked Sendable {
        let all: [any DispatchSourceSignal]

        init(_ numbers: [Int32], _ take: @escaping @Sendable (Int32) -> Void) {
            all = numbers.map { number in
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { take(number) }
                source.resume()
                return source
            }
        }

        func cancel() {
            for source in all { source.cancel() }
        }
    }

    /// Takes signals over from their default action, from now on until the stream's reader ends.
    static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        for number in numbers { signal(number, SIG_IGN) }
        let sources = Sources(numbers) { continuation.yield($0) }
        continuation.onTermination = { _ in sources.cancel() }
        return stream
    }
}
