import Conversion
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Validation

/// The golden programme, with any number of further partners who are like BANQUE and take points back, too.
struct BenchProgramme {
    let programme: Programme
    /// A day in the first window.
    let day: BusinessDate
    /// Noon of that day, UTC.
    let noon: Timestamp
    /// The window of that instant.
    let window: WindowDefinition

    /// Reads the programme.
    ///
    /// - Parameter partners: how many partners there are beside those of the golden scenario, 0 to 99.
    /// - Throws: `Fault` when it is not a good programme.
    init(partners: Int = 0) throws {
        let golden = ScenarioProgramme.golden
        guard let bank = golden.first(where: { $0.path == "agreements/BANQUE.yaml" }) else {
            throw Fault("the golden programme has no agreement of BANQUE")
        }
        let text = String(decoding: bank.bytes, as: UTF8.self)
        let more = (0..<partners).map { number -> SourceFile in
            let name = Self.name(number)
            let own = text.replacing("BANQUE", with: name).replacing("-BAN-", with: "-\(name)-")
                .replacing("roles: [EARN]", with: "roles: [EARN, BURN]")
                .replacing("\nfees:", with: Self.price(name) + "\nfees:")
            return SourceFile(path: "agreements/\(name).yaml", kind: .agreement, bytes: Array(own.utf8))
        }
        let checked = ProgrammeCheck.check(
            ProgrammeDirectory(files: golden + more), sha256: { SHA256.digest($0) })
        guard let programme = checked.programme else {
            throw Fault("the programme is not good: \(checked.findings.prefix(3))")
        }
        guard let noon = Timestamp("2026-03-03T12:00:00Z"), let window = programme.window(at: noon),
            let day = BusinessDate(year: 2026, month: 3, day: 3)
        else { throw Fault("the golden programme has no window in March") }
        (self.programme, self.noon, self.window, self.day) = (programme, noon, window, day)
    }

    private static func price(_ name: String) -> String {
        """
          - id: P-\(name)-RED-1
            kind: REIMBURSEMENT
            price: 0.00480 EUR
            validFrom: 2025-01-01

        """
    }

    /// The name of a partner that was added, counted from 0.
    static func name(_ number: Int) -> String { "PART\(number < 10 ? "0" : "")\(number)" }

    /// Makes candidates of ordinary records of a partner, which differ in id and amount.
    ///
    /// - Parameters:
    ///   - numbers: the records' numbers, which give their ids; their places in the file are their order here.
    ///   - redeeming: every so-manieth is a redemption; 0 for none.
    func candidates(
        _ partner: String, unit: String, numbers: some Collection<Int>, redeeming: Int = 0
    ) throws -> (agreement: Agreement, candidates: [OrdinaryCandidate], plans: [OrdinaryPlan]) {
        guard let agreement = programme.agreements.first(where: { $0.partner.text == partner }),
            let own = CurrencyCode(unit), let member = MemberNumber("9250123456789013")
        else { throw Fault("\(partner) cannot be used") }
        var converter = OrdinaryConverter(
            RecordConverter(
                programme: programme, agreement: agreement, window: window, acceptedAt: noon,
                hash: { SHA256.digest($0) }))
        let candidates = try numbers.enumerated().map { place, number in
            let digest = SHA256.digest(Array("\(partner)-\(number)".utf8))
            let record = OrdinaryRecord(
                place: RecordPlace(number: place + 1, line: place + 1, offset: Int64(place) * 120, length: 110),
                type: redeeming > 0 && number % redeeming == 0 ? .redemption : .accrual, member: member,
                businessDate: day, unit: redeeming > 0 && number % redeeming == 0 ? programme.currency : own,
                units: Int64(100 + number % 900), contentDigest: ContentDigest(digest), identity: digest)
            guard let candidate = converter.convert(record) else { throw Fault("record \(number) is not ordinary") }
            return candidate
        }
        return (agreement, candidates, converter.plans)
    }
}
