import Primitives
import Validation

/// Numbers that follow from a seed.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// A number from 0 to one less than the limit.
    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }

    mutating func flip() -> Bool { below(2) == 0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func maybe<Element>(_ make: (inout Seeded) throws -> Element) rethrows -> Element? {
        flip() ? try make(&self) : nil
    }
}

extension Seeded {
    /// A record of any type whose fields all follow the rules.
    mutating func content(_ number: Int) throws -> RecordContent {
        let type = pick(RecordType.allCases)
        let isMoney = type == .adjustment && flip()
        let unit = isMoney ? pick(["EUR", "TND", "JPY"]) : pick(["SML", "MKP", "RLM"])
        guard let code = CurrencyCode(unit),
            let day = BusinessDate(year: 2026, month: 1 + below(12), day: 1 + below(28))
        else { throw Missing() }
        let instant = Timestamp(date: day, secondOfDay: below(86_400), offsetSeconds: 3600)
        var out = RecordContent(
            transactionID: try TransactionID("T-\(number)/(\(below(1000)))"), type: type,
            occurredAt: flip() ? instant : instant.adding(milliseconds: Int64(below(1000))), businessDate: day,
            account: type == .adjustment && flip() ? nil : try account(), unit: code, units: Int64(1 + below(1_000_000))
        )
        out.entryMode = maybe { $0.pick(EntryMode.allCases) }
        if type == .adjustment {
            out.direction = pick(Direction.allCases)
            out.reason = "GOODWILL"
        }
        if let eur = CurrencyCode("EUR") {
            out.sale = maybe { Money(minorUnits: Int64($0.below(100_000)), currency: eur) }
        }
        out.earnBasis = maybe {
            let kind = $0.pick(EarnBasis.Kind.allCases)
            return EarnBasis(kind: kind, quantity: kind == .event || $0.flip() ? 1 + $0.below(99) : nil)
        }
        if type == .reversal { out.originalID = try TransactionID("O-\(below(500))") }
        if type == .bonus {
            out.promotionID = try PromotionID("PRM-SPRING")
            out.triggeringID = try maybe { try TransactionID("X.\($0.below(500))") }
        }
        out.reason = out.reason ?? maybe { $0.pick(["RETURN", "DISPUTE_UPHELD"]) }
        out.narrative = maybe { $0.text() }
        out.productCode = maybe { $0.text() }
        out.counterAccount = maybe { $0.text() }
        out.approvalCode = maybe { _ in "A7Q21Z" }
        out.store = maybe { $0.text() }
        if out.store != nil { out.terminal = maybe { $0.text() } }
        out.brand = maybe { $0.text() }
        out.channel = maybe { $0.text() }
        out.businessLine = maybe { $0.text() }
        return out
    }

    private mutating func text() -> String {
        pick([
            "GDL-WEB", "Café & Cie", "a,b;c", "\"quoted\"", "<tag>", "it's", "Ünïcödé €", "x", " blank ", "=1+1", "日本",
            "\u{1F600}", "#hash", String(repeating: "z", count: 35),
        ])
    }

    private mutating func account() throws -> MemberAccount {
        var body = "9250"
        for _ in 0..<(7 + below(8)) { body += String(below(10)) }
        for digit in 0..<10 {
            if let number = MemberNumber(body + String(digit)) {
                return MemberAccount(kind: pick(MemberAccount.Kind.allCases), number: number)
            }
        }
        throw Missing()
    }

    /// A header whose values follow from the seed.
    mutating func header(_ format: BatchFormat) throws -> BatchHeader {
        guard let at = Timestamp("2026-03-19T00:45:00Z") else { throw Missing() }
        var out = BatchHeader(
            format: format, messageID: try MessageID("M-\(below(1000))"), createdAt: at,
            initiatingParty: try PartnerID("RAILCO"), recipient: try PartnerID("HOST"), programmeID: "SMILES",
            series: pick(Series.allCases), sequenceNumber: Int64(1 + below(999)))
        out.replacesReceiptID = try maybe { try MessageID("RCP-\($0.below(100))") }
        out.correctsReceiptID = try maybe { try MessageID("RCP-\($0.below(100))") }
        return out
    }
}

/// A value that a test relies on does not exist.
struct Missing: Error {}
