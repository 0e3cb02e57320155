import Primitives
import ProgrammeModel

/// An agreement as its file states it, with the places that checks across files name.
struct AgreementDraft {
    let file: String
    let partner: PartnerID
    let partnerSpot: Spot
    let ownCurrency: Located<CurrencyCode>?
    let settlementCurrency: Located<CurrencyCode>?
    let zone: Located<String>?
    let certificates: VersionList<CertificateGrant>
    let terms: VersionList<Terms>
    let ratios: VersionList<Ratio>
    let prices: VersionList<Price>
    let fees: VersionList<Fee>
    /// The agreement, where every mandatory part could be read.
    let agreement: Agreement?
}

/// Reads `agreements/<PARTNER>.yaml`.
struct AgreementReader {
    let currencies: Currencies
    let certificates: CertificateReader
    let log: FindingLog

    func read(_ source: SourceFile, _ root: YAMLValue) -> AgreementDraft? {
        let top = Field(value: root, spot: Spot(file: source.path, line: root.line), log: log)
        guard let map = top.map() else { return nil }
        let partnerField = map.required("partner")
        let named = partnerField?.identifier(PartnerID.self)
        if let named, named.text != source.name {
            partnerField?.refuse("the file of partner \(named) is named \(named).yaml")
        }
        let legalName = map.required("legalName")?.text("a legal name")
        let country = map.required("country").flatMap(country)
        let registrations = registrations(map.optional("registrations"))
        let status =
            map.optional("status").map { $0.choice(PartnerStatus.self, later: ["PENDING", "CLOSING"]) } ?? .active
        let own = located(map.optional("ownCurrency")) { $0.points() }
        let settlement = located(map.required("settlementCurrency")) { $0.moneyCode() }
        let zone = located(map.required("zone")) { $0.text("a time zone such as Europe/Paris") }
        let bank = map.optional("bankAccount").flatMap(account)
        let expected = map.optional("fileExpectedBy")
        let expectedBy = expected?.timeOfDay() == nil ? nil : expected?.raw("a time of day HH:MM")
        let grants = VersionList(map.optional("certificates"), certificates.grant)
        let termsReader = TermsReader(settlement: settlement?.value)
        let terms = VersionList(map.required("terms"), termsReader.terms)
        let rates = RateReader(currencies: currencies, own: own?.value, settlement: settlement?.value)
        let ratios = VersionList(map.optional("ratios"), rates.ratio)
        let prices = VersionList(map.optional("prices"), rates.price)
        let fees = VersionList(map.optional("fees"), rates.fee)
        map.later(["ratioLimits", "guarantee", "netDebitCap", "calendar"])
        map.finish()
        if terms.isComplete, terms.items.isEmpty, let place = map.optional("terms") {
            place.refuse("an agreement has at least one version of its terms")
        }
        guard let partner = named ?? (try? PartnerID(source.name)) else { return nil }
        var agreement: Agreement?
        if let legalName, let country, let status, let settlement, let zone {
            agreement = Agreement(
                partner: partner, legalName: legalName, country: country, registrations: registrations,
                status: status, ownCurrency: own?.value, settlementCurrency: settlement.value, zone: zone.value,
                bankAccount: bank, certificates: grants.values,
                terms: terms.values.sorted { $0.validity.from < $1.validity.from }, ratios: ratios.values,
                prices: prices.values, fees: fees.values, fileExpectedBy: expectedBy)
        }
        return AgreementDraft(
            file: source.path, partner: partner, partnerSpot: partnerField?.spot ?? map.spot, ownCurrency: own,
            settlementCurrency: settlement, zone: zone, certificates: grants, terms: terms, ratios: ratios,
            prices: prices, fees: fees, agreement: agreement)
    }

    private func located<Value>(_ field: Field?, _ read: (Field) -> Value?) -> Located<Value>? {
        guard let field, let value = read(field) else { return nil }
        return Located(value: value, spot: field.spot)
    }

    private func country(_ field: Field) -> String? {
        guard let text = field.raw("a country") else { return nil }
        guard text.utf8.count == 2, text.utf8.allSatisfy(\.isUppercase) else {
            field.refuse("expected a country of two capital letters (ISO 3166-1)")
            return nil
        }
        return text
    }

    private func registrations(_ field: Field?) -> [Agreement.Registration] {
        VersionList(field) { map -> Agreement.Registration? in
            let label = map.required("label")?.text("a label", max: 35)
            let number = map.required("number")?.text("a number", max: 35)
            guard let label, let number else { return nil }
            return Agreement.Registration(label: label, number: number)
        }.values
    }

    private func account(_ field: Field) -> BankAccount? {
        guard let map = field.map() else { return nil }
        let account = map.required("account").flatMap(AccountNumber.read)
        let bic = map.required("bic").flatMap(AccountNumber.readBIC)
        let mandate = map.optional("mandate")?.text("a mandate", max: 35)
        let dateField = map.optional("mandateDate")
        let date = dateField?.date()
        map.finish()
        if mandate == nil { dateField?.refuse("a mandate's date belongs to a mandate") }
        guard let account, let bic else { return nil }
        return BankAccount(account: account, bic: bic, mandate: mandate, mandateDate: date)
    }
}

/// Reads account numbers and what belongs to them, with the checks that their digits allow.
enum AccountNumber {
    /// An IBAN, whose check digits must be right, or another account number.
    static func read(_ field: Field) -> String? {
        guard let account = field.text("an account number", max: 34) else { return nil }
        if !isPlausible(account) { field.refuse("the check digits of the IBAN are wrong") }
        return account
    }

    /// A BIC of ISO 9362.
    static func readBIC(_ field: Field) -> String? {
        guard let bic = field.text("a BIC", max: 11) else { return nil }
        let bytes = bic.utf8
        if bytes.count != 8 && bytes.count != 11 || !bytes.allSatisfy({ $0.isUppercase || $0.isDigit }) {
            field.refuse("expected a BIC of 8 or 11 capital letters and digits")
        }
        return bic
    }

    /// Whether a text is a SEPA creditor id with right check digits: country, two digits, a business code of three that
    /// the check leaves out, and a national id (EPC262-08).
    static func isCreditorID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (8...35).contains(bytes.count), bytes.allSatisfy({ $0.isUppercase || $0.isDigit }),
            bytes[0].isUppercase, bytes[1].isUppercase, bytes[2].isDigit, bytes[3].isDigit
        else { return false }
        return remainder(bytes[7...] + bytes[..<4]) == 1
    }

    /// False for text that looks like an IBAN and fails its check (ISO 13616, ISO 7064 MOD 97-10).
    static func isPlausible(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let looksLikeIBAN =
            bytes.count >= 5 && bytes[0].isUppercase && bytes[1].isUppercase && bytes[2].isDigit && bytes[3].isDigit
        guard looksLikeIBAN else { return true }
        guard bytes.allSatisfy({ $0.isUppercase || $0.isDigit }) else { return false }
        return remainder(bytes[4...] + bytes[..<4]) == 1
    }

    /// ISO 7064 MOD 97-10 over digits and capital letters.
    private static func remainder(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { rest, byte in
            (byte.isDigit ? rest * 10 + Int(byte - 0x30) : rest * 100 + Int(byte - 0x41) + 10) % 97
        }
    }
}
