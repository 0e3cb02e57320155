import Primitives
public import Wire

/// Why something that a client asked was not done.
public enum ClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The gateway refused the request; the connection stays usable.
    case refused(ErrorNotice)
    /// The gateway refused the connection.
    case connectionRefused(ErrorNotice)
    /// The gateway says goodbye: nothing more may be asked here; connect again.
    case goodbye(code: String, detail: String)
    /// The connection cannot be made, or is gone: whether a request in flight was carried out is not known.
    case unavailable(String)
    /// The gateway does not follow the protocol.
    case protocolBroken(WireError)

    /// Whether the same may succeed later without a change.
    public var mayRetry: Bool {
        switch self {
        case .refused(let notice), .connectionRefused(let notice): notice.mayRetry
        case .goodbye, .unavailable: true
        case .protocolBroken: false
        }
    }

    /// The code of the refusal, where the gateway gave one.
    public var code: String? {
        switch self {
        case .refused(let notice), .connectionRefused(let notice): notice.code
        case .goodbye(let code, _): code
        case .protocolBroken(let error): error.code.code
        case .unavailable: nil
        }
    }

    /// A sentence with the code and what to do.
    public var description: String {
        switch self {
        case .refused(let notice), .connectionRefused(let notice):
            "\(notice.code): \(notice.detail); \(notice.action)"
        case .goodbye(let code, let detail): "\(code): \(detail); connect again"
        case .unavailable(let detail): detail
        case .protocolBroken(let error): "the gateway broke the protocol: \(error)"
        }
    }
}
