public import Journal
import Primitives
public import ProgrammeModel
public import Settlement

/// A partner's settlement statement: what the window's points and fees come to in money. One source, several
/// renderings.
public struct SettlementStatement: Sendable {
    /// What all statements of the close share.
    public let frame: StatementFrame
    /// The agreement that it is under.
    public let agreement: Agreement
    /// Lines, taxes and net.
    public let settlement: PartnerSettlement
    /// The account from opening to closing, and what is paid.
    public let account: AccountOutcome
    /// Payments and returns that the account takes in, in order.
    public let events: [AccountEvent]
    /// What proves that nothing is missing.
    public let evidence: StatementEvidence

    /// `STL-W-2026-03B-MARCHE`.
    public var id: String { "STL-\(frame.window)-\(agreement.partner)" }

    /// Makes a statement; the parameters are the properties of the same names.
    public init(
        frame: StatementFrame, agreement: Agreement, settlement: PartnerSettlement, account: AccountOutcome,
        events: [AccountEvent], evidence: StatementEvidence
    ) {
        self.frame = frame
        self.agreement = agreement
        self.settlement = settlement
        self.account = account
        self.events = events
        self.evidence = evidence
    }

    /// XML, CSV and plain text.
    public var documents: [IssuedDocument] {
        [
            IssuedDocument(name: id + ".xml", partner: agreement.partner, bytes: xml.document()),
            IssuedDocument(name: id + ".csv", partner: agreement.partner, bytes: csv),
            IssuedDocument(name: id + ".txt", partner: agreement.partner, bytes: Array(text.utf8)),
        ]
    }

    /// The sums of the lines by direction.
    var totals: (credits: Money, debits: Money) {
        let zero = Money.zero(settlement.currency)
        return (
            settlement.lines.filter { $0.direction == .credit }.reduce(zero) { $0 + $1.amount },
            settlement.lines.filter { $0.direction == .debit }.reduce(zero) { $0 + $1.amount }
        )
    }

    /// The kind of an account event on statements.
    static func name(of event: AccountEvent) -> String {
        switch event {
        case .booked: "PAYMENT"
        case .released: "RETURNED_UNBOOKED"
        case .bookedBack: "RETURN"
        case .instructedAgain: "RESENT"
        case .writtenOff: "WRITE_OFF"
        }
    }

    /// How an event moves the account, or what is due of it; plus means that the host owes. Rule R8.
    static func movement(of event: AccountEvent) -> Money {
        switch event {
        case .booked(_, let amount), .writtenOff(_, let amount), .instructedAgain(_, let amount): -amount
        case .released(_, let amount), .bookedBack(_, let amount): amount
        }
    }
}

// MARK: XML

extension SettlementStatement {
    private func signed(_ name: String, _ amount: Money) -> XMLElement {
        XMLElement(name, text: amount.amountText)
    }

    var xml: XMLElement {
        let registrations = agreement.registrations.map { ($0.label, $0.number) }
        var children = [
            XMLElement("StatementId", text: id),
            XMLElement("StatementSequenceNumber", text: "\(account.statementNumber)"),
        ]
        children += frame.elements
        children += frame.parties(agreement.partner, agreement.legalName, registrations: registrations)
        children.append(XMLElement("SettlementCurrency", text: settlement.currency.description))
        children.append(signed("OpeningBalance", account.opening))
        children += settlement.lines.map(line)
        children += settlement.taxes.map { row in
            XMLElement(
                "Tax", attributes(row.tax), [signed("TaxableAmount", row.base), signed("TaxAmount", row.amount)])
        }
        children += settlement.partnerTaxes.map { row in
            XMLElement(
                "PartnerTax", attributes(row.tax) + [("basis", row.basis.rawValue)],
                [signed("TaxableAmount", row.base), signed("TaxAmount", row.amount)])
        }
        children.append(
            XMLElement(
                "Totals",
                [
                    ("lines", "\(settlement.lines.count)"), ("credits", totals.credits.amountText),
                    ("debits", totals.debits.amountText),
                ]))
        children.append(signed("NetAmount", settlement.net))
        children += events.map { event in
            XMLElement(
                "AccountEntry", [("type", Self.name(of: event)), ("endToEndId", event.instruction)],
                text: Self.movement(of: event).amountText)
        }
        children += [
            signed("Payments", account.payments), signed("Returns", account.returns),
            signed("ClosingBalance", account.closing), signed("DueAmount", account.due),
            signed("InSettlementAmount", account.inSettlement), action, frame.journalHead,
        ]
        children += evidence.elements(frame.position.checkpoint)
        let root = [("xmlns", "urn:coalition:clearing:settlement-statement:1"), ("version", "1.0")]
        return XMLElement("SettlementStatement", root, children)
    }

