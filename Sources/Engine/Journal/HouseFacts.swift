public import Primitives
public import ProgrammeModel

/// Which clock a data directory lives by, for ever.
public enum ClockKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The machine's.
    case system = "SYSTEM"
    /// One that is moved by command.
    case test = "TEST"
}

/// The first fact of every log.
public struct Genesis: Hashable, Sendable, Codable {
    /// The clock.
    public var clock: ClockKind
    /// The certificates of the coalition's authority, PEM: the roots of all trust.
    public var authorities: [String]
    /// The first officers of the host.
    public var officers: [Officer]
    /// The host's signing certificate, PEM.
    public var hostCertificate: String

    /// Makes the fact; the parameters are the properties of the same names.
    public init(clock: ClockKind, authorities: [String], officers: [Officer], hostCertificate: String) {
        self.clock = clock
        self.authorities = authorities
        self.officers = officers
        self.hostCertificate = hostCertificate
    }
}

/// A signature under a programme's file or an officer's act.
public struct ApprovalRecord: Hashable, Sendable, Codable {
    /// Who signed: an officer's name or a partner's id.
    public var signer: String
    /// In which part: `maker`, `checker`, `partner`, `funder`.
    public var part: String
    /// SHA-256 of the signer's certificate.
    public var fingerprint: Digest32
    /// The signature's bytes.
    public var signature: AttachmentReference

    /// Makes a record.
    public init(signer: String, part: String, fingerprint: Digest32, signature: AttachmentReference) {
        self.signer = signer
        self.part = part
        self.fingerprint = fingerprint
        self.signature = signature
    }
}

/// A file of a programme with the signatures under it.
public struct SignedFile: Hashable, Sendable, Codable {
    /// The file's bytes; the name is its path within the programme's directory.
    public var file: AttachmentReference
    /// The signatures.
    public var approvals: [ApprovalRecord]

    /// Makes a record.
    public init(file: AttachmentReference, approvals: [ApprovalRecord]) {
        self.file = file
        self.approvals = approvals
    }
}

/// A version of the programme came into force.
public struct ProgrammeLoaded: Hashable, Sendable, Codable {
    /// Counted from 1.
    public var version: Int
    /// The programme, resolved.
    public var programme: Programme
    /// The signed files that it came from.
    public var files: [SignedFile]

    /// Makes the fact.
    public init(version: Int, programme: Programme, files: [SignedFile]) {
        self.version = version
        self.programme = programme
        self.files = files
    }
}

/// The document of an officer's act and the two signatures under it.
public struct ActEvidence: Hashable, Sendable, Codable {
    /// The document's bytes.
    public var document: AttachmentReference
    /// The maker's signature.
    public var maker: ApprovalRecord
    /// The checker's signature.
    public var checker: ApprovalRecord

    /// Makes evidence.
    public init(document: AttachmentReference, maker: ApprovalRecord, checker: ApprovalRecord) {
        self.document = document
        self.maker = maker
        self.checker = checker
    }

    /// The bytes that belong to the act.
    public var attachments: [AttachmentReference] { [document, maker.signature, checker.signature] }
}

/// The rate of a currency pair for a window: 1 of the base is so many of the quote. Rule R6 (Specs/rules.md).
public struct Fixing: Hashable, Sendable, Codable {
    /// The window that it is for.
    public var window: WindowID
    /// The currency of prices.
    public var base: CurrencyCode
    /// The settlement currency.
    public var quote: CurrencyCode
    /// Quote per base: six significant figures.
    public var rate: DecimalNumber
    /// Who published the rate.
    public var source: String

    /// Makes a fixing.
    public init(window: WindowID, base: CurrencyCode, quote: CurrencyCode, rate: DecimalNumber, source: String) {
        self.window = window
        self.base = base
        self.quote = quote
        self.rate = rate
        self.source = source
    }
}

/// A correction that the host raised: in points, or in money.
public struct HostAdjustment: Hashable, Sendable, Codable {
    /// Whose account.
    public var partner: PartnerID
    /// Which side.
    public var direction: Direction
    /// Why, as a code such as `GOODWILL`.
    public var reason: String
    /// In words.
    public var narrative: String
    /// The day that it belongs to.
    public var businessDate: BusinessDate
    /// The amount.
    public var amount: Amount

    /// What is adjusted.
    public enum Amount: Hashable, Sendable, Codable {
        /// Points of the shared currency, priced as an issuance of the business date.
        case points(Int64)
        /// Money excluding tax, in the settlement currency, with the tax of the line that it corrects.
        case money(Money, tax: Tax, correctedLine: String)
    }

    /// Makes an adjustment; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, direction: Direction, reason: String, narrative: String, businessDate: BusinessDate,
        amount: Amount
    ) {
        self.partner = partner
        self.direction = direction
        self.reason = reason
        self.narrative = narrative
        self.businessDate = businessDate
        self.amount = amount
    }
}

