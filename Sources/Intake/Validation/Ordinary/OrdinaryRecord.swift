public import Primitives

/// A record of the commonest kind: points earned or spent by a member, with a sale, a shop and a till at most.
///
/// It says as much as a `ParsedRecord` of the same bytes, without a text of its own: nothing is allocated for it.
public struct OrdinaryRecord: Hashable, Sendable {
    /// Where it stands in the file.
    public let place: RecordPlace
    /// An accrual or a redemption.
    public let type: RecordType
    /// The member.
    public let member: MemberNumber
    /// The day to which it belongs, in the partner's zone.
    public let businessDate: BusinessDate
    /// The points' currency.
    public let unit: CurrencyCode
    /// Points, 1 or more.
    public let units: Int64
    /// A digest of what it says, the same as that of a parsed record.
    public let contentDigest: ContentDigest
    /// The digest of the lane's prefix, the length of the transaction id in one byte, and the id.
    public let identity: Digest32

    /// Makes a record; the parameters are the properties of the same names.
    public init(
        place: RecordPlace, type: RecordType, member: MemberNumber, businessDate: BusinessDate, unit: CurrencyCode,
        units: Int64, contentDigest: ContentDigest, identity: Digest32
    ) {
        self.place = place
        self.type = type
        self.member = member
        self.businessDate = businessDate
        self.unit = unit
        self.units = units
        self.contentDigest = contentDigest
        self.identity = identity
    }
}

/// What the fast way for ordinary records needs from outside. A reader that has one offers such records to its sink
/// as they are; all others, and those that the sink does not take, go the full way, which has the last word on
/// every finding.
public struct OrdinaryLane {
    let hash: (Span<UInt8>) -> Digest32
    let identityPrefix: [UInt8]

    /// Makes a lane.
    ///
    /// - Parameters:
    ///   - identityPrefix: what is hashed before a transaction id to its record's identity.
    ///   - hash: SHA-256.
    public init(identityPrefix: [UInt8], hash: @escaping (Span<UInt8>) -> Digest32) {
        self.identityPrefix = identityPrefix
        self.hash = hash
    }
}

/// Where the values of an ordinary record lie in some bytes. An absent field has an empty range.
struct OrdinaryFields {
    /// The fields in the order in which they stand in files.
    enum Field: Int, CaseIterable {
        case transactionID, type, instant, day, accountKind, account, unit, amount, saleCurrency, sale, store, terminal
    }

    private var starts: [12 of Int32] = .init(repeating: 0)
    private var ends: [12 of Int32] = .init(repeating: 0)

    subscript(field: Field) -> Range<Int> {
        @inline(__always) get { Int(starts[field.rawValue])..<Int(ends[field.rawValue]) }
    }

    /// Sets the field of a number.
    @inline(__always)
    mutating func set(_ number: Int, _ start: Int, _ end: Int) {
        starts[number] = Int32(truncatingIfNeeded: start)
        ends[number] = Int32(truncatingIfNeeded: end)
    }
}
