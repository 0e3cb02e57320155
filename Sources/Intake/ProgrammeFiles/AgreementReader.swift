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
        let number = map.required("account")
        let account = number?.text("an account number", max: 34)
        let bicField = map.required("bic")
        let bic = bicField?.text("a BIC", max: 11)
        let mandate = map.optional("mandate")?.text("a mandate", max: 35)
        map.finish()
        guard let account, let bic else { return nil }
        if !AccountNumber.isPlausible(account) { number?.refuse("the check digits of the IBAN are wrong") }
        let bicBytes = bic.utf8
        if bicBytes.count != 8 && bicBytes.count != 11 || !bicBytes.allSatisfy({ $0.isUppercase || $0.isDigit }) {
            bicField?.refuse("expected a BIC of 8 or 11 capital letters and digits")
        }
        return BankAccount(account: account, bic: bic, mandate: mandate)
    }
}

/// Checks on account numbers.
enum AccountNumber {
    /// False for text that looks like an IBAN and fails its check (ISO 13616, ISO 7064 MOD 97-10).
    static func isPlausible(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let looksLikeIBAN =
            bytes.count >= 5 && bytes[0].isUppercase && bytes[1].isUppercase && bytes[2].isDigit && bytes[3].isDigit
        guard looksLikeIBAN else { return true }
        guard bytes.allSatisfy({ $0.isUppercase || $0.isDigit }) else { return false }
        var rest = 0
        for byte in bytes[4...] + bytes[..<4] {
            rest = byte.isDigit ? rest * 10 + Int(byte - 0x30) : rest * 100 + Int(byte - 0x41) + 10
            rest %= 97
        }
        return rest == 1
    }
}
