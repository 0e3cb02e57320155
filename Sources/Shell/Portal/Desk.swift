import HTTPTypes
import HummingbirdCore
import OpenSSLKit
import Primitives
import Serving
import Transport

/// Everything that the routes need, in parts by what they are about.
struct Desk: Sendable {
    let sessions: HouseSessions
    let turnstile: Turnstile

    var readings: HouseReadings { HouseReadings(house: sessions.house) }
    var peers: HousePeers { HousePeers(house: sessions.house) }

    var batches: BatchDesk { BatchDesk(desk: self) }
    var documents: DocumentDesk { DocumentDesk(desk: self) }
    var books: BookDesk { BookDesk(desk: self) }
    var acts: ActDesk { ActDesk(desk: self) }

    /// The body of a POST, once its idempotency key is found to stand for no other request.
    ///
    /// What the API does by POST is the same when it is done twice: the key only guards a client against giving one key
    /// to two requests.
    ///
    /// - Throws: `Refusal` with API-001 for a body or key that is too long, API-002 for a key of another request.
    @concurrent
    func body(of call: Call) async throws -> [UInt8] {
        let body = try await call.body.collect(upTo: call.limits.bodyBytes)
        guard let key = call.header(.idempotencyKey) else { return body }
        guard (1...call.limits.idempotencyKeyLength).contains(key.utf8.count) else {
            throw Refusal(
                .api001, at: .whole.field("Idempotency-Key"),
                detail: "a key has 1 to \(call.limits.idempotencyKeyLength) characters")
        }
        let head = "\(call.request.head.path ?? "")\n\(call.header(.documentSignature) ?? "")\n"
        guard turnstile.accepts(key: key, of: call.peer.party, for: SHA256.digest(Array(head.utf8) + body)) else {
            throw Refusal(.api002, at: .whole.field("Idempotency-Key"), value: key)
        }
        return body
    }
}
