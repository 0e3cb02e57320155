import HTTPTypes
import HummingbirdCore
import NIOCore
import Primitives
import Transport

/// One request, with who makes it and what its path names.
struct Call {
    let request: Request
    let peer: Peer
    let roles: Set<DeskRole>
    /// Parts of the path by the names of the template.
    let parameters: [String: String]
    let body: CallBody
    let limits: PortalLimits

    /// A part of the path.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// A parameter of the query, or nil.
    func query(_ name: String) -> String? { request.uri.queryParameters[name[...]].map(String.init) }

    /// A header field, or nil.
    func header(_ name: HTTPField.Name) -> String? { request.headers[name] }

    /// The media type of the body without its parameters, in small letters.
    var contentType: String {
        (header(.contentType) ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    }

    /// The detached signature that came with the body.
    ///
    /// - Throws: `Refusal` with API-001 when it is missing, or no byte sequence of RFC 8941.
    func signature() throws(Refusal) -> [UInt8] {
        let text = header(.documentSignature) ?? ""
        guard let bytes = Self.byteSequence(text[...]), !bytes.isEmpty else {
            throw Refusal(
                .api001, at: .whole.field("Document-Signature"), detail: "the detached signature, as :BASE64:")
        }
        return bytes
    }

    /// The SHA-256 that `Repr-Digest` states.
    ///
    /// - Throws: `Refusal` with API-001 when it states none.
    func digest() throws(Refusal) -> Digest32 {
        for item in (header(.reprDigest) ?? "").split(separator: ",") {
            let item = item.drop { $0 == " " }
            guard item.hasPrefix("sha-256="), let bytes = Self.byteSequence(item.dropFirst(8)) else { continue }
            if let digest = Digest32(bytes: bytes) { return digest }
        }
        throw Refusal(
            .api001, at: .whole.field("Repr-Digest"), detail: "the SHA-256 of the whole file, as sha-256=:BASE64:")
    }

    private static func byteSequence(_ text: Substring) -> [UInt8]? {
        guard text.count >= 2, text.first == ":", text.last == ":" else { return nil }
        return Base64.decode(text.dropFirst().dropLast().utf8)
    }

    /// For how many seconds the client waits, by `Prefer: wait=N`; 0 where it does not say.
    var waitSeconds: Int64 {
        let words = (header(.prefer) ?? "").split { ",; ".contains($0) }
        let wait = words.first { $0.hasPrefix("wait=") }.flatMap { Int64($0.dropFirst(5)) } ?? 0
        return min(max(wait, 0), limits.waitSeconds)
    }
}

/// The body of a request, read once.
final class CallBody {
    private var iterator: RequestBody.AsyncIterator
    private(set) var isAtEnd = false
    private var invite: (() -> Void)?

    /// A body that is not read yet.
    ///
    /// - Parameter invite: tells a client that waits for it to send the body; called when somebody wants it.
    init(_ request: Request, invite: (() -> Void)?) {
        iterator = request.body.makeAsyncIterator()
        self.invite = invite
    }

    /// The next piece; nil at the end.
    @concurrent
    func next() async throws -> ByteBuffer? {
        guard !isAtEnd else { return nil }
        invite?()
        invite = nil
        let piece = try await iterator.next()
        if piece == nil { isAtEnd = true }
        return piece
    }

    /// The whole body.
    ///
    /// - Throws: `Refusal` with API-001 when it is longer than the limit.
    @concurrent
    func collect(upTo limit: Int) async throws -> [UInt8] {
        var out: [UInt8] = []
        while let piece = try await next() {
            guard out.count + piece.readableBytes <= limit else {
                throw Refusal(.api001, detail: "the body has more than \(limit) bytes")
            }
            out += piece.readableBytesView
        }
        return out
    }

    /// Reads what is left and drops it, so that the client sees its answer. Who was never invited sends nothing.
    @concurrent
    func drain() async throws {
        guard invite == nil else { return }
        while try await next() != nil {}
    }
}
