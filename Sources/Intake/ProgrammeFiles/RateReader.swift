import Primitives
import ProgrammeModel

/// Reads ratios, prices and fees of an agreement.
struct RateReader {
    let currencies: Currencies
    let own: CurrencyCode?
    let settlement: CurrencyCode?

    func ratio(_ map: MapReader) -> Ratio? {
        let id = map.versionID()
        let purpose = map.required("purpose")?.choice(RatioPurpose.self)
        let field = map.required("ratio")
        let rate = field?.ratio()
        let validity = map.validity()
        let minimum = map.optional("minimum")
        let step = map.optional("step")
        let rounding = map.optional("rounding")?.choice(Rounding.self)
        map.later(["maximum"])
        let units = 1...Limits.unitsPerRecord
        let (least, multiple) = (minimum?.integer(units), step?.integer(units))
        guard let id, let purpose, let field, let rate, let validity else { return nil }
        if purpose == .accrual {
            for extra in [minimum, step] { extra?.refuse("minimum and step belong to TRANSFER") }
        }
        check(rate.from, rate.to, purpose, field)
        return Ratio(
            id: id, purpose: purpose, from: rate.from, to: rate.to, fromUnits: rate.fromUnits, toUnits: rate.toUnits,
            validity: validity, minimum: least, step: multiple, rounding: rounding ?? .halfUp)
    }

    /// A ratio joins the partner's own currency and the shared one; accruals go one way only.
    private func check(_ from: CurrencyCode, _ to: CurrencyCode, _ purpose: RatioPurpose, _ field: Field) {
        guard let shared = currencies.shared else { return }
        for code in [from, to] where code != shared && code != own {
            field.refuse(
                "\(code) is neither the shared currency nor the partner's own", value: code.description, code: .cfg006)
        }
        if from != shared, to != shared { field.refuse("one side of a ratio is the shared currency \(shared)") }
        if purpose == .accrual, from == shared {
            field.refuse("a ratio for ACCRUAL goes from the partner's own currency to the shared one")
        }
    }

    func price(_ map: MapReader) -> Price? {
        let id = map.versionID()
        let kind = map.required("kind")?.choice(PriceKind.self)
        let field = map.required("price")
        let amount = field?.amount(fractionDigits: 1...8)
        let validity = map.validity()
        let basisField = map.optional("basis")
        let basis = basisField?.choice(PriceBasis.self)
        guard let id, let kind, let field, let amount, let validity else { return nil }
        if amount.number.unscaled == 0 { field.refuse("a price is above zero") }
        if let base = currencies.prices, amount.currency != base {
            field.refuse("prices are in \(base), the base of the fixings (priceCurrency of programme.yaml)")
        }
        if basis == .gross, kind == .issuance || kind == .transferIn {
            basisField?.refuse("GROSS is for what the partner supplies: REIMBURSEMENT and TRANSFER_OUT")
        }
        return Price(
            id: id, kind: kind, price: amount.number, currency: amount.currency, validity: validity,
            basis: basis ?? .net)
    }

    func fee(_ map: MapReader) -> Fee? {
        let id = map.versionID()
        let kind = map.required("kind")?.choice(FeeKind.self, later: ["ENROLMENT"])
        let field = map.required("amount")
        let amount = field?.amount(fractionDigits: 0...8)
        let validity = map.validity()
        guard let id, let kind, let field, let amount, let validity else { return nil }
        if let base = currencies.prices, let settlement, amount.currency != base, amount.currency != settlement {
            field.refuse("a fee is in \(base), the base of the fixings, or in the settlement currency \(settlement)")
        }
        return Fee(id: id, kind: kind, amount: amount.number, currency: amount.currency, validity: validity)
    }
}