/// A step in the life of a settlement or of one of its instructions. Rule R8 (Specs/rules.md).
public enum SettlementStep: Hashable, Sendable, Codable {
    /// The settlement of a window may be paid.
    case approved(window: WindowID)
    /// Its instructions went to the bank.
    case sent(window: WindowID)
    /// The bank booked an amount for an instruction.
    case confirmed(instruction: String, amount: Money, bankReference: String, bookingDate: BusinessDate)
    /// The bank returned an instruction, before or after booking it.
    case returned(instruction: String, bankReference: String, bookingDate: BusinessDate, reason: String)
    /// A returned instruction is sent again at once under a new end-to-end id.
    case resent(instruction: String)
    /// An instruction was withdrawn before it was sent, or the bank confirmed the withdrawal.
    case cancelled(instruction: String, bankReference: String?)
    /// What is open of an instruction is given up.
    case writtenOff(instruction: String, reason: String)
}

/// The originals under a file's number are erased with the keys of their records, after their retention. Rule: Erasure
/// (Specs/rules.md).
public struct Erasure: Hashable, Sendable, Codable {
    /// The number.
    public var batch: BatchID
    /// Why, as a code.
    public var reason: String
    /// SHA-256 of the originals.
    public var originals: [Digest32]
    /// The facts that received them, by whose numbers their keys are named.
    public var received: [UInt64]

    /// Makes an erasure; the parameters are the properties of the same names.
    public init(batch: BatchID, reason: String, originals: [Digest32], received: [UInt64]) {
        self.batch = batch
        self.reason = reason
        self.originals = originals
        self.received = received
    }
}

/// Files and messages of a partner are closed to readers within their retention, because a member in them was
/// forgotten. Rule: Forgetting a member (Specs/rules.md).
///
/// It does not name the member: a log that is kept for ever would remember whom it forgets.
public struct Forgetting: Hashable, Sendable, Codable {
    /// Whose files and messages they are.
    public var partner: PartnerID
    /// The numbers of the files.
    public var files: [BatchID]
    /// The ids of the messages.
    public var messages: [MessageID]
    /// Why, as a code.
    public var reason: String
    /// SHA-256 of the files' originals.
    public var originals: [Digest32]
    /// The facts that received the files or refused them before, and that answered the messages.
    public var received: [UInt64]

    /// Makes a forgetting; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, files: [BatchID], messages: [MessageID], reason: String, originals: [Digest32],
        received: [UInt64]
    ) {
        self.partner = partner
        self.files = files
        self.messages = messages
        self.reason = reason
        self.originals = originals
        self.received = received
    }
}

/// An officer's act came into force with its checker's signature.
public struct ActCarriedOut: Hashable, Sendable, Codable {
    /// What it does.
    public var act: Act
    /// The signed document.
    public var evidence: ActEvidence

    /// What officers can do.
    public enum Act: Hashable, Sendable, Codable {
        /// Adds a fixing.
        case fixing(Fixing)
        /// Corrects a partner's account; `posting` is what it posts in points.
        case adjustment(HostAdjustment, posting: Posting?)
        /// Moves a settlement on.
        case settlement(SettlementStep)
        /// Suspends a partner's key.
        case suspendKey(KeySuspension)
        /// Erases what was received under a file's number.
        case erasure(Erasure)
        /// Closes files and messages in which a forgotten member stands.
        case forgetting(Forgetting)
    }

    /// Makes the fact.
    public init(act: Act, evidence: ActEvidence) {
        self.act = act
        self.evidence = evidence
    }
}

/// A window takes no more records; the next one is open.
public struct WindowCutOff: Hashable, Sendable, Codable {
    /// The window.
    public var window: WindowID
    /// The instant that the calendar names.
    public var due: Timestamp

    /// Makes the fact.
    public init(window: WindowID, due: Timestamp) {
        self.window = window
        self.due = due
    }
}

/// A window is closed and its statements are issued.
public struct WindowClosed: Hashable, Sendable, Codable {
    /// The window.
    public var window: WindowID
    /// What each partner's account came to, in order of partner ids.
    public var accounts: [AccountOutcome]
    /// The points accounts after the close.
    public var pointsBalances: [PointsBalance]
    /// The signed checkpoint of the log just before, as the statements have it; nil in facts from before there were
    /// checkpoints.
    public var checkpoint: String?
    /// The statements and their signatures.
    public var attachments: [AttachmentReference]

    /// Makes the fact; the parameters are the properties of the same names.
    public init(
        window: WindowID, accounts: [AccountOutcome], pointsBalances: [PointsBalance], checkpoint: String? = nil,
        attachments: [AttachmentReference]
    ) {
        self.window = window
        self.accounts = accounts
        self.pointsBalances = pointsBalances
        self.checkpoint = checkpoint
        self.attachments = attachments
    }
}

