public import HTTPTypes
import Wire

/// One thing that the API does: the table of them makes the router, the page of the API, and its tests.
public struct Route: Sendable {
    typealias Handler = @concurrent @Sendable (Desk, Call) async throws -> Answer

    /// The method. Where it is GET, HEAD answers the same without a body.
    public let method: HTTPRequest.Method
    /// The path, with `{name}` for each part that varies.
    public let path: String
    /// Who may use it.
    public let roles: Set<DeskRole>
    /// What its body may be; none for a request without one. No form of a page can send these.
    public let consumes: [String]
    /// What it is for.
    public let summary: String
    let handler: Handler

    private let parts: [Substring]

    init(
        _ method: HTTPRequest.Method, _ path: String, _ roles: Set<DeskRole>, consumes: [String] = [],
        _ summary: String, _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.roles = roles
        self.consumes = consumes
        self.summary = summary
        self.handler = handler
        parts = path.split(separator: "/")
    }

    /// The parts of a path by the names of the template; nil when the path is not of this form.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == parts.count else { return nil }
        var out: [String: String] = [:]
        for (part, text) in zip(parts, path) {
            if part.first == "{" {
                out[String(part.dropFirst().dropLast())] = String(text)
            } else if part != text {
                return nil
            }
        }
        return out
    }

    /// Whether a request of this method is served here.
    func serves(_ method: HTTPRequest.Method) -> Bool {
        method == self.method || (method == .head && self.method == .get)
    }
}

/// The whole API. `Specs/api.md` explains it, `Specs/openapi.yaml` describes it; tests hold both to this table.
public enum Routes {
    private static let file = "/v1/batches/{series}/{sequence}"

    /// Every route.
    public static let all: [Route] = [
        Route(.get, "/v1/me", DeskRole.everybody, "Who is connected, in which roles; the gateway's time") {
            try await $0.books.me($1)
        },
        Route(.get, "/v1/openapi.yaml", DeskRole.everybody, "The description of this API, OpenAPI 3.1") {
            $0.books.description($1)
        },
        Route(.get, "/v1/windows", DeskRole.everybody, "Clearing windows up to now") {
            try await $0.documents.list(.windows, $1)
        },
        Route(.get, "/v1/keys", DeskRole.everybody, "Keys with their times: a partner's own, or all") {
            try await $0.books.keys($1)
        },
        Route(.put, file, [.partner], consumes: BatchDesk.types, "Send a signed batch file, or the rest of it") {
            try await $0.batches.put($1)
        },
        Route(.get, file, DeskRole.readers, "What became of a batch file, with its receipts") {
            try await $0.batches.status($1)
        },
        Route(.get, file + "/findings", DeskRole.readers, "What was found in a batch file") {
            try await $0.batches.findings($1)
        },
        Route(.get, file + "/uploads/{sha256}", [.partner], "How much of an upload under way is durable") {
            try $0.batches.offset($1)
        },
        Route(.get, "/v1/status", DeskRole.readers, "What an id stands for, and what became of it") {
            try await $0.books.status($1)
        },
        Route(.get, "/v1/receipts", DeskRole.readers, "Receipts") { try await $0.documents.list(.receipts, $1) },
        Route(.get, "/v1/statements", DeskRole.readers, "Clearing and settlement statements") {
            try await $0.documents.list(.statements, $1)
        },
        Route(.get, "/v1/pending", DeskRole.readers, "Documents that the reader has not yet confirmed") {
            try await $0.documents.list(.pending, $1)
        },
        Route(.get, "/v1/documents/{id}", DeskRole.readers, "A document, whole or a range of it") {
            try await $0.documents.get($1)
        },
        Route(.get, "/v1/documents/{id}/signature", DeskRole.readers, "A document's detached signature") {
            try await $0.documents.signature($1)
        },
        Route(
            .post, "/v1/documents/{id}/confirmation", [.partner, .maker, .checker], consumes: ["application/json"],
            "Confirm that a document is safely kept"
        ) { try await $0.documents.confirm($1) },
        Route(.get, "/v1/evidence/{window}", DeskRole.readers, "The evidence of a closed window") {
            try await $0.documents.evidence($1)
        },
        Route(.get, "/v1/positions", DeskRole.readers, "Positions: a partner's own, or all") {
            try await $0.books.positions($1)
        },
        Route(.get, "/v1/positions/{partner}", DeskRole.readers, "A partner's position") {
            try await $0.books.position($1)
        },
        Route(.get, "/v1/agreements/{partner}", DeskRole.readers, "An agreement as it stands on a date") {
            try await $0.books.agreement($1)
        },
        Route(.get, "/v1/acts", [.maker, .checker, .auditor], "Acts that wait for their checker") {
            try await $0.acts.pending($1)
        },
        Route(.post, "/v1/acts", [.maker], consumes: ["application/json"], "Raise a signed act") {
            try await $0.acts.propose($1)
        },
        Route(
            .post, "/v1/acts/{digest}/countersignature", [.checker], consumes: ["application/pkcs7-signature"],
            "Countersign another officer's act, which carries it out"
        ) { try await $0.acts.countersign($1) },
    ]

    /// Where a path leads.
    enum Match {
        /// To a route, with what the path names.
        case route(Route, [String: String])
        /// To something that has other methods.
        case otherMethods([HTTPRequest.Method])
        /// Nowhere.
        case nothing
    }

    static func find(_ method: HTTPRequest.Method, _ path: String) -> Match {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var methods: [HTTPRequest.Method] = []
        for route in all {
            guard let parameters = route.match(Array(parts)) else { continue }
            if route.serves(method) { return .route(route, parameters) }
            methods += route.method == .get ? [.get, .head] : [route.method]
        }
        return methods.isEmpty ? .nothing : .otherMethods(methods)
    }
}
