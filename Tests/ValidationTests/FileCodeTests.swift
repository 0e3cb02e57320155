import Foundation
import Primitives
import Testing
import Validation

/// Every code that a file as a whole can get here.
@Suite struct FileCodeTests {
    private func codes(replacing old: String, with new: String) -> [String] {
        let file = Sample.accrualFile(replacing: old, with: new)
        #expect(file != Sample.accrualFile())
        return readBatch(file).fileCodes
    }

    private static let csv = """
        #HEADER,1.0,M-1,2026-03-19T00:45:00+01:00,RAILCO,HOST,SMILES,LIVE,412,,
        \(RecordColumn.allCases.map(\.csvName).joined(separator: ","))
        T05,ACCR,2026-03-18T17:42:10+01:00,2026-03-18,CARD,9250123456789013,,RLM,640,,EUR,128.00,,,,,,,,,,,GDL-WEB,,,,
        #TRAILER,1,RLM,640

        """

    private func csv(replacing old: String, with new: String) -> ReadResult {
        let file = Self.csv.replacingOccurrences(of: old, with: new)
        #expect(file != Self.csv)
        return readBatch(file)
    }

    @Test func `the sample files have no findings`() {
        #expect(readBatch(Self.csv).fileCodes == [])
        #expect(readBatch(Self.csv).codes(1) == [])
        #expect(
            readBatch(Sample.accrualFile()).parsed.map(\.contentDigest)
                == readBatch(Self.csv).parsed.map(\.contentDigest))
    }

    @Test func `SYN-001: XML that is not well-formed, with its place`() {
        #expect(codes(replacing: "</BusinessDate>", with: "</BusinessDay>") == ["SYN-001"])
        #expect(codes(replacing: "</LoyaltyTransactionBatch>", with: "") == ["SYN-001"])
        let refusal = readBatch(Sample.accrualFile(replacing: "</BusinessDate>", with: "</BusinessDay>")).refusal
        #expect(refusal?.findings.first?.place.line == 18)
        #expect(readBatch("").fileCodes == ["SYN-001"])
        #expect(readBatch("hello").fileCodes == ["SYN-001"])
        #expect(readBatch("<a/>").fileCodes == ["SYN-002"])
    }

    @Test(arguments: [
        ("ACCR,", "AC\"CR,"), ("ACCR,", "\"ACCR\"x,"), ("ACCR,", "\"ACCR,"), ("#TRAILER,1,RLM,640\n", ""),
        ("640\n", "640\nmore\n"), ("T05,", "\nT05,"), ("T05,", "#OTHER,"), ("ACCR,", "ACCR\r,"), ("T05", "T\u{0}5"),
    ])
    func `SYN-001: CSV whose structure is broken`(_ old: String, _ new: String) {
        #expect(csv(replacing: old, with: new).fileCodes == ["SYN-001"])
    }

    @Test(arguments: [
        ("<GroupHeader>", "<GroupHeader x=\"1\">"), ("<Recipient>", "<Foo/><Recipient>"),
        ("  <Transaction>", "<Foo/><Transaction>"),
        ("<Series>LIVE</Series>", ""), ("<Series>LIVE", "<Series>PROD"), ("RAILCO</Init", "railco</Init"),
        (">412<", ">0<"), (">412<", ">-1<"), (">412<", ">4x<"),
        ("<NumberOfTransactions>1", "<NumberOfTransactions>one"),
        ("<ControlSum unit=\"RLM\">640", "<ControlSum>640"),
        ("<ControlSum unit=\"RLM\">640", "<ControlSum unit=\"RLM\">6 40"),
        ("<ControlSum", "<ControlSum unit=\"RLM\">640</ControlSum><ControlSum"),
        ("2026-03-19T00:45", "2026-03-19T0:45"),
        ("</GroupHeader>", "</GroupHeader><GroupHeader/>"), ("  <Transaction>", "text<Transaction>"),
        ("<Series>", "text<Series>"),
        ("<LoyaltyTransactionBatch xmlns=\"urn:coalition:clearing:batch:1\"", "<LoyaltyTransactionBatch"),
        (" version=\"1.0\">", ">"), (" version=\"1.0\">", " version=\"1.0\" x=\"y\">"),
        ("<Recipient>HOST</Recipient>", "<Recipient>HOST</Recipient><Recipient>HOST</Recipient>"),
        (
            "<Recipient>HOST</Recipient>\n    <ProgrammeId>SMILES</ProgrammeId>",
            "<ProgrammeId>SMILES</ProgrammeId><Recipient>HOST</Recipient>"
        ),
        ("<Series>LIVE", "<Series><b/>LIVE"), ("<ControlSum unit=\"RLM\">640", "<ControlSum unit=\"RLM\">640.5"),
        ("RAILCO-20260319-01", "RAILCO//20260319"),
    ])
    func `SYN-002: a header or envelope that breaks the schema`(_ old: String, _ new: String) {
        #expect(codes(replacing: old, with: new) == ["SYN-002"])
    }

    @Test(arguments: [
        ("RAILCO,HOST", "railco,HOST"), (",LIVE,412,,", ",LIVE,412,"), (",LIVE,412,,", ",PROD,412,,"), (",412,", ",,"),
        ("TransactionId,", "Id,"), ("BusinessLine\n", "BusinessLine,More\n"), ("#TRAILER,1,RLM,640", "#TRAILER,1,RLM"),
        ("#TRAILER,1,RLM,640", "#TRAILER,x,RLM,640"), ("#TRAILER,1,RLM,640", "#TRAILER,1,RLM,640,RLM,640"),
        ("#TRAILER,1,RLM,640", "#TRAILER,1,rlm,640"), ("#HEADER,", "#HEAD,"),
    ])
    func `SYN-002: CSV lines around the records that break the rules`(_ old: String, _ new: String) {
        #expect(csv(replacing: old, with: new).fileCodes == ["SYN-002"])
    }

    @Test func `SYN-002: all findings of a header come together`() {
        var file = Sample.accrualFile(replacing: "<Series>LIVE", with: "<Series>PROD")
        file = file.replacingOccurrences(of: ">412<", with: ">0<")
        #expect(readBatch(file).fileCodes == ["SYN-002", "SYN-002"])
    }

    @Test func `SYN-003: a DTD, an entity, depth, a long tag or field`() {
        #expect(readBatch("<?xml version='1.0'?><!DOCTYPE x><x/>").fileCodes == ["SYN-003"])
        #expect(codes(replacing: "GDL-WEB", with: "&nbsp;") == ["SYN-003"])
        #expect(codes(replacing: "GDL-WEB", with: String(repeating: "<a>", count: 20)) == ["SYN-003"])
        #expect(codes(replacing: "GDL-WEB", with: String(repeating: "x", count: 5_000)) == ["SYN-003"])
        #expect(codes(replacing: "GDL-WEB", with: "<\(String(repeating: "x", count: 9_000))/>") == ["SYN-003"])
        let long = String(repeating: "x", count: 5_000)
        #expect(csv(replacing: "GDL-WEB", with: long).fileCodes == ["SYN-003"])
        #expect(csv(replacing: "GDL-WEB", with: "\"\(long)\(long)\(long)\(long)").fileCodes == ["SYN-003"])
        #expect(csv(replacing: "GDL-WEB", with: String(repeating: ",", count: 17_000)).fileCodes == ["SYN-003"])
    }

    @Test func `SYN-004: bytes that are not UTF-8, with their place`() throws {
        for text in [Sample.accrualFile(), Self.csv] {
            var bytes = Array(text.utf8)
            let index = try #require(text.utf8.firstRange(of: "GDL-WEB".utf8)?.lowerBound)
            let offset = text.utf8.distance(from: text.utf8.startIndex, to: index)
            bytes[offset] = 0xE9
            let refusal = try #require(readBatch(bytes).refusal)
            #expect(refusal.code == .syn004)
            #expect(refusal.findings.first?.place.offset == Int64(offset))
            #expect(refusal.findings.first?.place.line == bytes[..<offset].count { $0 == 0x0A } + 1)
            #expect(readBatch(Array(text.utf8) + [0xC3]).refusal?.code == .syn004)
        }
        #expect(codes(replacing: "encoding=\"UTF-8\"", with: "encoding=\"ISO-8859-1\"") == ["SYN-004"])
        #expect(readBatch([0xFF, 0xFE, 0x3C, 0x00]).fileCodes == ["SYN-004"])
        #expect(readBatch([0xFE, 0xFF, 0x00, 0x3C]).fileCodes == ["SYN-004"])
    }

    @Test func `SYN-005: sizes and numbers above the limits`() {
        var limits = Limits()
        limits.recordsPerFile = 1
        for text in [Sample.accrualFile(), Self.csv] { #expect(readBatch(text, limits: limits).fileCodes == []) }
        limits.recordsPerFile = 0
        for text in [Sample.accrualFile(), Self.csv] {
            #expect(readBatch(text, limits: limits).fileCodes == ["SYN-005"])
        }
        // XML declares its number before the records.
        #expect(readBatch(Sample.accrualFile(), limits: limits).outcomes.isEmpty)
        limits = Limits()
        limits.fileBytes = 500
        for piece in [Int.max, 1, 99] {
            let result = readBatch(Sample.accrualFile(), limits: limits, piece: piece)
            #expect(result.fileCodes == ["SYN-005"])
            #expect(result.refusal?.findings.first?.place.offset == 500)
        }
        limits.fileBytes = Int64(Self.csv.utf8.count)
        #expect(readBatch(Self.csv, limits: limits).fileCodes == [])
        let padding = String(repeating: "<!-- \(String(repeating: "x", count: 4_000)) -->", count: 20)
        #expect(codes(replacing: "<SaleAmount", with: padding + "<SaleAmount") == ["SYN-005"])
        #expect(codes(replacing: "</Transaction>", with: padding + "</Transaction>") == ["SYN-005"])
    }

    @Test func `SYN-006: a version that is not supported`() {
        #expect(codes(replacing: "batch:1", with: "batch:2") == ["SYN-006"])
        #expect(codes(replacing: " version=\"1.0\">", with: " version=\"0.9\">") == ["SYN-006"])
        #expect(csv(replacing: "#HEADER,1.0", with: "#HEADER,2.0").fileCodes == ["SYN-006"])
        #expect(readBatch("#HEADER\n").fileCodes == ["SYN-006"])
    }

    @Test func `FIL-002: another number of records than declared`() {
        #expect(codes(replacing: "<NumberOfTransactions>1", with: "<NumberOfTransactions>2") == ["FIL-002"])
        #expect(csv(replacing: "#TRAILER,1", with: "#TRAILER,0").fileCodes == ["FIL-002"])
    }

    @Test func `FIL-003: another sum than declared, for each unit`() {
        #expect(codes(replacing: "unit=\"RLM\">640</Control", with: "unit=\"RLM\">641</Control") == ["FIL-003"])
        #expect(
            codes(replacing: "unit=\"RLM\">640</Control", with: "unit=\"MKP\">640</Control") == ["FIL-003", "FIL-003"])
        #expect(codes(replacing: "<ControlSum unit=\"RLM\">640</ControlSum>", with: "") == ["FIL-003"])
        #expect(csv(replacing: "RLM,640\n", with: "RLM,639\n").fileCodes == ["FIL-003"])
        let extra = "</ControlSum><ControlSum unit=\"SML\">0</ControlSum>"
        #expect(codes(replacing: "</ControlSum>", with: extra) == [])
        let money = readBatch(Sample.adjustmentFile(replacing: ">37.41</Control", with: ">37.40</Control"))
        #expect(money.summary?.findings.map(\.detail) == ["EUR: 37.40 declared, 37.41 found"])
        #expect(readBatch(Sample.adjustmentFile()).fileCodes == [])
    }

    @Test func `FIL-003 is judged only when every amount could be read, FIL-002 always`() {
        let file = Sample.accrualFile(replacing: "\">640</Loyalty", with: "\">6x40</Loyalty")
        #expect(readBatch(file).fileCodes == [])
        #expect(readBatch(file).summary?.allAmountsReadable == false)
        let both = file.replacingOccurrences(of: "<NumberOfTransactions>1", with: "<NumberOfTransactions>2")
        #expect(readBatch(both).fileCodes == ["FIL-002"])
        // A record that is refused for something else counts with its amount.
        let refused = Sample.accrualFile(replacing: "<BusinessDate>2026-03-18", with: "<BusinessDate>2026-02-30")
        #expect(readBatch(refused).summary?.allAmountsReadable == true)
        #expect(readBatch(refused).summary?.refused == 1)
        #expect(
            readBatch(refused.replacingOccurrences(of: ">640</Control", with: ">1</Control")).fileCodes == ["FIL-003"])
    }

    @Test func `sums beyond 64 bits are added without a fault`() {
        let record = Sample.adjustment.replacingOccurrences(of: "37.41", with: "999999999999.9999")
            .replacingOccurrences(of: "EUR", with: "CLF")
        let count = 2_000
        let records = (0..<count).map { record.replacingOccurrences(of: "T16", with: "T\($0)") }.joined()
        let sum = "1999999999999999.8000"
        let file = Sample.file(records, count: count, sums: "<ControlSum unit=\"CLF\">\(sum)</ControlSum>")
        #expect(readBatch(file).fileCodes == [])
        #expect(readBatch(file).summary?.found.sums.values.first == 19_999_999_999_999_998_000)
    }

    @Test func `a CSV record with other columns is refused alone`() {
        let result = csv(replacing: "T05,ACCR,", with: "T05,ACCR,,")
        #expect(result.fileCodes == [])
        #expect(result.codes(1) == ["FMT-008"])
        #expect(result.refused.first?.transactionID == "T05")
        #expect(csv(replacing: "ACCR,", with: "\"AC\nCR\",").codes(1) == ["FMT-004"])
        #expect(csv(replacing: "GDL-WEB", with: "\"GDL\nWEB\"").codes(1) == ["FMT-007"])
        #expect(csv(replacing: "2026-03-18,", with: " 2026-03-18,").codes(1) == ["FMT-005"])
        #expect(csv(replacing: ",CARD,", with: ",,").codes(1) == ["FMT-001"])
        #expect(csv(replacing: ",GDL-WEB,", with: ",,POS1").codes(1) == ["FMT-001"])
    }
}