    private func attributes(_ tax: Tax) -> [(String, String)] {
        [("category", tax.category)] + (tax.rate.map { [("rate", $0.description)] } ?? [])
    }

    private func line(_ line: SettlementLine) -> XMLElement {
        var price = [("currency", line.priceCurrency.description)]
        if let version = line.price { price.append(("version", version.text)) }
        let isPoints = !line.kind.isFee && line.kind != .adjustmentMoney
        var children = [
            XMLElement(
                "Quantity", isPoints ? [("unit", frame.pointsCurrency.description)] : [], text: "\(line.quantity)"),
            XMLElement("UnitPrice", price, text: line.unitPrice.description),
        ]
        if let fixing = line.fixing {
            let pair = [
                ("id", fixing.window.fixingName), ("base", fixing.base.description),
                ("quote", fixing.quote.description),
            ]
            children.append(XMLElement("Fixing", pair, text: fixing.rate.description))
        }
        children += [
            XMLElement("ExactAmount", text: line.exact.description),
            XMLElement("Amount", [("currency", line.amount.currency.description)], text: line.amount.amountText),
            XMLElement("RoundingDifference", text: line.difference.description),
            XMLElement("TaxCategory", line.tax.rate.map { [("rate", $0.description)] } ?? [], text: line.tax.category),
        ]
        if let corrected = line.correctedLine { children.append(XMLElement("CorrectedLine", text: corrected)) }
        if let reason = line.reason { children.append(XMLElement("ReasonCode", text: reason)) }
        if line.records > 0 { children.append(XMLElement("RecordCount", text: "\(line.records)")) }
        children += line.clearingLines.map {
            XMLElement("ClearingLineRef", text: "CLS-\(frame.window)-\(agreement.partner)#\($0)")
        }
        let head = [
            ("number", "\(line.number)"), ("type", line.kind.rawValue), ("creditDebit", line.direction.rawValue),
        ]
        return XMLElement("Line", head, children)
    }

    private var action: XMLElement {
        var attributes = [("action", account.action.rawValue)]
        if let instruction = account.instruction {
            attributes += [
                ("amount", instruction.amount.magnitude.amountText),
                ("currency", instruction.amount.currency.description),
                ("valueDate", instruction.valueDate.description), ("endToEndId", instruction.endToEndID),
            ]
        }
        return XMLElement("Settlement", attributes)
    }
}

// MARK: CSV

extension SettlementStatement {
    var csv: [UInt8] {
        var table = CSVTable([
            "statement", "row", "number", "kind", "dc", "quantity", "unit_price", "price_currency", "price_version",
            "fixing", "fixing_rate", "exact_amount", "amount", "signed_amount", "currency", "difference",
            "tax_category", "tax_rate", "reference", "records",
        ])
        let currency = settlement.currency.description
        for line in settlement.lines {
            table.add([
                .text(id), .text("LINE"), .number("\(line.number)"), .text(line.kind.rawValue),
                .text(line.direction.rawValue), .number("\(line.quantity)"), .number(line.unitPrice.description),
                .text(line.priceCurrency.description), .text(line.price?.text ?? ""),
                .text(line.fixing?.window.fixingName ?? ""), .number(line.fixing?.rate.description ?? ""),
                .number(line.exact.description), .number(line.amount.amountText),
                .number(line.signedAmount.amountText), .text(currency), .number(line.difference.description),
                .text(line.tax.category), .number(line.tax.rate?.description ?? ""),
                .text(line.correctedLine ?? line.clearingLines.map(String.init).joined(separator: " ")),
                .number("\(line.records)"),
            ])
        }
        for row in settlement.taxes {
            table.add(taxRow("TAX", row.tax, base: row.base, amount: -row.amount, magnitude: row.amount))
        }
        for row in settlement.partnerTaxes {
            let counts = Money.zero(row.amount.currency)
            table.add(
                taxRow(
                    "PARTNER_TAX_\(row.basis.rawValue)", row.tax, base: row.base, amount: counts, magnitude: row.amount)
            )
        }
        for event in events {
            var cells: [CSVTable.Cell] = [.text(id), .text("ENTRY"), .empty, .text(Self.name(of: event))]
            cells += [CSVTable.Cell](repeating: .empty, count: 8)
            cells += [.number(event.amount.magnitude.amountText)]
            cells += [.number(Self.movement(of: event).amountText), .text(currency)]
            cells += [.empty, .empty, .empty, .text(event.instruction)]
            table.add(cells)
        }
        let balances: [(String, Money)] = [
            ("OPENING", account.opening), ("NET", account.net), ("PAYMENTS", account.payments),
            ("RETURNS", account.returns), ("CLOSING", account.closing), ("DUE", account.due),
            ("IN_SETTLEMENT", account.inSettlement),
        ]
        for (name, amount) in balances {
            var cells: [CSVTable.Cell] = [.text(id), .text("BALANCE"), .empty, .text(name)]
            cells += [CSVTable.Cell](repeating: .empty, count: 8)
            cells += [.number(amount.magnitude.amountText), .number(amount.amountText), .text(currency)]
            table.add(cells)
        }
        var control: [CSVTable.Cell] = [
            .text(id), .text("CONTROL"), .number("\(settlement.lines.count)"), .text("NET"),
        ]
        control += [CSVTable.Cell](repeating: .empty, count: 8)
        control += [.number(settlement.net.magnitude.amountText), .number(settlement.net.amountText), .text(currency)]
        table.add(control)
        return table.bytes
    }

