import Primitives
import Validation

/// Batch files and messages: with records of every type, with every field, and with what is refused.
enum BatchSeeds {
    static func xml() -> [Seed] {
        var out = records.enumerated().map { Seed(name: "record-\($0)", bytes: file([$1])) }
        out.append(Seed(name: "records", bytes: file(records)))
        out.append(Seed(name: "empty", bytes: file([])))
        out.append(Seed(name: "twins", bytes: file([records[0], records[0]])))
        for (index, text) in odd.enumerated() {
            out.append(Seed(name: "odd-\(index)", bytes: Array(text.utf8)))
        }
        return out + messages()
    }

    static func csv() -> [Seed] {
        var out: [Seed] = []
        let groups = records.map { [$0] } + [records, []]
        for (index, group) in groups.enumerated() {
            let bytes = file(group)
            let read = BatchReading(bytes, .xml, [bytes[...]])
            guard var header = read.header else { continue }
            header.format = .csv
            let written = BatchWriter.file(header: header, records: read.parsed.map(\.content))
            out.append(Seed(name: "file-\(index)", bytes: written))
            let text = String(decoding: written, as: UTF8.self)
            out.append(Seed(name: "refused-\(index)", bytes: Array(text.replacing("CARD", with: "ZZZZ").utf8)))
            out.append(Seed(name: "marked-\(index)", bytes: [0xEF, 0xBB, 0xBF] + Array(text.utf8)))
            out.append(Seed(name: "lines-\(index)", bytes: Array(text.replacing("\n", with: "\r\n").utf8)))
            let quoted = text.split(separator: "\n").map { line in
                line.hasPrefix("#")
                    ? String(line)
                    : line.split(separator: ",", omittingEmptySubsequences: false).map { "\"\($0)\"" }
                        .joined(separator: ",")
            }
            out.append(Seed(name: "quoted-\(index)", bytes: Array((quoted.joined(separator: "\n") + "\n").utf8)))
        }
        return out
    }

    private static func file(_ records: [String]) -> [UInt8] {
        var sums: [String: Int] = [:]
        for record in records {
            guard let match = record.firstMatch(of: /unit="([A-Z]+)">([0-9]+)</) else { continue }
            sums[String(match.1), default: 0] += Int(match.2) ?? 0
        }
        let totals = sums.sorted { $0.key < $1.key }.map { "<ControlSum unit=\"\($0.key)\">\($0.value)</ControlSum>" }
        return Array((head(records.count, totals.joined()) + records.joined() + "</LoyaltyTransactionBatch>\n").utf8)
    }

    private static func head(_ count: Int, _ sums: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <LoyaltyTransactionBatch xmlns="\(BatchSchema.namespace)" version="1.0"><GroupHeader>
        <MessageId>RAILCO-1</MessageId><CreationDateTime>2026-03-19T00:45:00+01:00</CreationDateTime>
        <InitiatingParty>RAILCO</InitiatingParty><Recipient>HOST</Recipient><ProgrammeId>SMILES</ProgrammeId>
        <Series>LIVE</Series><SequenceNumber>412</SequenceNumber><NumberOfTransactions>\(count)</NumberOfTransactions>
        \(sums)<ReplacesReceiptId>RCP-1</ReplacesReceiptId><CorrectsReceiptId>RCP-2</CorrectsReceiptId></GroupHeader>

        """
    }

    private static func record(_ id: String, _ type: String, _ rest: String) -> String {
        """
        <Transaction><TransactionId>\(id)</TransactionId><LoyaltyTransactionType>\(type)</LoyaltyTransactionType>
        <TransactionDateTime>2026-03-18T17:42:10+01:00</TransactionDateTime><BusinessDate>2026-03-18</BusinessDate>
        \(rest)</Transaction>

        """
    }

    private static let account =
        #"<LoyaltyAccount><LoyaltyAccountId type="CARD">9250123456789013</LoyaltyAccountId></LoyaltyAccount>"#

    private static let records = [
        record("T05", "ACCR", account + #"<LoyaltyAmount unit="RLM">640</LoyaltyAmount>"#),
        record(
            "T06", "BONU",
            account
                + #"<EntryMode>CHIP</EntryMode><LoyaltyAmount unit="SML">1001</LoyaltyAmount>"#
                + #"<SaleAmount currency="EUR">128.00</SaleAmount><EarnBasis quantity="3">EVENT</EarnBasis>"#
                + "<TriggeringTransaction><TransactionId>T05</TransactionId></TriggeringTransaction>"
                + "<PromotionId>PRM-SPRING</PromotionId>"),
        record(
            "T07", "REDM",
            account
                + #"<LoyaltyAmount unit="SML">5</LoyaltyAmount><Narrative>Caf&#xE9; &amp; "x", &lt;y&gt;</Narrative>"#
                + "<ProductCode>P</ProductCode><CounterAccountId>C</CounterAccountId>"
                + "<ApprovalCode>A7Q21Z</ApprovalCode>"
                + "<PointOfInteraction><StoreId>GDL-WEB</StoreId><TerminalId>1</TerminalId></PointOfInteraction>"
                + "<SubSource><Brand>b</Brand><Channel>c</Channel><BusinessLine>l</BusinessLine></SubSource>"),
        record(
            "T08", "RVSL",
            account + #"<LoyaltyAmount unit="SML">5</LoyaltyAmount>"#
                + "<OriginalTransaction><TransactionId>T07</TransactionId></OriginalTransaction>"
                + "<ReasonCode>RETURN</ReasonCode>"),
        record(
            "T09", "ADJT",
            #"<LoyaltyAmount unit="EUR">37.41</LoyaltyAmount><CreditDebit>CRDT</CreditDebit>"#
                + "<ReasonCode>GOODWILL</ReasonCode>"),
        record("T05", "ACCR", account + #"<LoyaltyAmount unit="RLM">0</LoyaltyAmount><Unknown/>"#),
    ]

    /// Forms of XML that are refused, or read with care.
    private static let odd = [
        "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d SYSTEM \"file:e\">]>\n<a>&b;&d;</a>",
        "<?xml version=\"1.1\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n<a/>",
        """
        <b:LoyaltyTransactionBatch xmlns:b="\(BatchSchema.namespace)" \
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" version="1.0"><b:GroupHeader>
        <!-- remark --><?target data?><b:MessageId><![CDATA[A]]></b:MessageId></b:GroupHeader></b:LoyaltyTransactionBatch>
        """,
        head(2, "").replacing("xmlns=", with: "xmlns:c=\"urn:c\" xmlns=")
            + "<Transaction xmlns:d=\"urn:d\" d:x=\"1\"><c:a/></Transaction></LoyaltyTransactionBatch>",
    ]

    private static func messages() -> [Seed] {
        let bytes = file([records[1]])
        let read = BatchReading(bytes, .xml, [bytes[...]])
        var operations: [(String, MessageWriter.Operation)] = [
            ("message", .messageStatus(MessageID(unchecked: "M-1"))),
            ("transaction", .transactionStatus(TransactionID(unchecked: "T05"))), ("position", .position(nil)),
            ("window", .position(WindowID(unchecked: "W-2026-03A"))), ("echo", .echo("hello <&> \u{1F600}")),
        ]
        if let content = read.parsed.first?.content { operations.append(("record", .transaction(content))) }
        return operations.map { name, operation in
            Seed(
                name: "message-\(name)",
                bytes: MessageWriter.message(
                    MessageID(unchecked: "M-2"), createdAt: Timestamp(milliseconds: 1_773_144_000_000),
                    partner: PartnerID(unchecked: "RAILCO"), possibleDuplicate: name == "record", operation))
        }
    }
}
