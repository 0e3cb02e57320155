internal import COpenSSL

/// What OpenSSL, or the reading of bytes for it, refused to do.
///
/// Callers decide what it means: bytes from outside that do not decode become a finding, a key file that the operator
/// named becomes a usage error.
public struct CryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Kind: String, Hashable, Sendable {
        /// The bytes are not what they should be, such as a certificate that does not decode.
        case malformed
        /// The bytes are well formed but use something that this program does not support.
        case unsupported
        /// Two things that belong together do not match, such as a key and its certificate.
        case mismatch
        /// OpenSSL failed at an operation that should have worked.
        case failed
    }

    /// The kind of failure.
    public let kind: Kind
    /// What was tried and why it failed, in one sentence without key material.
    public let detail: String

    /// Describes a failure.
    public init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// The detail.
    public var description: String { detail }
}

/// OpenSSL's queue of errors, which belongs to the running thread.
///
/// Every call sequence clears it first and reads it at once after a failure, before anything can suspend, so that an
/// error of one partner's message is never told about another's.
enum ErrorQueue {
    /// Forgets what is queued.
    static func clear() { ERR_clear_error() }

    /// Takes the queued errors as text; empty when there are none.
    static func drain() -> String {
        var texts: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { break }
            let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                unsafe ERR_error_string_n(code, buffer.baseAddress, buffer.count)
                return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
            }
            // "error:0A000086:SSL routines::certificate verify failed": the last part is the one for people.
            texts.append(String(text.split(separator: ":").last ?? "unknown error"))
            if texts.count == 8 {
                ERR_clear_error()
                break
            }
        }
        return texts.joined(separator: "; ")
    }

    /// Turns a failure into an error that says what was tried.
    static func error(_ kind: CryptoError.Kind, _ what: String) -> CryptoError {
        let reason = drain()
        return CryptoError(kind, reason.isEmpty ? what : "\(what): \(reason)")
    }
}
