import Primitives
import Validation

/// What the partners of the golden scenario report, as data. The figures are those of Specs/scenarios/golden.
struct StoryInput: Sendable {
    /// When it reaches the gateway.
    let received: Timestamp
    let partner: PartnerID
    let content: RecordContent
    /// Whether it is sent as a real-time message instead of a file.
    let isMessage: Bool

    /// All reports in order of arrival; those of one partner and instant are one file.
    static func all() throws -> [StoryInput] {
        try lines.split(separator: "\n").map { try StoryInput(String($0)) }
    }

    private init(_ line: String) throws {
        var fields = line.split(separator: " ").map(String.init)
        isMessage = fields.last == "message"
        if isMessage { fields.removeLast() }
        guard fields.count >= 7, let received = Timestamp(fields[0]), let type = RecordType(rawValue: fields[3]),
            let date = BusinessDate(fields[4]), let units = Int64(fields[5]), let unit = CurrencyCode(fields[6]),
            let member = MemberNumber("9250123456789013"),
            let noon = Timestamp("\(date)T12:00:00+01:00")
        else { throw Fault("the scenario's line '\(line)' cannot be read") }
        self.received = received
        partner = try PartnerID(fields[2])
        var content = RecordContent(
            transactionID: try TransactionID(fields[1]), type: type, occurredAt: noon, businessDate: date,
            account: MemberAccount(kind: .card, number: member), unit: unit, units: units)
        for field in fields.dropFirst(7) {
            let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "of": content.originalID = try TransactionID(parts[1])
            case "promotion": content.promotionID = try PromotionID(parts[1])
            case "dc": content.direction = Direction(rawValue: parts[1])
            case "reason": content.reason = parts[1]
            default: throw Fault("the scenario's field '\(field)' is not known")
            }
        }
        self.content = content
    }

    // received, id, partner, type, business date, units, unit, and what else the type needs
    private static let lines = """
        2026-03-06T03:30:00+01:00 A-118 CARBU ACCR 2026-03-05 300 FUP
        2026-03-06T10:00:00+01:00 A-771 RAILCO REDM 2026-03-06 4500 SML message
        2026-03-07T03:30:00+01:00 A-119 CARBU REDM 2026-03-06 8000 SML
        2026-03-18T02:10:00+01:00 T01 MARCHE ACCR 2026-03-17 100 MKP
        2026-03-18T02:20:00+01:00 T01 MARCHE ACCR 2026-03-17 100 MKP
        2026-03-19T01:00:00+01:00 T05 RAILCO ACCR 2026-03-18 640 RLM
        2026-03-19T01:00:00+01:00 T06 RAILCO BONU 2026-03-18 1001 SML promotion=PRM-SPRING
        2026-03-20T03:30:00+01:00 T11 CARBU ACCR 2026-03-19 1234 FUP
        2026-03-20T09:02:41+01:00 T07 RAILCO REDM 2026-03-20 12000 SML message
        2026-03-20T17:30:00+01:00 T08 RAILCO RVSL 2026-03-20 4500 SML of=A-771 message
        2026-03-22T01:00:00+01:00 T09 RAILCO TRFI 2026-03-21 1500 RLM
        2026-03-22T01:00:00+01:00 T19 RAILCO TRFI 2026-03-21 1250 RLM
        2026-03-22T03:30:00+01:00 T12 CARBU ACCR 2026-03-10 500 FUP
        2026-03-22T03:30:00+01:00 T13 CARBU REDM 2026-03-21 8000 SML
        2026-03-22T03:30:00+01:00 T14 CARBU RVSL 2026-03-21 300 FUP of=A-118
        2026-03-23T04:00:00+01:00 T15 BANQUE ACCR 2026-03-22 25000 SML
        2026-03-24T02:10:00+01:00 T10 MARCHE TRFO 2026-03-23 2500 SML
        2026-03-24T04:00:00+01:00 T16 BANQUE ADJT 2026-03-23 1200 SML dc=DBIT reason=GOODWILL
        2026-03-27T02:10:00+01:00 T02 MARCHE ACCR 2026-03-26 2500 MKP
        2026-03-27T18:45:12+01:00 T03 MARCHE REDM 2026-03-27 3000 SML message
        2026-03-29T03:10:00+02:00 T04 MARCHE RVSL 2026-03-28 50 MKP of=T01
        2026-04-01T00:00:05+02:00 T20 MARCHE ACCR 2026-03-31 80 MKP
        2026-04-06T01:00:00+02:00 T21 RAILCO ACCR 2026-04-05 4000 RLM
        2026-04-07T01:00:00+02:00 T22 RAILCO RVSL 2026-04-06 1500 RLM of=T09
        2026-04-07T01:00:00+02:00 T23 RAILCO RVSL 2026-04-06 334 SML of=T06
        2026-04-10T02:10:00+02:00 T26 MARCHE ACCR 2026-04-07 88 MKP
        2026-04-11T01:00:00+02:00 T28 RAILCO RVSL 2026-04-10 333 SML of=T06
        2026-04-11T02:10:00+02:00 T27 MARCHE ACCR 2026-04-07 92 MKP
        2026-04-11T03:30:00+02:00 T25 CARBU REDM 2026-04-10 2000 SML
        2026-04-13T01:00:00+02:00 T30 RAILCO BONU 2026-04-12 101 SML promotion=PRM-DUO
        2026-04-13T03:30:00+02:00 T29 CARBU RVSL 2026-04-12 500 FUP of=T12
        2026-04-17T02:10:00+02:00 T32 MARCHE ACCR 2026-04-16 12 MKP
        2026-04-21T01:00:00+02:00 T33 RAILCO RVSL 2026-04-20 1 RLM of=T05
        2026-04-21T01:00:00+02:00 T34 RAILCO RVSL 2026-04-20 3 RLM of=T05
        """
}

