import Primitives

extension ServerSession {
    /// The streams of an open session.
    struct Streams: Sendable {
        private enum Stream: Sendable {
            case request(isWait: Bool)
            case uploadOffered(size: Int64)
            case uploading(size: Int64, next: Int64)
            case uploaded(hasReceipt: Bool)

            var isUpload: Bool { if case .request = self { false } else { true } }
        }

        private var streams: [UInt32: Stream] = [:]
        private(set) var highest: UInt32 = 0
        private var strayBytes = 0
        private var pingNumber: Int64?

        var isIdle: Bool { streams.isEmpty }

        var standing: Standing {
            var hungry = 0
            for case .uploading(let size, let next) in streams.values where next < size { hungry += 1 }
            return Standing(
                isOpen: true, requests: streams.count, hungryUploads: hungry, awaitsPong: pingNumber != nil)
        }

        mutating func receive(_ frame: Frame, limits: WireLimits, draining: Bool) throws(WireError) -> [Action] {
            let message = try ClientMessage(frame, limits: limits)
            let stream = frame.stream
            switch message {
            case .hello:
                throw .malformed("a second HELLO")
            case .ping(let number):
                try requireConnectionStream(frame)
                return [.send(GatewayMessage.pong(number).frame(stream: 0))]
            case .pong(let number):
                try requireConnectionStream(frame)
                guard number == pingNumber else { throw .malformed("a PONG that answers no PING") }
                pingNumber = nil
                return []
            case .request(let request):
                return try open(stream, request, limits: limits, draining: draining)
            case .chunk(let chunk):
                return try take(chunk, stream, payloadBytes: frame.payload.count, limits: limits)
            case .uploadEnd(let end):
                return try take(end, stream)
            case .abandon:
                guard try isKnown(stream) else { return [] }
                streams[stream] = nil
                return [
                    .deliver(.abandon(stream: stream)), .send(GatewayMessage.done.frame(stream: stream, isLast: true)),
                ]
            }
        }

        mutating func reply(_ stream: UInt32, _ message: GatewayMessage, isLast: Bool) -> [Action] {
            // The client may have abandoned the stream meanwhile: nobody waits for the reply.
            guard let current = streams[stream] else { return [] }
            switch (current, message) {
            case (.uploadOffered(let size), .uploadAccept(let offset)):
                precondition((0...size).contains(offset) && !isLast, "an upload is accepted at a place within the file")
                streams[stream] = .uploading(size: size, next: offset)
            case (_, .uploadAccept):
                preconditionFailure("an upload is accepted once")
            case (.uploaded, .receipt):
                streams[stream] = .uploaded(hasReceipt: true)
            default:
                break
            }
            if isLast { streams[stream] = nil }
            return [.send(message.frame(stream: stream, isLast: isLast))]
        }

        mutating func ping(_ number: Int64) -> [Action] {
            guard pingNumber == nil else { return [] }
            pingNumber = number
            return [.send(GatewayMessage.ping(number).frame(stream: 0))]
        }

        /// Ends what only waits: receipts that are yet to come can be asked for again after the restart.
        mutating func releaseWaiting() -> [Action] {
            var actions: [Action] = []
            for (stream, state) in streams.sorted(by: { $0.key < $1.key }) {
                let farewell: GatewayMessage
                switch state {
                case .request(isWait: true):
                    farewell = .error(ErrorNotice(.net003, detail: "ask again after the restart", mayRetry: true))
                case .uploaded(hasReceipt: true):
                    farewell = .done
                case .request, .uploadOffered, .uploading, .uploaded:
                    continue
                }
                streams[stream] = nil
                actions.append(.deliver(.abandon(stream: stream)))
                actions.append(.send(farewell.frame(stream: stream, isLast: true)))
            }
            return actions
        }

        private mutating func open(_ stream: UInt32, _ request: Request, limits: WireLimits, draining: Bool)
            throws(WireError) -> [Action]
        {
            guard stream % 2 == 1, stream > highest else {
                throw .malformed("stream \(stream) is opened; an odd number above \(highest) is expected")
            }
            highest = stream
            strayBytes = 0
            if draining {
                return refuse(stream, ErrorNotice(.net003, detail: "no further requests here", mayRetry: true))
            }
            guard streams.count < limits.requestsInFlight else {
                let detail = "\(limits.requestsInFlight) requests are in flight; wait for an answer"
                return refuse(stream, ErrorNotice(.net002, detail: detail, mayRetry: true))
            }
            if case .upload(let begin) = request {
                guard streams.values.count(where: \.isUpload) < limits.uploadsInFlight else {
                    let detail = "\(limits.uploadsInFlight) uploads are in flight; wait for one to end"
                    return refuse(stream, ErrorNotice(.net002, detail: detail, mayRetry: true))
                }
                streams[stream] = .uploadOffered(size: begin.size)
            } else {
                streams[stream] = .request(isWait: request.kind == .wait)
            }
            return [.deliver(.request(stream: stream, request))]
        }

        private func refuse(_ stream: UInt32, _ notice: ErrorNotice) -> [Action] {
            [.send(GatewayMessage.error(notice).frame(stream: stream, isLast: true))]
        }

        private mutating func take(_ chunk: UploadChunk, _ stream: UInt32, payloadBytes: Int, limits: WireLimits)
            throws(WireError) -> [Action]
        {
            guard try isKnown(stream) else {
                // The upload was ended from here while the bytes were under way.
                strayBytes += payloadBytes
                guard strayBytes <= limits.strayBytes else {
                    throw .excessive("more than \(limits.strayBytes) bytes for uploads that are over")
                }
                return []
            }
            guard case .uploading(let size, let next)? = streams[stream] else {
                throw .malformed("UPLOAD_CHUNK on stream \(stream), which does not take bytes now")
            }
            guard chunk.offset == next else {
                throw .malformed("UPLOAD_CHUNK at offset \(chunk.offset); \(next) is expected")
            }
            guard Int64(chunk.bytes.count) <= size - next else {
                throw .malformed("UPLOAD_CHUNK goes beyond the declared size of \(size) bytes")
            }
            streams[stream] = .uploading(size: size, next: next + Int64(chunk.bytes.count))
            return [.deliver(.chunk(stream: stream, chunk))]
        }

        private mutating func take(_ end: UploadEnd, _ stream: UInt32) throws(WireError) -> [Action] {
            guard try isKnown(stream) else { return [] }
            guard case .uploading(let size, let next)? = streams[stream] else {
                throw .malformed("UPLOAD_END on stream \(stream), which has no upload under way")
            }
            guard next == size else { throw .malformed("UPLOAD_END after \(next) of \(size) bytes") }
            streams[stream] = .uploaded(hasReceipt: false)
            return [.deliver(.uploadEnd(stream: stream, end))]
        }

        /// Whether the stream is in flight; false when it is over.
        private func isKnown(_ stream: UInt32) throws(WireError) -> Bool {
            if streams[stream] != nil { return true }
            guard stream % 2 == 1, stream <= highest else { throw .malformed("stream \(stream) was never opened") }
            return false
        }

        private func requireConnectionStream(_ frame: Frame) throws(WireError) {
            guard frame.stream == 0 else { throw .malformed("\(frame.kind) on stream \(frame.stream); 0 is expected") }
        }
    }
}
