/// A stable code for everything that the gateway refuses or remarks on. `Specs/reason-codes.md` lists them all.
///
/// A code never changes its meaning and is never used again. It carries no severity of its own: see
/// `ReasonCode.severity`.
public struct ReasonCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The code, such as `SIG-002`.
    public let code: String

    /// What the code says about a file, record, message or command.
    public var entry: ReasonEntry { ReasonCatalogue.entries[code] ?? ReasonCatalogue.unknown(code) }
    /// What happens to what it was found in, unless an agreement is stricter.
    public var severity: Severity { entry.severity }
    /// The code itself.
    public var description: String { code }

    /// Orders as the catalogue does: SIG, SYN, FIL, then what concerns records.
    public static func < (a: ReasonCode, b: ReasonCode) -> Bool { a.entry.order < b.entry.order }

    /// Finds a code of the catalogue, or answers nil.
    public init?(_ code: String) {
        guard ReasonCatalogue.entries[code] != nil else { return nil }
        self.code = code
    }

    init(known code: StaticString) { self.code = "\(code)" }

    /// Every code, in the catalogue's order.
    public static var allCases: [ReasonCode] {
        ReasonCatalogue.entries.values.sorted { $0.order < $1.order }.compactMap { ReasonCode($0.code) }
    }
}

extension ReasonCode: Codable {
    /// Reads the code; one that this version does not know is kept as it stands.
    public init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the code.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}

/// What a finding does to that which it was found in.
public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
    /// The whole file or message is refused.
    case refuseFile = "REFUSE_FILE"
    /// The record is refused.
    case refuseRecord = "REFUSE_RECORD"
    /// Accepted, and told.
    case warning = "WARNING"
    /// A command or a programme's file is refused.
    case refuseCommand = "REFUSE_COMMAND"
}

/// One line of the catalogue of reason codes.
public struct ReasonEntry: Hashable, Sendable {
    /// The code.
    public let code: String
    /// Its place in the catalogue.
    public let order: Int
    /// What it does.
    public let severity: Severity
    /// The nearest ISO 20022 external status reason code, `-` where there is none.
    public let iso: String
    /// The nearest ISO 8583 response code, for tills.
    public let response: String
    /// The rule that was broken, in one sentence.
    public let rule: String
    /// What its reader can do about it.
    public let action: String
}