/// What the host's officers do in the scenario.
struct StoryAct: Sendable {
    let at: Timestamp
    let fields: [String: String]

    /// All acts in order.
    static func all() throws -> [StoryAct] {
        try lines.split(separator: "\n").map { line in
            var parts = line.split(separator: " ").map(String.init)
            guard let at = Timestamp(parts.removeFirst()) else { throw Fault("the scenario's act '\(line)'") }
            let pairs = parts.map { part in
                let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
                return (halves[0], halves.count > 1 ? halves[1] : "")
            }
            return StoryAct(at: at, fields: Dictionary(uniqueKeysWithValues: pairs))
        }
    }

    private static let lines = """
        2026-03-16T09:00:00+01:00 act=fixing window=W-2026-03A base=EUR quote=TND rate=3.38420 source=Banque-centrale
        2026-03-16T10:00:00+01:00 act=approve window=W-2026-03A
        2026-03-16T10:30:00+01:00 act=send window=W-2026-03A
        2026-03-18T11:00:00+01:00 act=confirm instruction=STL-W-2026-03A-RAILCO-EUR amount=22.48 \
        bankReference=B-0001 bookingDate=2026-03-18
        2026-03-18T11:01:00+01:00 act=confirm instruction=STL-W-2026-03A-CARBU-TND amount=132.271 \
        bankReference=B-0002 bookingDate=2026-03-18
        2026-03-24T15:00:00+01:00 act=adjustment partner=BANQUE direction=CRDT unit=EUR amount=37.41 \
        reason=DISPUTE_UPHELD businessDate=2026-03-24 taxCategory=S taxRate=20 correctedLine=STL-W-2026-02B-BANQUE#1
        2026-04-01T09:00:00+02:00 act=fixing window=W-2026-03B base=EUR quote=TND rate=3.40175 source=Banque-centrale
        2026-04-01T10:00:00+02:00 act=approve window=W-2026-03B
        2026-04-01T10:30:00+02:00 act=send window=W-2026-03B
        2026-04-07T11:00:00+02:00 act=confirm instruction=STL-W-2026-03B-MARCHE-EUR amount=12.57 \
        bankReference=B-0003 bookingDate=2026-04-07
        2026-04-07T11:01:00+02:00 act=confirm instruction=STL-W-2026-03B-CARBU-TND amount=117.753 \
        bankReference=B-0004 bookingDate=2026-04-07
        2026-04-09T11:00:00+02:00 act=return instruction=STL-W-2026-03B-BANQUE-EUR bankReference=B-0005 \
        bookingDate=2026-04-09 reason=AC04
        2026-04-16T09:00:00+02:00 act=fixing window=W-2026-04A base=EUR quote=TND rate=3.39110 source=Banque-centrale
        2026-04-16T10:00:00+02:00 act=approve window=W-2026-04A
        2026-04-16T10:30:00+02:00 act=send window=W-2026-04A
        2026-04-17T11:00:00+02:00 act=return instruction=STL-W-2026-03B-MARCHE-EUR bankReference=B-0006 \
        bookingDate=2026-04-17 reason=AC04
        2026-04-20T11:00:00+02:00 act=adjustment partner=BANQUE direction=CRDT unit=EUR amount=5.00 \
        reason=COMPENSATION businessDate=2026-04-20 taxCategory=O correctedLine=STL-W-2026-03B-BANQUE#1
        2026-04-20T11:30:00+02:00 act=confirm instruction=STL-W-2026-04A-RAILCO-EUR amount=42.54 \
        bankReference=B-0007 bookingDate=2026-04-20
        2026-04-20T11:31:00+02:00 act=confirm instruction=STL-W-2026-04A-BANQUE-EUR amount=150.07 \
        bankReference=B-0008 bookingDate=2026-04-20
        """
}
