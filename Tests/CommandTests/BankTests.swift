import Foundation
import TestKit
import Testing

extension CommandTests {
    /// What a bank reports, from its file to the instructions.
    @Suite struct BankTests {
        private static let maker = "--cert demo/pki/maker.pem --key demo/pki/maker.key"
        private static let checker = "--cert demo/pki/checker.pem --key demo/pki/checker.key"
        private static let entries = [
            ("STL-W-2026-04B-BANQUE-EUR", "5.00", "EUR", "FR7630006000011234567890189"),
            ("STL-W-2026-04B-MARCHE-EUR", "11.00", "EUR", "FR7630006000011234567890189"),
            ("STL-W-2026-04B-MARCHE-EUR", "0.67", "EUR", "FR7630006000011234567890189"),
            ("STL-W-2026-04A-CARBU-TND", "38.827", "TND", "TN8508006035183598478832"),
        ]

        /// A notification of debits that the official schema accepts.
        private static func notification(_ rows: [(String, String, String, String)]) -> String {
            var out = """
                <?xml version="1.0" encoding="UTF-8"?>
                <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
                <GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-05-06T20:00:00+02:00</CreDtTm></GrpHdr>

                """
            for (index, row) in rows.enumerated() {
                out += """
                    <Ntfctn><Id>N\(index)</Id><Acct><Id><IBAN>\(row.3)</IBAN></Id></Acct><Ntry>
                    <Amt Ccy="\(row.2)">\(row.1)</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
                    <BookgDt><Dt>2026-05-06</Dt></BookgDt><AcctSvcrRef>REF-\(index)</AcctSvcrRef>
                    <BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>
                    <NtryDtls><TxDtls><Refs><EndToEndId>\(row.0)</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn>

                    """
            }
            return out + "</BkToCstmrDbtCdtNtfctn></Document>\n"
        }

        /// The demonstration with the last window's settlement sent.
        private func house() throws -> Workplace {
            let place = try DemoHouse.copy()
            let both = "\(Self.maker) --checker-cert demo/pki/checker.pem --checker-key demo/pki/checker.key"
            for step in ["approve", "send"] {
                try place.done("settlement \(step) W-2026-04B --data demo/data \(both)")
            }
            try place.write(Self.notification(Self.entries), to: "bank.xml")
            try ISOSchemas.accept("bank.xml", "camt.054.001.08", in: place.folder)
            return place
        }

        private func status(_ place: Workplace, _ id: String) throws -> String? {
            try place.json("settlement show --data demo/data").items.flatMap { $0["instructions"].items }
                .first { $0["endToEndId"].text == id }?["status"].text
        }

        @Test func twoOfficersReadTheFileAndAllOfItIsTakenAtOnce() throws {
            let place = try house()
            let plan = try place.json("bank import bank.xml --dry-run --data demo/data")
            #expect(plan["matched"].number == 4)
            #expect(try place.json("act list --data demo/data").items.isEmpty)

            try place.done("bank import bank.xml --data demo/data \(Self.maker)")
            let waiting = try place.json("act list --data demo/data").items
            #expect(waiting.count == 4)
            #expect(try status(place, "STL-W-2026-04B-BANQUE-EUR") == "SENT")

            // The checker's file is another one: nothing of it was made by a maker.
            try place.write(Self.notification(Self.entries.dropLast()), to: "other.xml")
            try place.fails(
                .refused, "ACT-004", "bank import other.xml --countersign --data demo/data \(Self.checker)")
            // Who made the acts does not countersign them.
            try place.fails(.refused, "ACT-001", "bank import bank.xml --countersign --data demo/data \(Self.maker)")
            // One by one, nothing happens before the last.
            for act in waiting.prefix(3) {
                let digest = try #require(act["digest"].text)
                let outcome = try place.json("act countersign \(digest) --data demo/data \(Self.checker)")
                #expect(outcome["state"].text == "AWAITING_CHECKER")
            }
            #expect(try status(place, "STL-W-2026-04B-BANQUE-EUR") == "SENT")

            try place.done("bank import bank.xml --countersign --data demo/data \(Self.checker)")
            for (id, _, _, _) in Self.entries { #expect(try status(place, id) == "CONFIRMED", "\(id)") }
            #expect(try place.json("act list --data demo/data").items.isEmpty)
            try place.fails(.refused, "ACT-005", "bank import bank.xml --data demo/data \(Self.maker)")
            try place.done("check --data demo/data")
            try place.proves("W-2026-04B", data: "demo/data")
            try place.proves("W-2026-04B", partner: "MARCHE", data: "demo/data")
        }

        @Test func aFileWithAnEntryThatDoesNotMatchChangesNothing() throws {
            let place = try house()
            var rows = Self.entries
            rows[1].0 = "STL-W-2026-04B-NOBODY-EUR"
            rows[3].2 = "EUR"
            rows[3].1 = "38.82"
            try place.write(Self.notification(rows), to: "bank.xml")
            let both = "\(Self.maker) --checker-cert demo/pki/checker.pem --checker-key demo/pki/checker.key"
            let refusal = try place.fails(.refused, "BNK-003", "bank import bank.xml --data demo/data \(both)")
            #expect(refusal.errors.contains("STL-W-2026-04B-NOBODY-EUR"))
            #expect(refusal.errors.contains("TN8508006035183598478832"))
            #expect(try place.json("act list --data demo/data").items.isEmpty)
            #expect(try status(place, "STL-W-2026-04B-BANQUE-EUR") == "SENT")
            try place.write("<Document/>", to: "bank.xml")
            try place.fails(.refused, "BNK-002", "bank import bank.xml --data demo/data \(both)")
        }

        @Test func aSetThatNoLongerFitsIsRefusedAsAWhole() throws {
            let place = try house()
            try place.done("bank import bank.xml --data demo/data \(Self.maker)")
            // Meanwhile one of the instructions is withdrawn.
            let both = "\(Self.maker) --checker-cert demo/pki/checker.pem --checker-key demo/pki/checker.key"
            try place.done(
                "settlement cancel STL-W-2026-04A-CARBU-TND --bank-reference GONE --data demo/data \(both)")
            for act in try place.json("act list --data demo/data").items.dropLast() {
                let digest = try #require(act["digest"].text)
                try place.done("act countersign \(digest) --data demo/data \(Self.checker)")
            }
            let last = try #require(try place.json("act list --data demo/data").items.last?["digest"].text)
            try place.fails(.refused, "ACT-004", "act countersign \(last) --data demo/data \(Self.checker)")
            #expect(try status(place, "STL-W-2026-04B-BANQUE-EUR") == "SENT")
            #expect(try status(place, "STL-W-2026-04B-MARCHE-EUR") == "SENT")
        }
    }
}