    private func taxRow(_ name: String, _ tax: Tax, base: Money, amount: Money, magnitude: Money) -> [CSVTable.Cell] {
        var cells: [CSVTable.Cell] = [.text(id), .text(name), .empty, .empty, .empty]
        cells += [CSVTable.Cell](repeating: .empty, count: 6)
        cells += [.number(base.amountText), .number(magnitude.amountText), .number(amount.amountText)]
        cells += [.text(amount.currency.description), .empty, .text(tax.category)]
        cells.append(.number(tax.rate?.description ?? ""))
        return cells
    }
}

// MARK: Text

extension SettlementStatement {
    var text: String {
        var out = [
            "SETTLEMENT STATEMENT \(id)   number \(account.statementNumber)",
            "\(frame.programme), window \(frame.window): \(frame.from) to \(frame.to)",
            "between \(frame.host.name) (\(frame.host.id)) and \(agreement.legalName) (\(agreement.partner))",
            "Amounts in \(settlement.currency). Plus: the host owes. DBIT: the partner owes. CRDT: the host owes.", "",
        ]
        var lines = TextTable(rightAligned: [0, 3, 4, 6, 7, 9])
        lines.add(["no", "line", "d/c", "quantity", "price", "fixing", "exact", "amount", "tax", "difference"])
        for line in settlement.lines {
            lines.add([
                "\(line.number)", line.kind.rawValue, line.direction.rawValue, "\(line.quantity)",
                "\(line.unitPrice) \(line.priceCurrency)",
                line.fixing.map { "\($0.window.fixingName) \($0.rate)" } ?? "", line.exact.description,
                line.amount.amountText, line.tax.category, line.difference.description,
            ])
        }
        out += settlement.lines.isEmpty ? ["  no activity"] : lines.lines()
        for row in settlement.taxes {
            out.append(
                "  tax \(row.tax.category) \(row.tax.rate?.description ?? "")% on \(row.base.amountText): "
                    + row.amount.amountText)
        }
        for row in settlement.partnerTaxes {
            let place = row.basis == .net ? "beside" : "within"
            out.append(
                "  partner's tax \(row.tax.category) \(row.tax.rate?.description ?? "")% \(place) its supplies, base "
                    + "\(row.base.amountText): \(row.amount.amountText)")
        }
        out.append("")
        for event in events {
            out.append("  \(Self.name(of: event)) \(event.instruction) \(Self.movement(of: event).amountText)")
        }
        var balances = TextTable(rightAligned: [1])
        balances.add(["opening", account.opening.amountText])
        balances.add(["net of this window", account.net.amountText])
        balances.add(["payments", account.payments.amountText])
        balances.add(["returns", account.returns.amountText])
        balances.add(["closing", account.closing.amountText])
        balances.add(["  of which due", account.due.amountText])
        balances.add(["  of which in settlement", account.inSettlement.amountText])
        out += balances.lines()
        out.append("")
        if let instruction = account.instruction {
            out.append(
                "\(account.action.rawValue): \(instruction.amount.magnitude) on \(instruction.valueDate), "
                    + instruction.endToEndID)
        } else {
            out.append(account.action.rawValue)
        }
        out += frame.logLines
        return out.joined(separator: "\n") + "\n"
    }
}
