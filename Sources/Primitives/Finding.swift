/// One thing found wrong or remarkable, told so that its reader can act on it.
public struct Finding: Hashable, Sendable, Codable {
    /// The stable code.
    public var code: ReasonCode
    /// What it does here; an agreement can make a warning stricter, never a refusal milder.
    public var severity: Severity
    /// Where it was found.
    public var place: Place
    /// The offending value as received, cut to 64 characters; card numbers masked.
    public var value: String
    /// What was found or expected in this case, where the rule alone does not say it.
    public var detail: String

    /// Makes a finding with the code's own severity.
    public init(_ code: ReasonCode, at place: Place = .whole, value: String = "", detail: String = "") {
        self.code = code
        self.severity = code.severity
        self.place = place
        self.value = String(value.prefix(64))
        self.detail = detail
    }

    /// Whether it refuses the record or file that it was found in.
    public var refuses: Bool { severity != .warning }

    /// Where in a file or message a finding lies.
    public struct Place: Hashable, Sendable, Codable {
        /// The number of the record, counted from 1; 0 for header, trailer or the whole.
        public var record: Int
        /// The line, counted from 1; 0 where it is not known.
        public var line: Int
        /// The offset of the record's or element's first byte; -1 where it is not known.
        public var offset: Int64
        /// The field's path or column; empty where it is not one field.
        public var field: String

        /// The file as a whole.
        public static let whole = Place()

        /// Makes a place; what is left out is not known.
        public init(record: Int = 0, line: Int = 0, offset: Int64 = -1, field: String = "") {
            self.record = record
            self.line = line
            self.offset = offset
            self.field = field
        }

        /// The same place, at a field.
        public func field(_ name: String) -> Place {
            Place(record: record, line: line, offset: offset, field: name)
        }
    }
}

/// Expected refusal as a thrown value: one finding or several, nothing done.
public struct Refusal: Error, Hashable, CustomStringConvertible {
    /// What was found; never empty.
    public let findings: [Finding]

    /// Refuses with several findings, at least one.
    public init(_ findings: [Finding]) {
        precondition(!findings.isEmpty, "a refusal states its reason")
        self.findings = findings
    }

    /// Refuses with one finding.
    public init(_ code: ReasonCode, at place: Finding.Place = .whole, value: String = "", detail: String = "") {
        findings = [Finding(code, at: place, value: value, detail: detail)]
    }

    /// The first finding's code.
    public var code: ReasonCode { findings[0].code }

    /// What was found, without the first finding's code, which its reader has already; further ones on lines of their
    /// own with their codes.
    public var explanation: String {
        findings.enumerated().map { index, finding in
            index == 0 ? Self.sentence(finding) : "\(finding.code): \(Self.sentence(finding))"
        }.joined(separator: "\n")
    }

    /// Every finding on a line of its own: code, detail or rule, value and place.
    public var description: String { "\(code): \(explanation)" }

    private static func sentence(_ finding: Finding) -> String {
        var line = finding.detail.isEmpty ? finding.code.entry.rule : finding.detail
        if !finding.value.isEmpty { line += " ('\(finding.value)')" }
        if finding.place.record > 0 { line += " in record \(finding.place.record)" }
        if finding.place.line > 0 { line += " at line \(finding.place.line)" }
        if !finding.place.field.isEmpty { line += ", \(finding.place.field)" }
        return line
    }
}

/// A fault of the machine or of stored data: not the partner's doing, and not an expected outcome.
public struct Fault: Error, Hashable, CustomStringConvertible {
    /// What failed, with the path or number that it concerns.
    public let description: String

    /// Describes the failure.
    public init(_ description: String) { self.description = description }
}
