import Foundation
import Primitives
import Testing
import Validation
import XMLKit

@Suite struct MessageTests {
    private static let redemption = """
        <?xml version="1.0" encoding="UTF-8"?>
        <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
          <MessageHeader>
            <MessageId>MARCHE-RT-608618000123</MessageId><CreationDateTime>2026-03-27T18:45:12+01:00</CreationDateTime>
            <PartnerId>MARCHE</PartnerId><PossibleDuplicate>false</PossibleDuplicate>
          </MessageHeader>
          <Transaction>
            <TransactionId>T03</TransactionId><LoyaltyTransactionType>REDM</LoyaltyTransactionType>
            <TransactionDateTime>2026-03-27T18:45:12+01:00</TransactionDateTime><BusinessDate>2026-03-27</BusinessDate>
            <LoyaltyAccount><LoyaltyAccountId type="CARD">9250123456789013</LoyaltyAccountId></LoyaltyAccount>
            <LoyaltyAmount unit="SML">3000</LoyaltyAmount><SaleAmount currency="EUR">15.00</SaleAmount>
            <ProductCode>GIFT-15</ProductCode>
            <PointOfInteraction><StoreId>RIVOLI</StoreId><TerminalId>POS00042</TerminalId></PointOfInteraction>
          </Transaction>
        </LoyaltyRequest>
        """

    private func read(_ text: String) -> Result<MessageRequest, Refusal> {
        Result { () throws(Refusal) in try MessageReader.read(Array(text.utf8), hash: testHash) }
    }

    private func code(_ text: String) -> String {
        if case .failure(let refusal) = read(text) { refusal.code.code } else { "accepted" }
    }

    @Test func `the sample message is read`() throws {
        let request = try read(Self.redemption).get()
        #expect(request.messageID.text == "MARCHE-RT-608618000123")
        #expect(request.partner.text == "MARCHE")
        #expect(!request.possibleDuplicate)
        guard case .transaction(.parsed(let record)) = request.operation else {
            Issue.record("no record was read")
            return
        }
        #expect(record.content.type == .redemption)
        #expect(record.content.terminal == "POS00042")
        #expect(record.place.number == 1)
    }

    @Test func `a record in a message has the digest that it has in a file`() throws {
        var random = Seeded(12)
        let at = try #require(Timestamp("2026-03-27T18:45:12Z"))
        let schema = try XMLSchema(RealtimeSchema.text)
        for number in 0..<100 {
            let content = try random.content(number)
            let bytes = MessageWriter.message(
                try MessageID("M-\(number)"), createdAt: at, partner: try PartnerID("MARCHE"), .transaction(content))
            #expect(schemaErrors(bytes, schema) == [])
            let file = BatchWriter.file(header: try random.header(.csv), records: [content])
            let inFile = try #require(readBatch(file).parsed.first)
            guard case .transaction(.parsed(let record)) = try MessageReader.read(bytes, hash: testHash).operation
            else {
                Issue.record("no record was read")
                continue
            }
            #expect(record.content == content)
            #expect(record.contentDigest == inFile.contentDigest)
        }
    }

    @Test func `queries are written and read`() throws {
        let at = try #require(Timestamp("2026-03-27T18:45:12Z"))
        let schema = try XMLSchema(RealtimeSchema.text)
        let cases: [(MessageWriter.Operation, MessageRequest.Operation)] = [
            (.messageStatus(try MessageID("M-1")), .messageStatus(try MessageID("M-1"))),
            (.transactionStatus(try TransactionID("T-1")), .transactionStatus(try TransactionID("T-1"))),
            (.position(nil), .position(nil)),
            (.position(try WindowID("W-2026-03B")), .position(try WindowID("W-2026-03B"))),
            (.echo(""), .echo("")), (.echo("ça va < bien"), .echo("ça va < bien")),
        ]
        for (asked, expected) in cases {
            let bytes = MessageWriter.message(
                try MessageID("M-9"), createdAt: at, partner: try PartnerID("MARCHE"), possibleDuplicate: true, asked)
            #expect(schemaErrors(bytes, schema) == [])
            let request = try MessageReader.read(bytes, hash: testHash)
            #expect(request.operation == expected)
            #expect(request.createdAt == at)
            #expect(request.possibleDuplicate)
        }
    }