/// What is done about an amount that is due.
public enum SettlementAction: String, Hashable, Sendable, Codable {
    /// Nothing is due.
    case none = "NONE"
    /// The host pays.
    case hostPays = "HOST_PAYS_PARTNER"
    /// The partner pays.
    case partnerPays = "PARTNER_PAYS_HOST"
    /// Below the minimum, or not a settlement day: it joins the next settlement.
    case carriedForward = "CARRIED_FORWARD"
}

/// A partner's account with the host at a window's close. Plus means that the host owes. Rule R8.
public struct AccountOutcome: Hashable, Sendable, Codable {
    /// The partner.
    public var partner: PartnerID
    /// The number of the statement, without gaps.
    public var statementNumber: Int
    /// The previous closing.
    public var opening: Money
    /// Lines and taxes.
    public var net: Money
    /// Booked payments; by the host negative.
    public var payments: Money
    /// Payments that came back after they were booked; the opposite sign of the payment.
    public var returns: Money
    /// Opening and all of these.
    public var closing: Money
    /// Net and what was not yet instructed.
    public var due: Money
    /// Instructed and not yet booked, without this window's own instruction.
    public var inSettlement: Money
    /// What is done about the amount due.
    public var action: SettlementAction
    /// The windows for which an amount has been carried forward, this one included.
    public var carriedWindows: Int
    /// The instruction, when one is made.
    public var instruction: Instruction?
    /// The tax of each settlement line in order, for corrections that name a line. Rule R7.
    public var lineTaxes: [Tax]

    /// Makes an outcome; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, statementNumber: Int, opening: Money, net: Money, payments: Money, returns: Money,
        closing: Money, due: Money, inSettlement: Money, action: SettlementAction, carriedWindows: Int,
        instruction: Instruction?, lineTaxes: [Tax] = []
    ) {
        self.lineTaxes = lineTaxes
        self.partner = partner
        self.statementNumber = statementNumber
        self.opening = opening
        self.net = net
        self.payments = payments
        self.returns = returns
        self.closing = closing
        self.due = due
        self.inSettlement = inSettlement
        self.action = action
        self.carriedWindows = carriedWindows
        self.instruction = instruction
    }
}

/// An amount to be paid, as a bank sees it.
public struct Instruction: Hashable, Sendable, Codable {
    /// The end-to-end id, at most 35 characters.
    public var endToEndID: String
    /// The window whose close made it.
    public var window: WindowID
    /// The partner.
    public var partner: PartnerID
    /// The amount, signed: plus is paid by the host.
    public var amount: Money
    /// The day on which it is to be paid.
    public var valueDate: BusinessDate

    /// Makes an instruction.
    public init(endToEndID: String, window: WindowID, partner: PartnerID, amount: Money, valueDate: BusinessDate) {
        self.endToEndID = endToEndID
        self.window = window
        self.partner = partner
        self.amount = amount
        self.valueDate = valueDate
    }
}

/// A balance of the points ledger.
public struct PointsBalance: Hashable, Sendable, Codable {
    /// The account.
    public var account: PointsAccount
    /// Its balance in points of the shared currency.
    public var balance: Int64

    /// Makes a balance.
    public init(account: PointsAccount, balance: Int64) {
        self.account = account
        self.balance = balance
    }
}

/// An account of the points ledger; all balances add up to zero at any time. INV-01 (Specs/rules.md).
public enum PointsAccount: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// A partner's position in windows that are not closed.
    case partner(PartnerID)
    /// All points outstanding.
    case members
    /// Positions of closed windows.
    case hostCleared
    /// Bonus points that the host funded.
    case hostMarketing

    /// The account's name in reports.
    public var description: String {
        switch self {
        case .partner(let id): id.text
        case .members: "MEMBERS"
        case .hostCleared: "HOST_CLEARED"
        case .hostMarketing: "HOST_MARKETING"
        }
    }

    /// Orders by name.
    public static func < (a: PointsAccount, b: PointsAccount) -> Bool {
        a.description.utf8.lexicographicallyPrecedes(b.description.utf8)
    }

    /// Reads the name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        switch try container.decode(String.self) {
        case "MEMBERS": self = .members
        case "HOST_CLEARED": self = .hostCleared
        case "HOST_MARKETING": self = .hostMarketing
        case let name: self = .partner(try PartnerID(name))
        }
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A test clock was moved.
public struct ClockAdvanced: Hashable, Sendable, Codable {
    /// The instant that it now shows.
    public var to: Timestamp

    /// Makes the fact.
    public init(to: Timestamp) { self.to = to }
}
