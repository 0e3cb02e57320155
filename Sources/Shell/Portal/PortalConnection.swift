import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import Primitives
import Serving
import Synchronization
import Transport
import Wire

/// What the parts of one connection of the API share: who it is, and what is done with its requests.
final class PortalConnection: Sendable {
    /// What the handshake found, and why nothing may be asked here.
    private struct State {
        var verdict: PeerVerdict?
        var refusal: Refusal?
        var requests = 0
    }

    let number: Int64
    private let address: String
    private let desk: Desk
    private let limits: PortalLimits
    private let log: Logger
    private let state = Mutex(State())

    init(number: Int64, address: String, desk: Desk, limits: PortalLimits, log: Logger) {
        self.number = number
        self.address = address
        self.desk = desk
        self.limits = limits
        var log = log
        log[metadataKey: "connection"] = "\(number)"
        log[metadataKey: "address"] = "\(address)"
        self.log = log
    }

    /// Takes what the verifier found.
    func judged(_ verdict: PeerVerdict) {
        state.withLock { $0.verdict = verdict }
        guard case .refused(let finding) = verdict else { return }
        log.notice("certificate refused", metadata: ["code": "\(finding.code)", "detail": "\(finding.detail)"])
    }

    /// The party, once the client is authenticated; nil for one that is registered nowhere, or was never judged.
    var party: Party? { peer?.party }

    private var peer: Peer? {
        guard case .accepted(let identity)? = state.withLock({ $0.verdict }) else { return nil }
        return Peer(identity: identity, connection: number, address: address)
    }

    /// Every request here is refused from now on.
    func refuse(_ refusal: Refusal) { state.withLock { $0.refusal = refusal } }

    /// A connection on which nothing may be asked is closed after its first answer.
    private struct NothingToAsk: Error {}

    /// Answers one request within its deadline.
    @concurrent
    func respond(_ request: HummingbirdCore.Request, _ writer: consuming ResponseWriter, _ channel: any Channel)
        async throws
    {
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(limits.requestSeconds)) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        let id = state.withLock { state in
            state.requests += 1
            return "\(number)-\(state.requests)"
        }
        let expects = request.headers[.expect]?.lowercased() == "100-continue"
        let invite = { channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil) }
        let body = CallBody(request, invite: expects ? invite : nil)
        let answer = await answer(request, body, at: channel.eventLoop.now)
        log.debug("answered", metadata: ["request": "\(id)", "status": "\(answer.status.code)"])
        try await Self.send(answer, to: request, id, writer)
        guard peer != nil, state.withLock({ $0.refusal == nil }) else { throw NothingToAsk() }
        try await body.drain()
    }

    @concurrent
    private func answer(_ request: HummingbirdCore.Request, _ body: CallBody, at now: NIODeadline) async -> Answer {
        do {
            return try await serve(request, body, at: now)
        } catch let refusal as Refusal {
            return Problem.answer(refusal)
        } catch let notice as WireError {
            return Problem.answer(Refusal(notice.code, detail: notice.detail))
        } catch {
            log.error("a request failed", metadata: ["error": "\(error)"])
            return Problem.fault
        }
    }

    @concurrent
    private func serve(_ request: HummingbirdCore.Request, _ body: CallBody, at now: NIODeadline) async throws -> Answer
    {
        let peer = try known()
        if let seconds = desk.turnstile.enter(peer.party, at: Int64(now.uptimeNanoseconds / 1_000_000_000)) {
            var answer = Problem.answer(
                Refusal(.net002, detail: "\(peer.party) makes more than \(limits.requestsPerMinute) requests a minute"))
            answer.headers[.retryAfter] = "\(seconds)"
            return answer
        }
        // The key may have been suspended, or an officer's role ended, since the connection was made.
        try desk.sessions.admit(peer)
        try Self.refuseOtherSites(request)
        let roles = await DeskRole.roles(of: peer, desk.peers)
        switch Routes.find(request.method, request.uri.path) {
        case .nothing: throw Refusal(.net005)
        case .otherMethods(let methods):
            var answer = Problem.answer(
                Refusal(.api001, at: .whole.field("method"), detail: "this path has other methods"),
                as: .methodNotAllowed)
            answer.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
            return answer
        case .route(let route, let parameters):
            guard !roles.isDisjoint(with: route.roles) else {
                let names = route.roles.sorted().map(\.rawValue).joined(separator: ", ")
                throw Refusal(.net004, value: peer.party.description, detail: "this is for \(names)")
            }
            let call = Call(
                request: request, peer: peer, roles: roles, parameters: parameters, body: body, limits: limits)
            guard route.consumes.isEmpty || route.consumes.contains(call.contentType) else {
                return Problem.answer(
                    Refusal(
                        .api001, at: .whole.field("Content-Type"),
                        detail: "the body is \(route.consumes.joined(separator: " or "))"), as: .unsupportedMediaType)
            }
            return try await route.handler(desk, call)
        }
    }

    /// Who is connected.
    ///
    /// - Throws: `Refusal` with NET-004 for a certificate that is nobody's, NET-002 for a connection too many.
    private func known() throws(Refusal) -> Peer {
        let (verdict, refusal) = state.withLock { ($0.verdict, $0.refusal) }
        if let refusal { throw refusal }
        if case .unregistered(let fingerprint)? = verdict {
            throw Refusal(.net004, value: fingerprint.description, detail: "the certificate is not registered")
        }
        guard let peer else { throw Refusal(.net004, detail: "the certificate was not judged") }
        return peer
    }

    /// A browser sends its client certificate with requests that pages of other sites make: those are refused.
    private static func refuseOtherSites(_ request: HummingbirdCore.Request) throws(Refusal) {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" {
            throw Refusal(.api003, at: .whole.field("Sec-Fetch-Site"), value: site)
        }
        if let origin = request.headers[.origin], origin != "https://\(request.head.authority ?? "")" {
            throw Refusal(.api003, at: .whole.field("Origin"), value: origin)
        }
    }

    // MARK: Sending

    /// What every answer says to browsers: keep to TLS, load and frame nothing, guess no types, keep no copies.
    private static let always: [(HTTPField.Name, String)] = [
        (.strictTransportSecurity, "max-age=63072000; includeSubDomains"),
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        (.xContentTypeOptions, "nosniff"), (.cacheControl, "no-store"), (.referrerPolicy, "no-referrer"),
        (.crossOriginResourcePolicy, "same-origin"),
    ]

    @concurrent
    private static func send(
        _ answer: Answer, to request: HummingbirdCore.Request, _ id: String, _ writer: consuming ResponseWriter
    ) async throws {
        var headers = answer.headers
        for (name, value) in always { headers[name] = value }
        headers[.requestID] = id
        if answer.status != .noContent, answer.status != .notModified {
            headers[.contentLength] = "\(answer.body.count)"
        }
        let head = HTTPResponse(status: answer.status, headerFields: headers)
        guard request.method != .head, answer.body.count > 0, headers[.contentLength] != nil else {
            return try await writer.writeResponse(head)
        }
        switch answer.body {
        case .bytes(let bytes):
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .document(let document, let range):
            var out = try await writer.writeHead(head)
            var place = range.lowerBound
            while place < range.upperBound {
                let count = Int(min(pieceBytes, range.upperBound - place))
                try await out.write(ByteBuffer(bytes: try await document.read(at: place, count: count)))
                place += Int64(count)
            }
            try await out.finish(nil)
        }
    }

    /// Bytes of a document that are in memory at once.
    private static let pieceBytes: Int64 = 256 << 10
}
