import NIOCore
import NIOPosix
public import Primitives
public import Wire

/// Where the bytes of an upload come from.
public protocol ByteSource: Sendable {
    /// Bytes in number.
    var size: Int64 { get }
    /// Reads `count` bytes from `offset` on; both within the size.
    func read(at offset: Int64, count: Int) async throws -> [UInt8]
}

/// Bytes in memory.
public struct MemorySource: ByteSource {
    private let bytes: [UInt8]

    /// Wraps bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Bytes in number.
    public var size: Int64 { Int64(bytes.count) }
    /// Bytes of it.
    public func read(at offset: Int64, count: Int) -> [UInt8] { Array(bytes[Int(offset)..<Int(offset) + count]) }
}

/// A file, read piece by piece on threads of its own.
public struct FileSource: ByteSource {
    /// Bytes in number, when it was opened.
    public let size: Int64
    private let handle: NIOFileHandle
    private let path: String

    /// Opens a file for as long as the body runs.
    ///
    /// - Throws: `Fault` when it cannot be opened; what the body throws.
    public static func withFile<Result>(_ path: String, _ body: (FileSource) async throws -> Result) async throws
        -> Result
    {
        let source = try await open(path)
        let result: Result
        do {
            result = try await body(source)
        } catch {
            try? source.handle.close()
            throw error
        }
        try source.handle.close()
        return result
    }

    private static func open(_ path: String) async throws(Fault) -> FileSource {
        do {
            let handle = try await NIOThreadPool.singleton.runIfActive {
                try NIOFileHandle(_deprecatedPath: path, mode: .read)
            }
            let size = try await NonBlockingFileIO(threadPool: .singleton).readFileSize(fileHandle: handle)
            return FileSource(size: size, handle: handle, path: path)
        } catch {
            throw Fault("\(path) cannot be read: \(error)")
        }
    }

    /// Reads bytes of the file.
    ///
    /// - Throws: `Fault` when it cannot be read or has become shorter.
    public func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let buffer = try await NonBlockingFileIO(threadPool: .singleton).read(
            fileHandle: handle, fromOffset: offset, byteCount: count, allocator: ByteBufferAllocator())
        guard buffer.readableBytes == count else { throw Fault("\(path) has changed while it was sent") }
        return Array(buffer.readableBytesView)
    }
}

/// What happens during an upload.
public enum UploadEvent: Hashable, Sendable {
    /// The gateway wants the bytes from here on: 0, or where an earlier upload broke.
    case began(offset: Int64)
    /// So many bytes are sent.
    case sent(Int64)
    /// So many bytes are durable at the gateway.
    case durable(Int64)
    /// A receipt came.
    case receipt(Receipt)
}

// Uploads.
extension GatewayConnection {
    /// Uploads a batch file and waits for its receipts up to a grade.
    ///
    /// The same call on a new connection resumes a broken upload: the gateway says which bytes it still wants. A file
    /// that it has already is not sent; its stored receipts come, marked as copies.
    ///
    /// - Returns: the receipts that came, oldest first.
    /// - Throws: `ClientFailure`, or what the source throws.
    public func upload(
        _ begin: UploadBegin, from source: any ByteSource, until grade: ReceiptGrade = .received,
        _ event: @escaping @Sendable (UploadEvent) async -> Void = { _ in }
    ) async throws -> [Receipt] {
        precondition(source.size == begin.size, "the declared size is the source's")
        let (stream, replies) = try open(.upload(begin))
        do {
            guard let first = try await replies.next() else { return [] }
            guard case .uploadAccept(let offset) = first.message else {
                return try await receipts(first, replies, event)
            }
            await event(.began(offset: offset))
            // Side by side, so that a source that fails is noticed while replies are waited for, and the reverse.
            return try await withThrowingTaskGroup(of: [Receipt].self) { group in
                group.addTask {
                    try await self.sendBytes(stream, source, from: offset, until: grade, event)
                    return []
                }
                group.addTask { try await self.receipts(nil, replies, event) }
                var receipts: [Receipt] = []
                while let some = try await group.next() { receipts += some }
                return receipts
            }
        } catch {
            abandon(stream, replies)
            throw error
        }
    }

    private func sendBytes(
        _ stream: UInt32, _ source: any ByteSource, from start: Int64, until grade: ReceiptGrade,
        _ event: @Sendable (UploadEvent) async -> Void
    ) async throws {
        var offset = start
        while offset < source.size {
            let bytes = try await source.read(at: offset, count: Int(min(welcome.chunkBytes, source.size - offset)))
            // The gateway ended the stream: it says why in its reply.
            guard try await sendChunk(bytes, stream) else { return }
            offset += Int64(bytes.count)
            await event(.sent(offset))
        }
        try await sendEnd(until: grade, stream)
    }

    private func receipts(
        _ first: Reply?, _ replies: Mailbox<Reply>, _ event: @Sendable (UploadEvent) async -> Void
    ) async throws -> [Receipt] {
        var receipts: [Receipt] = []
        var next = first
        if next == nil { next = try await replies.next() }
        while let reply = next {
            switch reply.message {
            case .receipt(let receipt):
                receipts.append(receipt)
                await event(.receipt(receipt))
            case .progress(let durable): await event(.durable(durable))
            case .error(let notice): throw ClientFailure.refused(notice)
            default: break
            }
            next = try await replies.next()
        }
        return receipts
    }
}
