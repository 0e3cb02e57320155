import Synchronization

/// The streams of one connection that hold something: an upload's sink, or a way to stop what runs for them.
final class OpenStreams: Sendable {
    private struct Entry {
        var sink: (any UploadSink)?
        var stop: AsyncStream<Void>.Continuation?
    }

    private let entries = Mutex<[UInt32: Entry]>([:])

    /// Registers a stream, and gives a signal that ends when the stream is abandoned.
    func open(_ stream: UInt32) -> AsyncStream<Void> {
        let (signal, stop) = AsyncStream<Void>.makeStream()
        entries.withLock { $0[stream] = Entry(stop: stop) }
        return signal
    }

    /// Keeps the sink of an open stream; false when the stream was abandoned meanwhile.
    func keep(_ sink: any UploadSink, for stream: UInt32) -> Bool {
        entries.withLock { entries in
            guard entries[stream] != nil else { return false }
            entries[stream]?.sink = sink
            return true
        }
    }

    /// The sink that takes the stream's bytes.
    func sink(_ stream: UInt32) -> (any UploadSink)? { entries.withLock { $0[stream]?.sink } }

    /// Takes the sink out, so that nobody abandons it any more.
    func takeSink(_ stream: UInt32) -> (any UploadSink)? {
        entries.withLock { entries in
            let sink = entries[stream]?.sink
            entries[stream]?.sink = nil
            return sink
        }
    }

    /// Forgets a stream, stops what runs for it, and gives its sink.
    @discardableResult
    func close(_ stream: UInt32) -> (any UploadSink)? {
        guard let entry = entries.withLock({ $0.removeValue(forKey: stream) }) else { return nil }
        entry.stop?.finish()
        return entry.sink
    }

    /// Forgets all streams and gives their sinks.
    func closeAll() -> [any UploadSink] {
        let all = entries.withLock { entries in
            defer { entries = [:] }
            return entries
        }
        for entry in all.values { entry.stop?.finish() }
        return all.values.compactMap(\.sink)
    }
}