    @Test func `a record with findings is told, and the message is still one`() throws {
        let text = Self.redemption.replacing("2026-03-27</Business", with: "2026-02-30</Business")
        guard case .transaction(.refused(let record)) = try read(text).get().operation else {
            Issue.record("the record was not refused")
            return
        }
        #expect(record.findings.map(\.code) == [.fmt005])
        #expect(record.transactionID == "T03")
    }

    @Test(arguments: [
        ("</LoyaltyRequest>", "", "SYN-001"), ("<LoyaltyRequest", "<!DOCTYPE x><LoyaltyRequest", "SYN-003"),
        ("UTF-8", "latin1", "SYN-004"), ("realtime:1", "realtime:2", "SYN-006"),
        ("version=\"1.0\">", "version=\"2\">", "SYN-006"),
        ("realtime:1", "other", "SYN-002"), ("<PartnerId>MARCHE</PartnerId>", "", "SYN-002"),
        ("<PartnerId>MARCHE", "<PartnerId>marche", "SYN-002"), (">false<", ">0<", "SYN-002"),
        ("<Transaction>", "x<Transaction>", "SYN-002"),
        ("</Transaction>", "</Transaction><Echo/>", "SYN-002"), ("<MessageHeader>", "<Foo/><MessageHeader>", "SYN-002"),
        ("<MessageHeader>", "<MessageHeader a=\"b\">", "SYN-002"), ("Transaction>", "Transactions>", "SYN-002"),
        ("<PartnerId>MARCHE", "<PartnerId><b/>MARCHE", "SYN-002"),
    ])
    func `a message whose envelope is wrong is refused as a whole`(_ old: String, _ new: String, _ expected: String) {
        let text = Self.redemption.replacing(old, with: new)
        #expect(text != Self.redemption)
        #expect(code(text) == expected)
    }

    @Test func `a message is at most as large as the limit`() {
        let large = Self.redemption + String(repeating: " ", count: 70_000)
        #expect(code(large) == "SYN-005")
    }

    @Test func `queries with other content are refused`() {
        for body in [
            "<StatusQuery/>", "<StatusQuery><TransactionId>T//1</TransactionId></StatusQuery>",
            "<PositionQuery>x</PositionQuery>",
            "<StatusQuery><TransactionId>T</TransactionId><TransactionId>T</TransactionId></StatusQuery>",
            "<PositionQuery><WindowId>2026</WindowId></PositionQuery>", "<Echo><Text>\u{202E}</Text></Echo>",
            "<Echo a='b'/>",
            "<Echo><Foo/></Echo>", "", "<Unknown/>",
        ] {
            let text = """
                <LoyaltyRequest xmlns="urn:coalition:clearing:realtime:1" version="1.0">
                <MessageHeader><MessageId>M</MessageId><CreationDateTime>2026-03-27T18:45:12Z</CreationDateTime>
                <PartnerId>MARCHE</PartnerId></MessageHeader>\(body)
                </LoyaltyRequest>
                """
            #expect(code(text) == "SYN-002", "\(body)")
        }
    }

    @Test func `the sample response follows its schema`() throws {
        let response = """
            <LoyaltyResponse xmlns="urn:coalition:clearing:realtime:1" version="1.0">
              <MessageHeader>
                <MessageId>HOST-RT-77120</MessageId><CreationDateTime>2026-03-27T18:45:12.214+01:00</CreationDateTime>
                <OriginalMessageId>MARCHE-RT-608618000123</OriginalMessageId>
              </MessageHeader>
              <TransactionStatus>
                <TransactionId>T03</TransactionId><Status>ACCP</Status><ApprovalCode>A7Q21Z</ApprovalCode>
                <ClearingReference>CLR-0000918119</ClearingReference><WindowId>W-2026-03B</WindowId>
              </TransactionStatus>
            </LoyaltyResponse>
            """
        let schema = try XMLSchema(RealtimeResponseSchema.text)
        #expect(schemaErrors(Array(response.utf8), schema) == [])
        #expect(schemaErrors(Array(response.replacing("ACCP", with: "FINE").utf8), schema).count == 1)
    }
}
