public import Primitives

/// What a connected party may do, in kind; its certificate decides.
public enum PartyRole: String, Hashable, Sendable, CaseIterable {
    /// A partner of the coalition.
    case partner = "PARTNER"
    /// One of the host's officers, who makes or checks acts.
    case officer = "OFFICER"
    /// Who runs the gateway.
    case `operator` = "OPERATOR"
    /// Who reads and verifies, and changes nothing.
    case auditor = "AUDITOR"
}

/// Who is connected: a role and a name within it.
public struct Party: Hashable, Sendable, CustomStringConvertible {
    /// The role.
    public var role: PartyRole
    /// The partner's id, or the officer's name: 1 to 64 characters.
    public var name: String

    /// Names a party.
    public init(role: PartyRole, name: String) {
        self.role = role
        self.name = name
    }

    /// Role and name.
    public var description: String { "\(role.rawValue) \(name)" }
}

/// What a list is asked of.
public enum ListKind: String, Hashable, Sendable, CaseIterable {
    /// Receipts and answers.
    case receipts = "RECEIPTS"
    /// Statements.
    case statements = "STATEMENTS"
    /// Clearing windows.
    case windows = "WINDOWS"
    /// Every document that the asker has not yet confirmed.
    case pending = "PENDING"
}

/// Where an officer's act stands.
public enum ActState: String, Hashable, Sendable, CaseIterable {
    /// The maker's signature is there; a checker's is missing.
    case awaitingChecker = "AWAITING_CHECKER"
    /// The act is a fact.
    case done = "DONE"
}

/// The id of something that the gateway issued and keeps: a receipt, an answer, a statement, a file of findings.
public struct DocumentID: ValidatedText {
    /// What the text is called in messages.
    public static let label = "document id"
    /// The rule in words.
    public static let rule = "1 to 128 of A-Z a-z 0-9 . _ : -"
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isAlphanumeric || $0 == 0x2E || $0 == 0x5F || $0 == 0x3A || $0 == 0x2D }
    }
}

/// What a query asks for, such as `status` or `records`. `Specs/wire.md` says who may ask what.
public struct QueryKind: ValidatedText {
    /// What the text is called in messages.
    public static let label = "query"
    /// The rule in words.
    public static let rule = "a letter, then up to 39 of a-z 0-9 -"
    /// The text as given.
    public let text: String
    /// Wraps text that is known to obey the rule.
    public init(unchecked text: String) { self.text = text }
    /// Whether the text obeys the rule.
    public static func accepts(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isLowercase, text.utf8.count <= 40 else { return false }
        return text.utf8.allSatisfy { $0.isLowercase || $0.isDigit || $0 == 0x2D }
    }
}

/// A batch file's place among a partner's files: series and number. With the partner it is the batch id.
public struct BatchNumber: Hashable, Sendable, CustomStringConvertible {
    /// LIVE or TEST.
    public var series: Series
    /// The number within the series, from 1.
    public var sequence: Int64

    /// Names a batch file; the sequence is 1 or more.
    public init(series: Series, sequence: Int64) {
        precondition(sequence > 0, "sequence numbers begin at 1")
        self.series = series
        self.sequence = sequence
    }

    /// Such as `LIVE 412`.
    public var description: String { "\(series.rawValue) \(sequence)" }
}

extension BatchNumber {
    init(from reader: inout FieldReader) throws(WireError) {
        series = try reader.word(1, "series", as: Series.self)
        sequence = try reader.number(2, "sequence")
        guard sequence > 0 else { throw .malformed("sequence numbers begin at 1") }
    }

    func write(to writer: inout FieldWriter) {
        writer.put(1, series.rawValue)
        writer.put(2, number: sequence)
    }
}
