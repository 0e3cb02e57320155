import Clearing
public import House
public import Journal
public import Ledger
public import Primitives
import ProgrammeModel
import Settlement

/// Says what an officer's act would do now, or why it cannot. Nothing is changed.
struct ActJudgement {
    let house: HouseState
    let programme: Programme
    let now: Timestamp
    /// Where the facts of messages are read.
    let history: History

    /// The act that a document stands for.
    ///
    /// - Throws: `Refusal` with ACT-003 for the document, ACT-004, FX-002 or ADJ-001 for its effect.
    func act(_ document: ActDocument) throws(Refusal) -> ActCarriedOut.Act {
        if document.act == "fixing" { return .fixing(try fixing(document)) }
        if document.act == "adjustment" { return try adjustment(document) }
        if document.act == "suspend-key" { return .suspendKey(try suspension(document)) }
        if document.act == "erase" { return .erasure(try erasure(document)) }
        if document.act == "forget" { return .forgetting(try forgetting(document)) }
        let instructions = house.instructions
        let step = try document.settlementStep { instructions[$0]?.instruction.amount.currency }
        guard let step else {
            throw Refusal(.act003, at: .whole.field("act"), value: document.act, detail: "there is no such act")
        }
        if let obstacle = instructions.obstacle(to: step, isClosing: !house.windows.waiting.isEmpty) { throw obstacle }
        return .settlement(step)
    }

    private func fixing(_ document: ActDocument) throws(Refusal) -> Fixing {
        let fixing = try document.fixing()
        guard programme.window(fixing.window) != nil else { throw Refusal(.win002, value: fixing.window.text) }
        guard fixing.base.minorUnits != nil, fixing.quote.minorUnits != nil, fixing.base != fixing.quote else {
            let pair = "\(fixing.base)/\(fixing.quote)"
            throw Refusal(.act003, value: pair, detail: "a pair is of two ISO 4217 currencies")
        }
        let name = "\(fixing.window) \(fixing.base)/\(fixing.quote)"
        if house.windows.passed(fixing.window) == .closed {
            throw Refusal(.act004, value: name, detail: "the window is closed")
        }
        if let known = house.windows.fixing(fixing.window, base: fixing.base, quote: fixing.quote) {
            throw Refusal(.fx002, value: name, detail: "the fixing is \(known.rate)")
        }
        return fixing
    }

    private func suspension(_ document: ActDocument) throws(Refusal) -> KeySuspension {
        let suspension = KeySuspension(
            partner: try document.value("partner", document.partner) { try? PartnerID($0) },
            fingerprint: try document.value("fingerprint", document.fingerprint) { Digest32(hex: $0) },
            reason: try document.text("reason", document.reason))
        if let obstacle = house.keys.obstacle(toSuspending: suspension.fingerprint, of: suspension.partner) {
            throw Refusal(.act004, value: suspension.fingerprint.description, detail: obstacle)
        }
        return suspension
    }

    private func adjustment(_ document: ActDocument) throws(Refusal) -> ActCarriedOut.Act {
        let partner = try document.value("partner", document.partner) { try? PartnerID($0) }
        guard let agreement = programme.agreement(partner) else {
            throw Refusal(.act004, value: partner.text, detail: "there is no such partner")
        }
        let direction = try document.value("direction", document.direction) { Direction(rawValue: $0) }
        guard let reason = document.reason, !reason.isEmpty else {
            throw Refusal(.adj001, detail: "a reason is needed")
        }
        let date = try document.day("businessDate", document.businessDate)
        guard date <= programme.zone.date(at: now) else { throw Refusal(.dat001, value: date.description) }
        let unit = try document.value("unit", document.unit) { CurrencyCode($0) }
        guard let window = house.openWindow else { throw Refusal(.win002, detail: "no window is open") }
        var adjustment = HostAdjustment(
            partner: partner, direction: direction, reason: try document.text("reason", reason),
            narrative: document.narrative ?? "", businessDate: date, amount: .points(0))
        if unit == programme.currency {
            let points = try document.value("amount", document.amount) { Int64($0) }
            guard (1...Limits.unitsPerRecord).contains(points) else {
                throw Refusal(.act003, at: .whole.field("amount"), value: "\(points)")
            }
            adjustment.amount = .points(points)
            return .adjustment(adjustment, posting: try posting(adjustment, points, agreement, window))
        }
        guard unit == agreement.settlementCurrency else {
            let detail = "money is adjusted in \(agreement.settlementCurrency)"
            throw Refusal(.act003, at: .whole.field("unit"), value: unit.description, detail: detail)
        }
        adjustment.amount = try money(document, unit)
        if case .money(_, let tax, let line) = adjustment.amount,
            let obstacle = house.obstacle(toCorrecting: line, partner: partner, tax: tax)
        {
            throw Refusal(.act004, at: .whole.field("correctedLine"), value: line, detail: obstacle)
        }
        return .adjustment(adjustment, posting: nil)
    }

    /// Rule R7: money takes the tax of the line that it corrects, which it must name.
    private func money(_ document: ActDocument, _ currency: CurrencyCode) throws(Refusal) -> HostAdjustment.Amount {
        let money = try document.value("amount", document.amount) { Money($0, currency: currency) }
        guard money.minorUnits > 0 else {
            throw Refusal(.act003, at: .whole.field("amount"), value: money.description, detail: "more than zero")
        }
        let category = try document.text("taxCategory", document.taxCategory, atMost: 3)
        var rate: DecimalNumber?
        if category != "O" { rate = try document.value("taxRate", document.taxRate) { DecimalNumber($0) } }
        let line = try document.text("correctedLine", document.correctedLine)
        return .money(money, tax: Tax(category: category, rate: rate), correctedLine: line)
    }

    private func posting(
        _ adjustment: HostAdjustment, _ points: Int64, _ agreement: Agreement, _ window: WindowID
    ) throws(Refusal) -> Posting {
        let date = adjustment.businessDate
        guard let terms = agreement.terms(on: date) else { throw Refusal(.agr001, value: date.description) }
        guard let price = agreement.price(.issuance, on: date) else { throw Refusal(.agr004, value: date.description) }
        let gross = house.ledger.windows[window]?.gross(of: agreement.partner) ?? 0
        guard points < Limits.unitsPerWindow - gross else { throw Refusal(.lim006, value: "\(points)") }
        var total = LineTotal(
            key: LineKey(
                partner: agreement.partner, kind: .adjustmentPoints, direction: adjustment.direction,
                unit: programme.currency, ratio: nil, price: price.id, tax: terms.tax.hostSupplies,
                fixing: price.currency == agreement.settlementCurrency ? nil : window, subSource: ""))
        (total.records, total.units, total.points) = (1, points, points)
        var posting = Posting(window: window)
        posting.lines = [total]
        posting.lineSets = [LineSet(lines: [0])]
        posting.latestBusinessDate = date
        return posting
    }
}

extension ActDocument {
    /// The act that the document stands for in a house at a time.
    ///
    /// - Parameter history: the facts that the house is folded from.
    /// - Throws: `Refusal` when it could not be carried out there.
    public func judged(
        in house: HouseState, at now: Timestamp, _ history: History
    ) throws(Refusal) -> ActCarriedOut.Act {
        guard let programme = house.programme else { throw Refusal(.act004, detail: "no programme is loaded") }
        return try ActJudgement(house: house, programme: programme, now: now, history: history).act(self)
    }
}
