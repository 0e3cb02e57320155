/// A stage of a verification, in the order in which the stages are gone through. Specs/evidence.md, Checks and
/// verdicts.
public enum VerificationStage: String, Hashable, Sendable, CaseIterable {
    /// The archive's form, and its manifest.
    case archive
    /// Keys and authorities that are pinned.
    case trust
    /// Proofs of the log and of records' trees.
    case log
    /// Signatures over bytes.
    case signature
    /// Whether signers were entitled at the time.
    case key
    /// The order of things in time.
    case order
    /// Whether everything is there.
    case completeness
    /// Every figure.
    case arithmetic
    /// What documents say.
    case document

    /// The exit status of a verification that fails at the stage.
    public var exitStatus: Int32 {
        switch self {
        case .archive: 10
        case .signature: 11
        case .key: 12
        case .completeness: 13
        case .order: 14
        case .arithmetic: 15
        case .document: 16
        case .trust: 17
        case .log: 18
        }
    }
}

/// Something that does not hold.
public struct VerificationFinding: Hashable, Sendable, CustomStringConvertible {
    /// The stage that found it.
    public var stage: VerificationStage
    /// The entry, fact, record, statement line or key that it is about.
    public var item: String
    /// What was found.
    public var found: String
    /// What should be; empty where that goes without saying.
    public var expected: String

    /// Makes a finding; the parameters are the properties of the same names.
    public init(_ stage: VerificationStage, _ item: String, _ found: String, expected: String = "") {
        self.stage = stage
        self.item = item
        self.found = found
        self.expected = expected
    }

    /// One sentence for people.
    public var description: String {
        "\(stage.rawValue): \(item): \(found)" + (expected.isEmpty ? "" : ", expected \(expected)")
    }
}

/// How far a statement's line was proved.
public enum LineGrade: String, CaseIterable, Hashable, Sendable {
    /// From bytes that the senders signed.
    case recomputed
    /// From masked leaves of another partner's files.
    case attested
    /// From signed acts and agreements.
    case issued
}

/// What a verification has found.
public struct EvidenceReport: Sendable {
    /// What does not hold; all of one stage. Empty when everything does.
    public internal(set) var findings: [VerificationFinding] = []
    /// What could not be compared, and why; no fault of the bundle.
    public internal(set) var remarks: [String] = []
    /// Statements with the grades of their lines.
    public internal(set) var statements: [(id: String, lines: [(number: Int, grade: LineGrade)])] = []
    /// How many things were compared, by what they are.
    public internal(set) var checked: [(what: String, count: Int64)] = []
    /// What the bundle is about.
    public internal(set) var scope: String = ""

    /// The stage that failed, or nil.
    public var failed: VerificationStage? { findings.first?.stage }
    /// The exit status.
    public var exitStatus: Int32 { failed?.exitStatus ?? 0 }

    mutating func fail(_ stage: VerificationStage, _ item: String, _ found: String, expected: String = "") {
        // A hostile bundle must not fill the memory with complaints.
        guard findings.count < 1000 else { return }
        findings.append(VerificationFinding(stage, item, found, expected: expected))
    }

    mutating func count(_ what: String, _ number: Int64 = 1) {
        if let index = checked.firstIndex(where: { $0.what == what }) {
            checked[index].count += number
        } else {
            checked.append((what, number))
        }
    }
}
