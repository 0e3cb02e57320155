import Journal
import Primitives
import ProgrammeModel
import TestKit

/// Statements and payments by the rules, again with lists only: a balance is added up anew each time it is asked for.
final class NaiveAccounts {
    /// Something that a bank or an officer did about an instruction, in the window in which it stands.
    enum Event {
        case paid(Int64)
        case came(back: Int64)
        case givenUp(Int64)
    }

    /// An instruction, with the sign of what the host pays.
    final class Instruction {
        let id: String
        let window: WindowID
        let partner: PartnerID
        let amount: Int64
        /// The window after whose cut-off it was made, by its place; a resend counts from the window in which it was
        /// sent.
        let madeIn: Int
        var state = "PENDING"
        var paid: Int64 = 0
        var resentAs: String?
        /// The window whose statement takes in that it came back.
        var cameBackIn: Int?
        /// What is instructed and not paid, by the place of the window from which on it is so.
        var open: [(from: Int, amount: Int64)] = []

        init(_ id: String, _ window: WindowID, _ partner: PartnerID, _ amount: Int64, madeIn: Int) {
            self.id = id
            self.window = window
            self.partner = partner
            self.amount = amount
            self.madeIn = madeIn
            open = [(madeIn, amount)]
        }

        /// What was open at the cut-off of a window.
        func open(atCutOffOf place: Int) -> Int64 { open.last { $0.from <= place }?.amount ?? 0 }
    }

    let house: NaiveHouse
    private(set) var instructions: [Instruction] = []
    private(set) var approved: Set<WindowID> = []
    private var events: [(place: Int, partner: PartnerID, event: Event)] = []
    private var statements: [GoldenScenario.StatementRow] = []
    private var closings: [PartnerID: [Int64]] = [:]
    private var carried: [PartnerID: Int] = [:]
    private var fixings: [Fixing] = []

    init(_ house: NaiveHouse) { self.house = house }

    func add(_ fixing: Fixing) { fixings.append(fixing) }

    // MARK: Statements

    /// Whether all fixings are there that a window's lines need.
    func isReady(_ place: Int) -> Bool {
        let window = house.programme.windows[place]
        return house.programme.agreements.allSatisfy { agreement in
            let currency = agreement.settlementCurrency
            func has(_ id: WindowID, _ base: CurrencyCode) -> Bool {
                base == currency || fixings.contains { $0.window == id && $0.base == base && $0.quote == currency }
            }
            for count in house.counts where count.window == window.id && count.partner == agreement.partner {
                if let fixing = count.fixing, !has(fixing, count.price.currency) { return false }
            }
            for due in house.fees + monthly(agreement, window)
            where due.window == window.id && due.partner == agreement.partner && !has(window.id, due.fee.currency) {
                return false
            }
            return true
        }
    }

    /// The statement of every partner for a window, by its place in the calendar. Windows are taken in order.
    func close(_ place: Int) -> [GoldenScenario.StatementRow] {
        let window = house.programme.windows[place]
        return house.programme.agreements.map { statement($0, window, place) }
    }

    private struct Line {
        var row: GoldenScenario.LineRow
        var order: Int
        var isDebit: Bool
        var minor: Int64
        var tax: Tax
    }

    private static let kinds = [
        "ISSUANCE", "ISSUANCE_REVERSAL", "BONUS_FUNDING", "BONUS_FUNDING_REVERSAL", "REIMBURSEMENT",
        "REIMBURSEMENT_REVERSAL", "TRANSFER_IN", "TRANSFER_IN_REVERSAL", "TRANSFER_OUT", "TRANSFER_OUT_REVERSAL",
        "ADJUSTMENT_POINTS", "ADJUSTMENT_POINTS_REVERSAL", "ADJUSTMENT_MONEY", "FEE_RECORD", "FEE_LATE", "FEE_FILE",
        "FEE_REJECTED", "FEE_ENROLMENT", "FEE_MINIMUM_MONTHLY",
    ]

