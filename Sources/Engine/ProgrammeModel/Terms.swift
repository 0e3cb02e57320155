public import Primitives

/// What an agreement allows a partner to do.
public enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Report accruals.
    case earn = "EARN"
    /// Report redemptions.
    case burn = "BURN"
    /// Change own points into the shared currency.
    case transferIn = "TRANSFER_IN"
    /// Change the shared currency into own points.
    case transferOut = "TRANSFER_OUT"
    /// Report and fund jointly funded bonuses.
    case coFund = "CO_FUND"
}

/// How far the fault of one record reaches.
public enum RejectionPolicy: Hashable, Sendable, Codable {
    /// Any refused record refuses the file.
    case wholeFile
    /// Records are refused one by one, until more than this share of the file is: per cent, 0 to 100.
    case perRecord(thresholdPercent: Int)

    /// FIL-010 when a file has more refused records than the agreement takes, or nil.
    public func finding(refused: Int64, of total: Int64) -> Finding? {
        guard refused > 0 else { return nil }
        let value = "\(refused) of \(total)"
        switch self {
        case .wholeFile: return Finding(.fil010, value: value, detail: "the agreement takes whole files only")
        case .perRecord(let percent):
            guard refused * 100 > total * Int64(percent) else { return nil }
            return Finding(.fil010, value: value, detail: "the agreement's threshold is \(percent) %")
        }
    }
}

/// The tax treatment of an agreement. Rule R7 (Specs/rules.md).
public struct TaxProfile: Hashable, Sendable, Codable {
    /// The category and rate of what the host supplies: issuance, transfers in, fees.
    public let hostSupplies: Tax
    /// The category and rate that the partner states for what it supplies: reimbursements and transfers out; nil if
    /// none.
    public let partnerSupplies: Tax?

    /// Makes a profile.
    public init(hostSupplies: Tax, partnerSupplies: Tax? = nil) {
        self.hostSupplies = hostSupplies
        self.partnerSupplies = partnerSupplies
    }
}

/// A tax category of UNCL 5305 with its rate.
public struct Tax: Hashable, Sendable, Codable, Comparable {
    /// `S` standard, `O` outside the scope, and the other letters of UNCL 5305.
    public let category: String
    /// Per cent; nil for category `O`.
    public let rate: DecimalNumber?

    /// Outside the scope of tax.
    public static let outside = Tax(category: "O", rate: nil)

    /// Makes a tax; category `O` has no rate.
    public init(category: String, rate: DecimalNumber?) {
        self.category = category
        self.rate = category == "O" ? nil : rate
    }

    /// Orders by category, then rate.
    public static func < (a: Tax, b: Tax) -> Bool {
        (a.category, a.rate?.description ?? "") < (b.category, b.rate?.description ?? "")
    }
}

/// One version of the terms between the host and a partner, in force on a span of days.
public struct Terms: Hashable, Sendable, Codable {
    /// The version's name.
    public let id: VersionID
    /// The days on which it is in force.
    public let validity: DateSpan
    /// What the partner may do.
    public let roles: [Role]
    /// Days after the business date within which a record is on time.
    public let graceDays: Int
    /// Days after the business date within which a late record is still accepted.
    public let lateLimitDays: Int
    /// Days within which a record can be reversed, by its type; a type that is missing has no limit.
    public let reversalLimitDays: [TypeLimit]
    /// Days after a statement within which a line can be disputed.
    public let disputeLimitDays: Int
    /// The least amount that is paid; less is carried forward.
    public let minimumSettlement: Money
    /// Windows for which an amount below the minimum is carried before it is paid all the same.
    public let maxCarryWindows: Int
    /// How far the fault of one record reaches.
    public let rejection: RejectionPolicy
    /// The largest units of one record, by type; a type that is missing has no limit. Code LIM-001.
    public let recordLimits: [TypeLimit]
    /// The most points of the shared currency that the partner may redeem in one business day; nil for no limit.
    /// LIM-005.
    public let dailyRedemptionLimit: Int64?
    /// Late records charged at most in one file; nil for all.
    public let lateFeeCapPerFile: Int?
    /// How money is rounded on statement lines.
    public let rounding: Rounding
    /// The tax treatment.
    public let tax: TaxProfile

    /// A number that holds for one record type.
    public struct TypeLimit: Hashable, Sendable, Codable {
        /// The record type.
        public let type: RecordType
        /// Units or days.
        public let value: Int64

        /// Makes a limit for a type.
        public init(type: RecordType, value: Int64) {
            self.type = type
            self.value = value
        }
    }

    /// Makes a version of terms; the parameters are the properties of the same names.
    public init(
        id: VersionID, validity: DateSpan, roles: [Role], graceDays: Int = 3, lateLimitDays: Int = 30,
        reversalLimitDays: [TypeLimit] = [], disputeLimitDays: Int = 60, minimumSettlement: Money,
        maxCarryWindows: Int = 6, rejection: RejectionPolicy = .perRecord(thresholdPercent: 100),
        recordLimits: [TypeLimit] = [], dailyRedemptionLimit: Int64? = nil, lateFeeCapPerFile: Int? = nil,
        rounding: Rounding = .halfUp, tax: TaxProfile
    ) {
        self.id = id
        self.validity = validity
        self.roles = roles
        self.graceDays = graceDays
        self.lateLimitDays = lateLimitDays
        self.reversalLimitDays = reversalLimitDays
        self.disputeLimitDays = disputeLimitDays
        self.minimumSettlement = minimumSettlement
        self.maxCarryWindows = maxCarryWindows
        self.rejection = rejection
        self.recordLimits = recordLimits
        self.dailyRedemptionLimit = dailyRedemptionLimit
        self.lateFeeCapPerFile = lateFeeCapPerFile
        self.rounding = rounding
        self.tax = tax
    }

    /// The limit for a type in a list of limits, or nil for none.
    public static func limit(_ type: RecordType, in limits: [TypeLimit]) -> Int64? {
        limits.first { $0.type == type }?.value
    }
}
