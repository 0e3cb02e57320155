import XMLKit

/// An element that can be changed at will.
final class MutableElement {
    var name: String
    var attributes: [(name: String, value: String)]
    var text: String
    var children: [MutableElement]

    init(_ name: String, text: String = "") {
        self.name = name
        attributes = []
        self.text = text
        children = []
    }

    init(_ element: XMLElement) {
        name = element.name
        attributes = element.attributes.map { ($0.name, $0.value) }
        children = element.children.map(MutableElement.init)
        text = element.children.isEmpty ? element.text : ""
    }

    /// The element and all below it.
    var all: [MutableElement] { [self] + children.flatMap(\.all) }

    /// The element as it is written. Text is written as it stands, so that it can hold markup.
    func write(into out: inout String) {
        out += "<\(name)" + attributes.map { " \($0.name)=\"\($0.value)\"" }.joined()
        if text.isEmpty, children.isEmpty {
            out += "/>"
            return
        }
        out += ">" + text
        for child in children { child.write(into: &out) }
        out += "</\(name)>"
    }
}

extension Seeded {
    private static let names = [
        "LoyaltyTransactionBatch", "GroupHeader", "Transaction", "MessageId", "Series", "ControlSum",
        "ReplacesReceiptId",
        "TransactionId", "BusinessDate", "LoyaltyAccount", "LoyaltyAccountId", "EntryMode", "LoyaltyAmount",
        "CreditDebit",
        "SaleAmount", "EarnBasis", "OriginalTransaction", "PromotionId", "Narrative", "PointOfInteraction", "StoreId",
        "TerminalId", "SubSource", "Brand", "Channel", "Foo", "transaction",
    ]

    private static let values = [
        "", " ", "0", "1", "-1", "+1", "01", "007", "1.0", "1.", ".5", "1e3", "12.5", "12.34567", "999999999999",
        "1000000000000", "999999999999999999", "9999999999999999999", "12.3456", "NaN", "INF", "EUR", "SML", "eur",
        "EURO",
        "CARD", "ACCOUNT", "TOKEN", "card", "CHIP", "CRDT", "DBIT", "STEP", "EVENT", "AMOUNT", "ACCR", "RVSL", "ADJT",
        "LIVE",
        "TEST", "2026-03-18", "2026-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "0000-01-01", "0001-01-01",
        "9999-12-31", "12026-01-01", "-2026-01-01", "2026-03-18Z", "2026-03-18+01:00", "2026-04-31", "2026-3-1",
        "2026-03-18T17:42:10+01:00", "2026-03-18T24:00:00Z", "2026-03-18T23:59:60Z", "2026-03-18T17:42:10.123456789Z",
        "2026-03-18T17:42:10.1234567890Z", "2026-03-18T17:42:10", "2026-03-18T17:42:10-14:00",
        "2026-03-18T17:42:10+14:01",
        "2026-02-29T00:00:00Z", "2026-03-18t17:42:10z", "9250123456789013", "925012345678901", "92501234567",
        "12345678901234567890", "T//1", "/T", "T/", " T", "T ", "T/1", "a'b", "a(b)?:,.+-", "T_1", "é", "Café", "a\tb",
        "a&#10;b",
        "a&#xD;b", "&#x202E;", "\u{202E}x", "\u{85}", "&#x7F;", "\u{2028}", "\u{FFFD}", "\u{10FFFF}", "&amp;",
        "&lt;x&gt;",
        "<![CDATA[CARD]]>", "CA<!-- c -->RD", "20<?p?>26-03-18", "&#49;&#50;", "A7Q21Z", "a7", "W-1", "prm", "PRM-1_.x",
        "123456789012345678901234567890123456", "12345678901234567890123456789012345", "TRUE", "railco", "RA",
        "RAILCORAILC0",
        "\u{1F600}\u{1F600}", "éééééééééééééééééééééééééééééééééééé", "ééééééééééééééééééééééééééééééééééé",
    ]

    /// Changes a document's tree in one to four places.
    mutating func mutate(_ root: MutableElement) {
        for _ in 0...below(4) { mutateOnce(root) }
    }

    private mutating func mutateOnce(_ root: MutableElement) {
        let parents = root.all.filter { !$0.children.isEmpty }
        let element = pick(root.all)
        guard !parents.isEmpty else { return }
        let parent = pick(parents)
        let index = below(parent.children.count)
        switch below(20) {
        case 0: parent.children.remove(at: index)
        case 1: parent.children.insert(parent.children[index], at: index)
        case 2: parent.children.swapAt(index, below(parent.children.count))
        case 3: parent.children.insert(parent.children.remove(at: index), at: below(parent.children.count + 1))
        case 4: element.name = pick(Self.names)
        case 5...9: if element.children.isEmpty { element.text = pick(Self.values) } else { mutateOnce(root) }
        case 10:
            if element.children.isEmpty {
                element.text = pick([" ", "\n", "\t "]) + element.text + pick(["", " ", "\r\n"])
            }
        case 11: parent.children.insert(MutableElement(pick(Self.names), text: pick(Self.values)), at: index)
        case 12: element.children.append(MutableElement(pick(Self.names)))
        case 13:
            let names = ["unit", "type", "currency", "quantity", "version", "x", "xml:lang", "xmlns:q"]
            let name = pick(names.filter { name in !element.attributes.contains { $0.name == name } })
            element.attributes.append((name, pick(["EUR", "CARD", "1", "", "urn:q", "1.0", " EUR", "0", "fr"])))
        case 14: if !element.attributes.isEmpty { element.attributes.remove(at: below(element.attributes.count)) }
        case 15:
            if !element.attributes.isEmpty {
                element.attributes[below(element.attributes.count)].value = pick(
                    Self.values.filter { !$0.contains("<") })
            }
        // Not a blank section: libxml2 calls it content between elements, the rules of XML Schema do not.
        case 16: parent.text = pick(["text", "&#32;", " \n ", "<!-- c -->", "<![CDATA[x]]>", "<?p q?>", "&amp;"])
        case 17: element.text = "<!-- c -->" + element.text
        case 18:
            if !element.attributes.contains(where: { $0.name == "xmlns" }) {
                element.attributes.append(("xmlns", pick(["", "urn:other", "urn:coalition:clearing:batch:1"])))
            }
        default: element.text = ""
        }
    }

    /// Changes the bytes of a document in one to three places.
    mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0...below(3) where !bytes.isEmpty {
            let index = below(bytes.count)
            switch below(4) {
            case 0: bytes[index] = UInt8(below(256))
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(pick(Array("<>&\"'/!-[]?; x\0\u{E9}".utf8)), at: index)
            default: bytes.swapAt(index, below(bytes.count))
            }
        }
    }
}
