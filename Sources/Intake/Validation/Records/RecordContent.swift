public import Primitives

/// What a partner states in one record, in types. XML and CSV give the same content. `Specs/formats.md` has each field.
public struct RecordContent: Hashable, Sendable {
    /// The partner's own name for the record.
    public var transactionID: TransactionID
    /// What happened.
    public var type: RecordType
    /// When it happened, by the partner's clock.
    public var occurredAt: Timestamp
    /// The day to which it belongs, in the partner's zone.
    public var businessDate: BusinessDate
    /// The member; absent in some adjustments only.
    public var account: MemberAccount?
    /// How the card was read.
    public var entryMode: EntryMode?
    /// Points of the partner or of the coalition; money in adjustments.
    public var unit: CurrencyCode
    /// The amount, in the unit's smallest quantity: points, or minor units where the unit is a currency of money.
    public var units: Int64
    /// The side of an adjustment.
    public var direction: Direction?
    /// What the member paid.
    public var sale: Money?
    /// By what the points were earned.
    public var earnBasis: EarnBasis?
    /// The record that a reversal reverses.
    public var originalID: TransactionID?
    /// The record that triggered a bonus.
    public var triggeringID: TransactionID?
    /// The promotion of a bonus.
    public var promotionID: PromotionID?
    /// Why a reversal or adjustment is made, as a code.
    public var reason: String?
    /// Why, in words.
    public var narrative: String?
    /// What was bought, or the reward.
    public var productCode: String?
    /// The member's account in the partner's own programme, for transfers.
    public var counterAccount: String?
    /// The code with which a redemption was approved.
    public var approvalCode: String?
    /// The shop.
    public var store: String?
    /// The till in the shop.
    public var terminal: String?
    /// The partner's brand under which it happened.
    public var brand: String?
    /// The partner's channel through which it happened.
    public var channel: String?
    /// The partner's line of business to which it belongs.
    public var businessLine: String?

    /// Makes a record of what every record has; the rest is set one by one.
    public init(
        transactionID: TransactionID, type: RecordType, occurredAt: Timestamp, businessDate: BusinessDate,
        account: MemberAccount?, unit: CurrencyCode, units: Int64
    ) {
        self.transactionID = transactionID
        self.type = type
        self.occurredAt = occurredAt
        self.businessDate = businessDate
        self.account = account
        self.unit = unit
        self.units = units
    }
}

/// By what a member is known.
public struct MemberAccount: Hashable, Sendable {
    /// What a number numbers.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A card.
        case card = "CARD"
        /// An account.
        case account = "ACCOUNT"
    }

    /// What the number numbers.
    public let kind: Kind
    /// The number.
    public let number: MemberNumber

    /// Joins kind and number.
    public init(kind: Kind, number: MemberNumber) {
        self.kind = kind
        self.number = number
    }
}

/// How a card or account number came into the partner's system.
public enum EntryMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// The card's chip.
    case chip = "CHIP"
    /// The card's magnetic stripe.
    case magneticStripe = "MAGSTRIPE"
    /// A printed or displayed code.
    case barcode = "BARCODE"
    /// Typed in.
    case keyed = "KEYED"
    /// An online shop.
    case ecommerce = "ECOMMERCE"
    /// The card's or telephone's radio.
    case contactless = "CONTACTLESS"
}

/// By what points were earned.
public struct EarnBasis: Hashable, Sendable {
    /// What is counted.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// The amount of the sale.
        case amount = "AMOUNT"
        /// Full steps of an amount, such as 2 points for each full 10 EUR.
        case step = "STEP"
        /// Events, such as card payments.
        case event = "EVENT"
    }

    /// What is counted.
    public let kind: Kind
    /// How many steps or events: 1 to 999,999,999. Always present for events.
    public let quantity: Int?

    /// Joins kind and quantity.
    public init(kind: Kind, quantity: Int?) {
        self.kind = kind
        self.quantity = quantity
    }
}
