public import Primitives

/// Bytes or frames that break the protocol, or a limit of it. The connection that brought them is closed.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// NET-001 for what `Specs/wire.md` does not allow, NET-002 for more than its limits allow.
    public let code: ReasonCode
    /// What was found and what was expected, without content of partners.
    public let detail: String

    /// Describes an error with a code.
    public init(code: ReasonCode, detail: String) {
        self.code = code
        self.detail = detail
    }

    /// Describes a broken rule of the protocol: NET-001.
    public static func malformed(_ detail: String) -> WireError { WireError(code: .net001, detail: detail) }
    /// Describes an exceeded limit: NET-002.
    public static func excessive(_ detail: String) -> WireError { WireError(code: .net002, detail: detail) }

    /// Code and detail.
    public var description: String { "\(code): \(detail)" }
}
