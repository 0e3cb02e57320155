/// What a partner reports in one record. `Specs/rules.md` has their effects.
public enum RecordType: String, Hashable, Sendable, Codable, CaseIterable {
    /// Points earned.
    case accrual = "ACCR"
    /// A bonus that several partners fund.
    case bonus = "BONU"
    /// Points spent.
    case redemption = "REDM"
    /// The reversal of an earlier record, whole or in part.
    case reversal = "RVSL"
    /// A correction in points.
    case adjustment = "ADJT"
    /// Own points changed into the shared currency.
    case transferIn = "TRFI"
    /// The shared currency changed into own points.
    case transferOut = "TRFO"

    /// The number that stands for it in entries and leaves: 1 and up.
    public var code: UInt8 {
        switch self {
        case .accrual: 1
        case .bonus: 2
        case .redemption: 3
        case .reversal: 4
        case .adjustment: 5
        case .transferIn: 6
        case .transferOut: 7
        }
    }
}

/// Which side of the partner's account with the host an amount stands on; the codes are those of ISO 20022.
public enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
    /// The partner owes the host.
    case debit = "DBIT"
    /// The host owes the partner.
    case credit = "CRDT"

    /// The other side.
    public var opposite: Direction { self == .debit ? .credit : .debit }
    /// -1 for a debit, 1 for a credit: plus means that the host owes.
    public var sign: Int64 { self == .debit ? -1 : 1 }
}

/// What a statement line is about. The cases stand in the order in which statements list them (Specs/rules.md, R5).
public enum LineKind: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// Points issued to members.
    case issuance = "ISSUANCE"
    /// The reversal of that.
    case issuanceReversal = "ISSUANCE_REVERSAL"
    /// A funder's part of a joint bonus.
    case bonusFunding = "BONUS_FUNDING"
    /// The reversal of that.
    case bonusFundingReversal = "BONUS_FUNDING_REVERSAL"
    /// Points redeemed at the partner.
    case reimbursement = "REIMBURSEMENT"
    /// The reversal of that.
    case reimbursementReversal = "REIMBURSEMENT_REVERSAL"
    /// Own points changed into the shared currency.
    case transferIn = "TRANSFER_IN"
    /// The reversal of that.
    case transferInReversal = "TRANSFER_IN_REVERSAL"
    /// The shared currency changed into own points.
    case transferOut = "TRANSFER_OUT"
    /// The reversal of that.
    case transferOutReversal = "TRANSFER_OUT_REVERSAL"
    /// A correction in points.
    case adjustmentPoints = "ADJUSTMENT_POINTS"
    /// The reversal of that.
    case adjustmentPointsReversal = "ADJUSTMENT_POINTS_REVERSAL"
    /// A correction in money.
    case adjustmentMoney = "ADJUSTMENT_MONEY"
    /// The fee for accepted records.
    case feeRecord = "FEE_RECORD"
    /// The fee for late records.
    case feeLate = "FEE_LATE"
    /// The fee for accepted files.
    case feeFile = "FEE_FILE"
    /// The fee for refused records.
    case feeRejected = "FEE_REJECTED"
    /// The fee for enrolments.
    case feeEnrolment = "FEE_ENROLMENT"
    /// The monthly minimum fee.
    case feeMinimumMonthly = "FEE_MINIMUM_MONTHLY"

    /// The place in the order of lines.
    public var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    /// Orders as statements do.
    public static func < (a: LineKind, b: LineKind) -> Bool { a.order < b.order }

    /// The kind that reverses this one, or nil for what is not reversed.
    public var reversal: LineKind? { LineKind(rawValue: rawValue + "_REVERSAL") }
    /// The kind that this one reverses, or itself.
    public var base: LineKind {
        rawValue.hasSuffix("_REVERSAL") ? LineKind(rawValue: String(rawValue.dropLast(9))) ?? self : self
    }
    /// Whether it is a fee: money only, on the settlement statement only.
    public var isFee: Bool { rawValue.hasPrefix("FEE_") }
    /// Whether the host supplies it, so that the agreement's tax category applies (Specs/rules.md, R7).
    public var isHostSupply: Bool {
        switch base {
        case .reimbursement, .transferOut, .adjustmentMoney: false
        default: true
        }
    }
}

/// The series of a batch: what counts, or the dry run.
public enum Series: String, Hashable, Sendable, Codable, CaseIterable {
    /// Posted.
    case live = "LIVE"
    /// Checked and answered in full, never posted.
    case test = "TEST"
}

/// What became of a record.
public enum RecordStatus: String, Hashable, Sendable, Codable, CaseIterable {
    /// Accepted.
    case accepted = "ACCP"
    /// Refused.
    case refused = "RJCT"
    /// A repeat of an accepted record; the first result holds.
    case duplicate = "DUPL"

    /// The number that stands for it in entries and leaves: 1 and up.
    public var code: UInt8 {
        switch self {
        case .accepted: 1
        case .refused: 2
        case .duplicate: 3
        }
    }
}

/// The syntax of a batch file. Both have the same fields, rules and totals.
public enum BatchFormat: String, Hashable, Sendable, Codable, CaseIterable {
    /// XML by `Specs/xsd/batch.xsd`.
    case xml = "XML"
    /// CSV by `Specs/formats.md`.
    case csv = "CSV"
}

/// The grade of a receipt: how far a file has come.
public enum ReceiptGrade: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// The bytes are durable and their window is fixed.
    case received = "RECEIVED"
    /// Every record is judged.
    case validated = "VALIDATED"
    /// The window is closed and the statements are issued.
    case cleared = "CLEARED"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    /// Orders by how far the file has come.
    public static func < (a: ReceiptGrade, b: ReceiptGrade) -> Bool { a.rank < b.rank }
}
