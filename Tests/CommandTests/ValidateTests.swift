import Foundation
import TestKit
import Testing

/// Batch files of MARCHE for the day after the demonstration.
enum Batches {
    static let instant = "2026-05-01T08:00:00Z"
    static let member = "9250123456789013"

    /// A file in XML.
    ///
    /// - Parameters:
    ///   - dates: the records' business dates; a day in the future is refused.
    ///   - padding: blanks between records, to make a file long.
    static func xml(
        _ sequence: Int, series: String = "LIVE", dates: [String] = ["2026-04-30"], padding: Int = 0,
        partner: String = "MARCHE", units: String = "100"
    ) -> String {
        let records = dates.enumerated().map { number, date in
            """
              <Transaction>
                <TransactionId>CMD-\(series)-\(sequence)-\(number + 1)</TransactionId>
                <LoyaltyTransactionType>ACCR</LoyaltyTransactionType>
                <TransactionDateTime>\(date)T11:\(10 + number):00Z</TransactionDateTime>
                <BusinessDate>\(date)</BusinessDate>
                <LoyaltyAccount>
                  <LoyaltyAccountId type="CARD">\(member)</LoyaltyAccountId>
                </LoyaltyAccount>
                <LoyaltyAmount unit="MKP">\(units)</LoyaltyAmount>
              </Transaction>\(String(repeating: "\n", count: padding))
            """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <LoyaltyTransactionBatch xmlns="urn:coalition:clearing:batch:1" version="1.0">
              <GroupHeader>
                <MessageId>CMD-\(series)-\(sequence)</MessageId>
                <CreationDateTime>2026-05-01T06:00:00Z</CreationDateTime>
                <InitiatingParty>\(partner)</InitiatingParty>
                <Recipient>HOST</Recipient>
                <ProgrammeId>SMILES</ProgrammeId>
                <Series>\(series)</Series>
                <SequenceNumber>\(sequence)</SequenceNumber>
                <NumberOfTransactions>\(dates.count)</NumberOfTransactions>
                <ControlSum unit="MKP">\((Int(units) ?? 0) * dates.count)</ControlSum>
              </GroupHeader>
            \(records.joined(separator: "\n"))
            </LoyaltyTransactionBatch>

            """
    }
}

extension CommandTests {
    /// `validate`: the intake's checks before a file is sent.
    @Suite struct ValidateTests {
        private let rules = "--programme demo/programme --at \(Batches.instant)"

        @Test func aGoodFileHasNoFindings() throws {
            let place = try DemoHouse.copy()
            try place.write(Batches.xml(10), to: "batch.xml")
            let report = try place.json("validate batch.xml \(rules)")
            #expect(report["findings"].items.isEmpty)
            #expect(report["points"]["ACCR"].number == 63)
            #expect(try place.done("validate batch.xml \(rules)").text.hasPrefix("1 records, 0 refused, 0 findings\n"))
            try place.done(
                "validate demo/sent/MARCHE/MARCHE-2.csv --programme demo/programme --at 2026-03-18T02:00:00Z")
        }

        @Test func findingsSayPlaceValueRuleAndAction() throws {
            let place = try DemoHouse.copy()
            try place.write(Batches.xml(10, dates: ["2026-04-30", "2026-05-09"]), to: "batch.xml")
            let outcome = try place.run("validate batch.xml \(rules)")
            #expect(outcome.status == Program.Status.refused.rawValue)
            let line = try #require(outcome.text.split(separator: "\n").first { $0.hasPrefix("DAT-") })
            for word in ["record 2", "line ", "byte ", "(2026-05-09)", " — "] { #expect(line.contains(word)) }
            let report = try place.json("validate batch.xml \(rules)", status: .refused)
            #expect(report["records"].number == 2)
            #expect(report["refused"].number == 1)
            let finding = try #require(report["findings"].items.first)
            #expect(finding["place"]["record"].number == 2)
        }

        @Test func theRefusedRecordsComeBackReadyToBeCorrected() throws {
            let place = try DemoHouse.copy()
            for (name, csv) in [("batch.xml", false), ("batch.csv", true)] {
                let ending = csv ? "csv" : "xml"
                try place.write(csv ? try self.csv() : Batches.xml(10, dates: ["2026-04-30", "2026-05-09"]), to: name)
                let outcome = try place.run(
                    "validate \(name) \(rules) --refused again.\(ending) --receipt RCP-00000042")
                #expect(outcome.status == Program.Status.refused.rawValue)
                #expect(outcome.errors == "again.\(ending): 1 records to correct\n")
                let text = try place.text("again.\(ending)")
                #expect(text.contains("RCP-00000042"))
                let still = try place.json("validate again.\(ending) \(rules)", status: .refused)
                #expect(still["records"].number == 1)
                #expect(still["refused"].number == 1)
                try place.write(
                    text.replacingOccurrences(of: "2026-05-09", with: "2026-04-30"), to: "corrected.\(ending)")
                let good = try place.json("validate corrected.\(ending) \(rules)")
                #expect(good["findings"].items.isEmpty)
            }
        }

        /// The same two records as CSV.
        private func csv() throws -> String {
            let columns =
                "TransactionId,LoyaltyTransactionType,TransactionDateTime,BusinessDate,AccountIdType,"
                + "LoyaltyAccountId,EntryMode,Unit,LoyaltyAmount,CreditDebit,SaleCurrency,SaleAmount,EarnBasis,"
                + "EarnQuantity,OriginalTransactionId,TriggeringTransactionId,PromotionId,ReasonCode,Narrative,"
                + "ProductCode,CounterAccountId,ApprovalCode,StoreId,TerminalId,Brand,Channel,BusinessLine"
            let rows = ["2026-04-30", "2026-05-09"].enumerated().map { number, date in
                "CMD-\(number + 1),ACCR,\(date)T11:\(10 + number):00Z,\(date),CARD,\(Batches.member),,MKP,100"
                    + String(repeating: ",", count: 18)
            }
            return "#HEADER,1.0,CMD-10,2026-05-01T06:00:00Z,MARCHE,HOST,SMILES,LIVE,10,,\n\(columns)\n"
                + rows.joined(separator: "\n") + "\n#TRAILER,2,MKP,200\n"
        }

        @Test func whatIsNoBatchFileIsToldAndNothingIsWritten() throws {
            let place = try DemoHouse.copy()
            try place.write("no batch file\n", to: "batch.xml")
            let outcome = try place.run("validate batch.xml \(rules) --refused again.xml")
            #expect(outcome.status == Program.Status.refused.rawValue)
            #expect(outcome.text.hasPrefix("SYN-001: "))
            #expect(!place.exists("again.xml"))
            try place.write(Batches.xml(10), to: "good.xml")
            let good = try place.run("validate good.xml \(rules) --refused again.xml")
            #expect(good.status == 0)
            #expect(good.errors.contains("no record is refused"))
            #expect(!place.exists("again.xml"))
        }

        @Test func aFileOfAnotherPartnerOrProgrammeIsRefused() throws {
            let place = try DemoHouse.copy()
            try place.write(Batches.xml(10, partner: "NOBODY"), to: "nobody.xml")
            #expect(try place.run("validate nobody.xml \(rules)").text.hasPrefix("FIL-007: "))
            try place.write(Batches.xml(10), to: "batch.xml")
            let outcome = try place.run("validate batch.xml --partner RAILCO")
            #expect(outcome.status == Program.Status.refused.rawValue)
            #expect(outcome.text.contains("FIL-001: "))
        }
    }
}