    private func line(
        _ agreement: Agreement, kind: String, isDebit: Bool, quantity: Int64, price: DecimalNumber,
        currency: CurrencyCode,
        id: String?, fixing: WindowID?, tax: Tax, correcting: String? = nil
    ) -> Line {
        let digits = agreement.settlementCurrency.minorUnits ?? 0
        var exact = NaiveFraction(Int128(quantity)) * NaiveFraction(decimal: price.description)
        if let fixing {
            let rate = fixings.first {
                $0.window == fixing && $0.base == currency && $0.quote == agreement.settlementCurrency
            }?.rate
            exact = exact * NaiveFraction(decimal: rate?.description ?? "0")
        }
        let minor = exact.rounded(digits: digits, agreement.terms[0].rounding.rawValue)
        var unit: Int128 = 1
        for _ in 0..<digits { unit *= 10 }
        let row = GoldenScenario.LineRow(
            kind: kind, dc: isDebit ? "DBIT" : "CRDT", quantity: quantity, unitPrice: price.description, price: id,
            fixing: fixing.map { "FX-" + $0.text.dropFirst(2) } ?? "none", exact: exact.text,
            amount: NaiveFraction.money(minor, digits: digits),
            difference: (NaiveFraction(minor, unit) - exact).text, tax: tax.category, taxRate: tax.rate?.description,
            correctedLine: correcting)
        return Line(
            row: row, order: Self.kinds.firstIndex(of: kind) ?? -1, isDebit: isDebit, minor: Int64(minor), tax: tax)
    }

    private func lines(_ agreement: Agreement, _ window: WindowDefinition) -> [Line] {
        var sums: [NaiveHouse.Count] = []
        for count in house.counts where count.window == window.id && count.partner == agreement.partner {
            let known = sums.firstIndex {
                $0.kind == count.kind && $0.isDebit == count.isDebit && $0.price.id == count.price.id
                    && $0.fixing == count.fixing && $0.tax == count.tax
            }
            if let known { sums[known].points += count.points } else { sums.append(count) }
        }
        var out = sums.map {
            line(
                agreement, kind: $0.kind, isDebit: $0.isDebit, quantity: $0.points, price: $0.price.price,
                currency: $0.price.currency, id: $0.price.id.text, fixing: $0.fixing, tax: $0.tax
            )
        }
        for item in house.adjustments where item.window == window.id && item.partner == agreement.partner {
            guard let price = DecimalNumber(item.amount.amountText) else { continue }
            out.append(
                line(
                    agreement, kind: "ADJUSTMENT_MONEY", isDebit: item.isDebit, quantity: 1, price: price,
                    currency: agreement.settlementCurrency, id: nil, fixing: nil, tax: item.tax, correcting: item.line))
        }
        var dues: [NaiveHouse.Due] = []
        for due in house.fees + monthly(agreement, window)
        where due.window == window.id && due.partner == agreement.partner {
            let known = dues.firstIndex { $0.fee.id == due.fee.id && $0.tax == due.tax }
            if let known { dues[known].count += due.count } else { dues.append(due) }
        }
        for due in dues {
            out.append(
                line(
                    agreement, kind: "FEE_\(due.fee.kind.rawValue)", isDebit: true, quantity: due.count,
                    price: due.fee.amount, currency: due.fee.currency, id: nil,
                    fixing: due.fee.currency == agreement.settlementCurrency ? nil : window.id, tax: due.tax))
        }
        return out
    }

    /// One for each last day of a month that lies in the window.
    private func monthly(_ agreement: Agreement, _ window: WindowDefinition) -> [NaiveHouse.Due] {
        let zone = house.programme.zone
        let first = NaiveHouse.day(window.open, zone)
        // The day of a cut-off is the next window's first day, so that no month ends in two windows.
        let next = NaiveHouse.day(window.cutoff, zone)
        var out: [NaiveHouse.Due] = []
        for day in first..<next {
            let text = BusinessDate(daysSince1970: Int32(day) + 1).description
            guard text.hasSuffix("-01") else { continue }
            for fee in agreement.fees where fee.kind == .minimumMonthly {
                let isInForce =
                    fee.validity.from.daysSince1970 <= Int32(day) && Int32(day) <= fee.validity.to.daysSince1970
                guard isInForce else { continue }
                out.append(
                    NaiveHouse.Due(
                        window: window.id, partner: agreement.partner, fee: fee,
                        tax: agreement.terms[0].tax.hostSupplies, count: 1))
            }
        }
        return out
    }

