/// Named limits on everything that comes from outside. `Specs/limits.md` lists them with their reasons.
public struct Limits: Hashable, Sendable {
    /// Bytes of a batch file.
    public var fileBytes: Int64 = 4 << 30
    /// Records of a batch file.
    public var recordsPerFile = 20_000_000
    /// Bytes of a detached signature or of a message with its signature.
    public var signatureBytes = 64 << 10
    /// Bytes of a real-time message.
    public var messageBytes = 64 << 10
    /// Nested elements of an XML document.
    public var elementDepth = 16
    /// Bytes from `<` to `>`.
    public var tagBytes = 8 << 10
    /// Bytes of a field's text, or of a CSV line's field.
    public var fieldBytes = 4 << 10
    /// Bytes of a CSV line.
    public var lineBytes = 16 << 10
    /// Findings that a receipt lists; the rest are counted and stand in the findings file.
    public var findingsPerReceipt = 1_000
    /// Findings that are kept for a file's findings file.
    public var findingsPerFile = 1_000_000

    /// The defaults.
    public init() {}

    /// What a partner's points, and its units, of a window must stay below, so that every sum and its money fit into 64
    /// bits. Code LIM-006.
    public static let unitsPerWindow: Int64 = 1_000_000_000_000_000

    /// Years for which originals are kept after their window's close, where the programme does not say.
    public static let retentionYears = 10

    /// Files and messages that one act closes.
    public static let namesPerForgetting = 1_000

    /// The largest amount of points of one record.
    public static let unitsPerRecord: Int64 = 999_999_999_999
}
