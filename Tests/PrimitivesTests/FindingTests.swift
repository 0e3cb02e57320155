import Foundation
import Primitives
import Testing

@Suite struct FindingTests {
    @Test("a finding has its code's severity and keeps at most 64 characters of the value")
    func finding() {
        let place = Finding.Place(record: 3, line: 12, offset: 400).field("LoyaltyAmount")
        let finding = Finding(.trf002, at: place, value: String(repeating: "9", count: 100), detail: "not a multiple")
        #expect(finding.severity == .refuseRecord && finding.refuses)
        #expect(finding.value.count == 64)
        #expect(finding.place == Finding.Place(record: 3, line: 12, offset: 400, field: "LoyaltyAmount"))
        #expect(!Finding(.dat003).refuses)
        #expect(Finding(.sig002).refuses && Finding(.cfg001).refuses)
        #expect(Finding.Place.whole == Finding.Place(record: 0, line: 0, offset: -1, field: ""))
    }

    @Test("a refusal tells each finding on its line, with detail, value and place")
    func refusal() {
        let place = Finding.Place(record: 3, line: 12, field: "LoyaltyAmount")
        let refusal = Refusal([
            Finding(.trf002, at: place, value: "1250", detail: "not a multiple of 500 RLM"), Finding(.sig001),
        ])
        let lines = refusal.description.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "TRF-002: not a multiple of 500 RLM ('1250') in record 3 at line 12, LoyaltyAmount",
                "SIG-001: \(ReasonCode.sig001.entry.rule)",
            ])
        #expect(refusal.code == .trf002)
    }

    @Test("a refusal without a reason is a bug and traps")
    func emptyRefusal() async {
        await #expect(processExitsWith: .failure) { _ = Refusal([]) }
    }

    @Test("every code has a severity, a rule and an action, and the catalogue orders them")
    func catalogue() {
        #expect(ReasonCode.allCases.count > 80)
        #expect(ReasonCode.allCases == ReasonCode.allCases.sorted())
        #expect(Set(ReasonCode.allCases.map(\.code)).count == ReasonCode.allCases.count)
        for code in ReasonCode.allCases {
            #expect(code.code.wholeMatch(of: /[A-Z]{2,3}-[0-9]{3}/) != nil, "\(code)")
            #expect(!code.entry.rule.isEmpty && !code.entry.action.isEmpty, "\(code)")
            #expect(code.entry.response.utf8.count == 2, "\(code)")
            #expect(code.entry.iso == "-" || (2...4).contains(code.entry.iso.utf8.count), "\(code)")
            #expect(ReasonCode(code.code) == code)
        }
        #expect(ReasonCode.sig008 < .syn001 && .syn003 < .fil001 && .fil011 < .fmt001 && .fmt009 < .ref001)
    }

    @Test("a code that is in no catalogue is not found, but kept when it is read from a log")
    func unknown() throws {
        #expect(ReasonCode("SIG-999") == nil)
        let read = try JSONDecoder().decode([ReasonCode].self, from: Data(#"["SIG-999"]"#.utf8))
        #expect(read.first?.code == "SIG-999")
        #expect(String(decoding: try JSONEncoder().encode(read), as: UTF8.self) == #"["SIG-999"]"#)
    }

    @Test("codes that are withdrawn or not checked yet are in no catalogue")
    func withdrawn() {
        for code in [
            "SIG-010", "FIL-008", "REF-002", "LIM-002", "CAP-001", "CAP-002", "RED-001", "PRM-003", "DUP-004",
            "TRF-003",
        ] {
            #expect(ReasonCode(code) == nil, "\(code)")
        }
    }
}

@Suite struct RecordVocabularyTests {
    @Test("the kinds of lines stand in the order of statements")
    func kinds() {
        let order = [
            "ISSUANCE", "ISSUANCE_REVERSAL", "BONUS_FUNDING", "BONUS_FUNDING_REVERSAL", "REIMBURSEMENT",
            "REIMBURSEMENT_REVERSAL", "TRANSFER_IN", "TRANSFER_IN_REVERSAL", "TRANSFER_OUT", "TRANSFER_OUT_REVERSAL",
            "ADJUSTMENT_POINTS", "ADJUSTMENT_POINTS_REVERSAL", "ADJUSTMENT_MONEY", "FEE_RECORD", "FEE_LATE",
            "FEE_FILE", "FEE_REJECTED", "FEE_ENROLMENT", "FEE_MINIMUM_MONTHLY",
        ]
        #expect(LineKind.allCases.map(\.rawValue) == order)
        #expect(LineKind.allCases.shuffled().sorted() == LineKind.allCases)
    }

    @Test("a kind and its reversal name each other; money and fees are not reversed")
    func reversals() {
        for kind in LineKind.allCases {
            if let reversal = kind.reversal { #expect(reversal.base == kind) }
            #expect(kind.reversal == nil || kind.base == kind)
        }
        let reversible = LineKind.allCases.filter { $0.reversal != nil }
        #expect(reversible == [.issuance, .bonusFunding, .reimbursement, .transferIn, .transferOut, .adjustmentPoints])
        #expect(LineKind.feeRecord.isFee && !LineKind.adjustmentMoney.isFee)
    }

    @Test("the host supplies issuance, bonus funding, transfers in, points adjustments and fees")
    func supplies() {
        let others = LineKind.allCases.filter { !$0.isHostSupply }
        #expect(
            others == [
                .reimbursement, .reimbursementReversal, .transferOut, .transferOutReversal, .adjustmentMoney,
            ])
    }

    @Test("plus means that the host owes")
    func directions() {
        #expect(Direction.debit.sign == -1 && Direction.credit.sign == 1)
        #expect(Direction.debit.opposite == .credit && Direction.credit.opposite == .debit)
        #expect(Direction.allCases.map(\.rawValue) == ["DBIT", "CRDT"])
    }

    @Test("receipts come in the order of their grades")
    func grades() { #expect(ReceiptGrade.allCases.shuffled().sorted() == [.received, .validated, .cleared]) }
}