    /// Tax by category and rate: the signed sum of the rounded lines, once rounded.
    private func taxes(_ lines: [Line], _ digits: Int) -> [(row: GoldenScenario.TaxEntry, minor: Int64)] {
        var bases: [(tax: Tax, base: Int64)] = []
        for line in lines where line.tax.category != "O" {
            let signed = line.isDebit ? line.minor : -line.minor
            let known = bases.firstIndex { $0.tax == line.tax }
            if let known { bases[known].base += signed } else { bases.append((line.tax, signed)) }
        }
        return bases.map { tax, base in
            let minor = Self.tax(base, tax)
            let row = GoldenScenario.TaxEntry(
                category: tax.category, rate: tax.rate?.description ?? "",
                base: NaiveFraction.money(Int128(base), digits: digits),
                tax: NaiveFraction.money(Int128(minor), digits: digits))
            return (row, minor)
        }
    }

    private static func tax(_ base: Int64, _ tax: Tax) -> Int64 {
        let exact =
            NaiveFraction(Int128(base)) * NaiveFraction(decimal: tax.rate?.description ?? "0") * NaiveFraction(1, 100)
        return Int64(exact.rounded(digits: 0, "HALF_UP"))
    }

    private func statement(
        _ agreement: Agreement, _ window: WindowDefinition, _ place: Int
    ) -> GoldenScenario.StatementRow {
        let digits = agreement.settlementCurrency.minorUnits ?? 0
        let partner = agreement.partner
        let lines = lines(agreement, window)
        let taxes = taxes(lines, digits)
        var net: Int64 = 0
        for line in lines { net += line.isDebit ? -line.minor : line.minor }
        for tax in taxes { net -= tax.minor }
        var (payments, returns): (Int64, Int64) = (0, 0)
        for item in events where item.place == place && item.partner == partner {
            switch item.event {
            case .paid(let amount), .givenUp(let amount): payments -= amount
            case .came(let amount): returns += amount
            }
        }
        let opening = closings[partner]?.last ?? 0
        let closing = opening + net + payments + returns
        var open: Int64 = 0
        for instruction in instructions where instruction.partner == partner {
            open += instruction.open(atCutOffOf: place)
        }
        let due = closing - open
        let action = action(agreement, window, due, place)
        closings[partner, default: []].append(closing)
        func text(_ minor: Int64) -> String { NaiveFraction.money(Int128(minor), digits: digits) }
        return GoldenScenario.StatementRow(
            window: window.id.text, partner: partner.text, currency: agreement.settlementCurrency.description,
            opening: text(opening), lines: lines.sorted { $0.order < $1.order }.map(\.row), taxes: taxes.map(\.row),
            net: text(net), payments: text(payments), returns: text(returns), closing: text(closing), due: text(due),
            inSettlement: text(open), action: action)
    }

    private func action(_ agreement: Agreement, _ window: WindowDefinition, _ due: Int64, _ place: Int) -> String {
        let partner = agreement.partner
        guard due != 0 else {
            carried[partner] = 0
            return "NONE"
        }
        let currency = agreement.settlementCurrency
        let isPaid = window.valueDates.contains { $0.currency == currency }
        let isSmall = abs(due) < agreement.terms[0].minimumSettlement.minorUnits
        let before = carried[partner] ?? 0
        if !isPaid || (isSmall && before < agreement.terms[0].maxCarryWindows) {
            if isPaid { carried[partner] = before + 1 }
            return "CARRIED_FORWARD"
        }
        carried[partner] = 0
        instructions.append(
            Instruction("STL-\(window.id)-\(partner)-\(currency)", window.id, partner, due, madeIn: place + 1))
        return due > 0 ? "HOST_PAYS_PARTNER" : "PARTNER_PAYS_HOST"
    }

