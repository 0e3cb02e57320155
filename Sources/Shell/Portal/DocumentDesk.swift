import Foundation
import HTTPTypes
import HummingbirdCore
import Primitives
import ProgrammeModel
import Serving
import Transport
import Wire

/// Listings and documents. A document stays "to be fetched" until its reader confirms it. `Specs/api.md`, "Documents".
struct DocumentDesk {
    let desk: Desk

    /// A page of a listing: its rows, and where to go on.
    func list(_ kind: ListKind, _ call: Call) async throws -> Answer {
        var since: Timestamp?
        if let text = call.query("since") {
            guard let instant = Timestamp(text) else {
                throw Refusal(.api001, at: .whole.field("since"), value: text, detail: "an instant of RFC 3339")
            }
            since = instant
        }
        let cursor = call.query("cursor")
        guard cursor.map({ Int($0) != nil }) ?? true else {
            throw Refusal(.api001, at: .whole.field("cursor"), detail: "the cursor of the page before")
        }
        let page = try await desk.sessions.list(
            ListRequest(kind: kind, since: since, cursor: cursor), from: call.peer)
        let next = page.next.map { "\"\($0)\"" } ?? "null"
        var answer = Answer.bytes(
            Array("{\"items\":".utf8) + page.json + Array(",\"next\":\(next)}".utf8), "application/json")
        if let next = page.next {
            let from = since.map { "&since=\($0)" } ?? ""
            answer.headers[.link] = "<\(call.request.uri.path)?cursor=\(next)\(from)>; rel=\"next\""
        }
        return answer
    }

    /// A document, or a range of it.
    func get(_ call: Call) async throws -> Answer { try await document(call.parameter("id"), call) }

    /// A bundle of evidence: a partner's own part, or the whole.
    func evidence(_ call: Call) async throws -> Answer {
        let window = call.parameter("window")
        guard WindowID.accepts(window) else { throw Refusal(.net005, value: window) }
        let part = call.peer.party.role == .partner ? "-\(call.peer.party.name)" : ""
        return try await document("EVD-\(window)\(part).tar", call)
    }

    private func document(_ name: String, _ call: Call) async throws -> Answer {
        let document = try await fetch(name, call)
        let tag = "\"\(document.digest)\""
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes",
            .reprDigest: "sha-256=:\(Base64.encode(document.digest.bytes)):",
            .contentDisposition: "attachment; filename=\"\(name)\"",
        ]
        if Self.matches(call.header(.ifNoneMatch), tag) { return Answer(status: .notModified, headers: headers) }
        headers[.contentType] = Self.type(of: name)
        if !document.signature.isEmpty {
            headers[.link] = "</v1/documents/\(name)/signature>; rel=\"describedby\""
        }
        // A range of another document than the client has a part of is of no use to it.
        let isSame = call.header(.ifRange).map { $0 == tag } ?? true
        switch isSame ? ByteRange.read(call.header(.range), size: document.size) : .whole {
        case .whole:
            return Answer(status: .ok, headers: headers, body: .document(document, 0..<document.size))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(document.size)"
            return Answer(status: .partialContent, headers: headers, body: .document(document, range))
        case .unsatisfiable:
            var answer = Problem.answer(
                Refusal(.api001, at: .whole.field("Range"), detail: "the document has \(document.size) bytes"),
                as: .rangeNotSatisfiable)
            answer.headers[.contentRange] = "bytes */\(document.size)"
            return answer
        }
    }

    /// A document's detached signature.
    func signature(_ call: Call) async throws -> Answer {
        let document = try await fetch(call.parameter("id"), call)
        guard !document.signature.isEmpty else { throw Refusal(.net005, value: call.parameter("id")) }
        return .bytes(document.signature, "application/pkcs7-signature")
    }

    /// What a confirmation states.
    private struct Confirmation: Decodable {
        var sha256: String
    }

    /// Notes that a document is safely kept by its reader.
    @concurrent
    func confirm(_ call: Call) async throws -> Answer {
        let body = try await desk.body(of: call)
        guard let stated = try? JSONDecoder().decode(Confirmation.self, from: Data(body)),
            let digest = Digest32(hex: stated.sha256)
        else { throw Refusal(.api001, detail: "the body is {\"sha256\": the digest of what is kept, in hex}") }
        try await desk.sessions.confirm(
            FetchConfirm(id: try Self.id(call.parameter("id")), digest: digest), from: call.peer)
        return Answer(status: .noContent)
    }

    private func fetch(_ name: String, _ call: Call) async throws -> any DocumentSource {
        try await desk.sessions.fetch(FetchRequest(id: try Self.id(name)), from: call.peer)
    }

    private static func id(_ text: String) throws(Refusal) -> DocumentID {
        guard let id = try? DocumentID(text) else { throw Refusal(.net005) }
        return id
    }

    private static func matches(_ condition: String?, _ tag: String) -> Bool {
        guard let condition else { return false }
        return condition.split(separator: ",").contains { item in
            let item = item.filter { $0 != " " }
            return item == "*" || item == tag || item == "W/" + tag
        }
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").dropFirst().last {
        case "csv": "text/csv; charset=utf-8"
        case "txt": "text/plain; charset=utf-8"
        case "tar": "application/x-tar"
        default: "application/xml"
        }
    }
}
