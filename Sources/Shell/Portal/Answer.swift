import Foundation
import HTTPTypes
import Primitives
import Transport

/// What is answered to a request.
struct Answer: Sendable {
    /// What comes after the header fields.
    enum Body: Sendable {
        /// Bytes in memory.
        case bytes([UInt8])
        /// A part of a document, read piece by piece.
        case document(any DocumentSource, Range<Int64>)

        /// Its length in bytes.
        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .document(_, let range): range.upperBound - range.lowerBound
            }
        }
    }

    /// The status.
    var status: HTTPResponse.Status
    /// The header fields of this answer; those that every answer has are added when it is sent.
    var headers = HTTPFields()
    /// The body.
    var body = Body.bytes([])

    /// An answer in JSON, with sorted members.
    static func json(
        _ value: some Encodable, _ status: HTTPResponse.Status = .ok, _ type: String = "application/json"
    ) -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts and numbers always encode") }
        return bytes(Array(data), type, status)
    }

    /// An answer with bytes of a type.
    static func bytes(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status = .ok) -> Answer {
        Answer(status: status, headers: [.contentType: type], body: .bytes(bytes))
    }
}

/// Header fields of the API beyond those that the library names.
extension HTTPField.Name {
    /// The detached signature of the body: a byte sequence of RFC 8941.
    static let documentSignature = known("Document-Signature")
    /// The digest of the whole representation, RFC 9530.
    static let reprDigest = known("Repr-Digest")
    /// How many bytes of an upload are durable.
    static let uploadOffset = known("Upload-Offset")
    /// By which a client repeats a request safely.
    static let idempotencyKey = known("Idempotency-Key")
    /// How the client would like to be served, RFC 7240.
    static let prefer = known("Prefer")
    /// Where a request comes from, as browsers say it.
    static let secFetchSite = known("Sec-Fetch-Site")
    /// The number of this request, for talks about it.
    static let requestID = known("Request-Id")
    static let crossOriginResourcePolicy = known("Cross-Origin-Resource-Policy")
    static let referrerPolicy = known("Referrer-Policy")
    static let link = known("Link")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header field's name") }
        return field
    }
}