    // MARK: Steps

    func instruction(_ id: String) -> Instruction? { instructions.first { $0.id == id } }

    /// Whether the life of settlements allows a step.
    func allows(_ step: SettlementStep, isClosing: Bool, closed place: Int) -> Bool {
        switch step {
        case .approved(let window):
            return instructions.contains { $0.window == window } && !approved.contains(window)
        case .sent(let window):
            return approved.contains(window)
                && instructions.contains { $0.window == window && $0.state == "PENDING" }
        case .confirmed(let id, let amount, _, _):
            return amount.minorUnits > 0 && isOne(id, of: ["SENT", "PARTLY_PAID", "CONFIRMED", "OVERPAID"])
        case .returned(let id, _, _, _): return isOne(id, of: ["SENT", "PARTLY_PAID", "CONFIRMED", "OVERPAID"])
        case .resent(let id):
            guard let found = instruction(id), found.state == "RETURNED", found.resentAs == nil, !isClosing else {
                return false
            }
            return !isTakenOver(found, closed: place)
        case .cancelled(let id, let reference):
            return isOne(id, of: reference == nil ? ["PENDING"] : ["PENDING", "SENT"])
        case .writtenOff(let id, _): return isOne(id, of: ["SENT", "PARTLY_PAID"])
        }
    }

    private func isOne(_ id: String, of states: [String]) -> Bool {
        instruction(id).map { states.contains($0.state) } ?? false
    }

    /// Whether what came back is part of a statement that is issued: it has joined what was due there.
    func isTakenOver(_ found: Instruction, closed place: Int) -> Bool {
        guard let back = found.cameBackIn else { return false }
        return back <= place
    }

    /// Takes a step in a window, by its place.
    func take(_ step: SettlementStep, in place: Int) {
        switch step {
        case .approved(let window): approved.insert(window)
        case .sent(let window):
            for found in instructions where found.window == window && found.state == "PENDING" { found.state = "SENT" }
        case .confirmed(let id, let amount, _, _):
            guard let found = instruction(id) else { return }
            let signed = found.amount < 0 ? -amount.minorUnits : amount.minorUnits
            found.paid += signed
            events.append((place, found.partner, .paid(signed)))
            let rest = found.amount - found.paid
            found.state = rest == 0 ? "CONFIRMED" : (rest < 0) == (found.amount < 0) ? "PARTLY_PAID" : "OVERPAID"
            found.open.append((place, found.state == "PARTLY_PAID" ? rest : 0))
        case .returned(let id, _, _, _):
            guard let found = instruction(id) else { return }
            if found.paid != 0 { events.append((place, found.partner, .came(back: found.paid))) }
            (found.paid, found.state, found.cameBackIn) = (0, "RETURNED", place)
            found.open.append((place, 0))
        case .resent(let id): resend(id, in: place)
        case .cancelled(let id, _):
            instruction(id)?.state = "CANCELLED"
            instruction(id)?.open.append((place, 0))
        case .writtenOff(let id, _):
            guard let found = instruction(id) else { return }
            events.append((place, found.partner, .givenUp(found.amount - found.paid)))
            found.state = "WRITTEN_OFF"
            found.open.append((place, 0))
        }
    }

    private func resend(_ id: String, in place: Int) {
        guard let found = instruction(id) else { return }
        let stem = id.split(separator: "-").filter { !($0.first == "R" && Int($0.dropFirst()) != nil) }
        let number = instructions.filter { $0.id.hasPrefix(stem.joined(separator: "-")) }.count
        let again = Instruction(
            stem.joined(separator: "-") + "-R\(number)", found.window, found.partner, found.amount, madeIn: place)
        again.state = "SENT"
        found.resentAs = again.id
        instructions.append(again)
    }
}
