public import Clearing
public import Journal
import Ledger
public import Primitives

/// The host's own page of a window: points outstanding with the tie-out per partner, nets by currency, and payments.
public struct HostSummary: Sendable {
    /// What all statements of the close share.
    public let frame: StatementFrame
    /// Points by partner and use.
    public let points: [PartnerPoints]
    /// Points outstanding of all windows before this one.
    public let openingOutstanding: Int64
    /// Points that the host funded itself in this window, less what was reversed of them.
    public let hostFunded: Int64
    /// What each partner's account came to.
    public let accounts: [AccountOutcome]
    /// The summary before.
    public let evidence: StatementEvidence

    /// `HST-W-2026-03B`.
    public var id: String { "HST-\(frame.window)" }

    /// A partner's points of a window by use; reversals are apart.
    public struct PartnerPoints: Hashable, Sendable {
        /// The partner.
        public let partner: PartnerID
        /// Issued to members, bonuses and adjustments included.
        public var issued: Int64 = 0
        /// Redeemed by members.
        public var redeemed: Int64 = 0
        /// Transferred in from own points.
        public var transferredIn: Int64 = 0
        /// Transferred out to own points.
        public var transferredOut: Int64 = 0
        /// Taken back from members by reversals and credit adjustments.
        public var reversedFromMembers: Int64 = 0
        /// Given back to members by reversals.
        public var reversedToMembers: Int64 = 0

        /// What it adds to the points outstanding.
        public var movement: Int64 {
            issued - redeemed + transferredIn - transferredOut - reversedFromMembers + reversedToMembers
        }

        /// Sorts the lines of a partner's clearing.
        public init(_ clearing: PartnerClearing) {
            partner = clearing.partner
            for line in clearing.lines {
                let points = line.total.points
                switch (line.total.key.kind, line.total.key.direction) {
                case (.issuance, _), (.bonusFunding, _), (.adjustmentPoints, .debit): issued += points
                case (.reimbursement, _): redeemed += points
                case (.transferIn, _): transferredIn += points
                case (.transferOut, _): transferredOut += points
                case (_, .credit): reversedFromMembers += points
                case (_, .debit): reversedToMembers += points
                }
            }
        }
    }

    /// Makes a summary; the parameters are the properties of the same names.
    public init(
        frame: StatementFrame, points: [PartnerPoints], openingOutstanding: Int64, hostFunded: Int64,
        accounts: [AccountOutcome], evidence: StatementEvidence
    ) {
        self.frame = frame
        self.points = points
        self.openingOutstanding = openingOutstanding
        self.hostFunded = hostFunded
        self.accounts = accounts
        self.evidence = evidence
    }

    /// Points outstanding after this window.
    public var closingOutstanding: Int64 { points.reduce(openingOutstanding + hostFunded) { $0 + $1.movement } }

    /// XML, CSV and plain text.
    public var documents: [IssuedDocument] {
        [
            IssuedDocument(name: id + ".xml", partner: nil, bytes: xml.document()),
            IssuedDocument(name: id + ".csv", partner: nil, bytes: csv),
            IssuedDocument(name: id + ".txt", partner: nil, bytes: Array(text.utf8)),
        ]
    }

    /// The sum of the partners' nets by currency, in order of currencies; the host's own is the opposite.
    var nets: [Money] {
        let byCurrency = Dictionary(grouping: accounts, by: \.net.currency)
        return byCurrency.keys.sorted().map { currency in
            (byCurrency[currency] ?? []).reduce(Money.zero(currency)) { $0 + $1.net }
        }
    }

    var xml: XMLElement {
        var children = [XMLElement("SummaryId", text: id)] + frame.elements
        children.append(XMLElement("OpeningOutstanding", text: "\(openingOutstanding)"))
        children += points.map {
            XMLElement(
                "PartnerPoints",
                [
                    ("partner", $0.partner.text), ("issued", "\($0.issued)"), ("redeemed", "\($0.redeemed)"),
                    ("transferredIn", "\($0.transferredIn)"), ("transferredOut", "\($0.transferredOut)"),
                    ("reversedFromMembers", "\($0.reversedFromMembers)"),
                    ("reversedToMembers", "\($0.reversedToMembers)"), ("movement", "\($0.movement)"),
                ])
        }
        children.append(XMLElement("HostFunded", text: "\(hostFunded)"))
        children.append(XMLElement("ClosingOutstanding", text: "\(closingOutstanding)"))
        if closingOutstanding < 0 {
            children.append(XMLElement("Warning", text: "points outstanding are below zero"))
        }
        children += accounts.map { account in
            var attributes = [
                ("partner", account.partner.text), ("currency", account.net.currency.description),
                ("statementNumber", "\(account.statementNumber)"), ("opening", account.opening.amountText),
                ("net", account.net.amountText), ("payments", account.payments.amountText),
                ("returns", account.returns.amountText), ("closing", account.closing.amountText),
                ("due", account.due.amountText), ("inSettlement", account.inSettlement.amountText),
                ("action", account.action.rawValue),
            ]
            if let instruction = account.instruction {
                attributes.append(("endToEndId", instruction.endToEndID))
                attributes.append(("valueDate", instruction.valueDate.description))
            }
            return XMLElement("Account", attributes)
        }
        children += nets.map { XMLElement("HostNet", [("currency", $0.currency.description)], text: (-$0).amountText) }
        children.append(frame.journalHead)
        children += evidence.elements(frame.position.checkpoint)
        let root = [("xmlns", "urn:coalition:clearing:host-summary:1"), ("version", "1.0")]
        return XMLElement("HostSummary", root, children)
    }

    var csv: [UInt8] {
        var table = CSVTable([
            "summary", "row", "partner", "issued", "redeemed", "transferred_in", "transferred_out",
            "reversed_from_members", "reversed_to_members", "movement", "currency", "opening", "net", "payments",
            "returns", "closing", "due", "in_settlement", "action", "end_to_end_id", "value_date",
        ])
        for row in points {
            table.add(
                [.text(id), .text("POINTS"), .text(row.partner.text)]
                    + [
                        row.issued, row.redeemed, row.transferredIn, row.transferredOut, row.reversedFromMembers,
                        row.reversedToMembers, row.movement,
                    ].map { .number("\($0)") })
        }
        let blank = [CSVTable.Cell](repeating: .empty, count: 7)
        for account in accounts {
            var cells: [CSVTable.Cell] = [.text(id), .text("ACCOUNT"), .text(account.partner.text)] + blank
            cells.append(.text(account.net.currency.description))
            let amounts = [
                account.opening, account.net, account.payments, account.returns, account.closing, account.due,
                account.inSettlement,
            ]
            cells += amounts.map { .number($0.amountText) }
            cells += [.text(account.action.rawValue), .text(account.instruction?.endToEndID ?? "")]
            cells.append(.text(account.instruction?.valueDate.description ?? ""))
            table.add(cells)
        }
        for net in nets {
            table.add(
                [.text(id), .text("HOST_NET"), .empty] + blank
                    + [.text(net.currency.description), .empty, .number((-net).amountText)])
        }
        let outstanding = [("OPENING_OUTSTANDING", openingOutstanding), ("HOST_FUNDED", hostFunded)]
        for (name, value) in outstanding {
            table.add([.text(id), .text(name)] + [CSVTable.Cell](repeating: .empty, count: 7) + [.number("\(value)")])
        }
        table.add(
            [.text(id), .text("CONTROL"), .text("MEMBERS")] + [CSVTable.Cell](repeating: .empty, count: 6)
                + [.number("\(closingOutstanding)")])
        return table.bytes
    }

    var text: String {
        var out = [
            "HOST SUMMARY \(id)", "\(frame.programme), window \(frame.window): \(frame.from) to \(frame.to)", "",
            "Points in \(frame.pointsCurrency)",
        ]
        var table = TextTable(rightAligned: [1, 2, 3, 4, 5, 6, 7])
        table.add([
            "partner", "issued", "redeemed", "transferred in", "transferred out", "reversed from", "reversed to",
            "movement",
        ])
        for row in points {
            table.add([
                row.partner.text, "\(row.issued)", "\(row.redeemed)", "\(row.transferredIn)", "\(row.transferredOut)",
                "\(row.reversedFromMembers)", "\(row.reversedToMembers)", "\(row.movement)",
            ])
        }
        out += table.lines()
        out.append("  funded by the host: \(hostFunded)")
        out.append("  outstanding before \(openingOutstanding), after \(closingOutstanding) (= MEMBERS)")
        if closingOutstanding < 0 { out.append("  WARNING: points outstanding are below zero") }
        out += ["", "Accounts. Plus: the host owes."]
        var money = TextTable(rightAligned: [2, 3, 4, 5, 6, 7, 8])
        money.add([
            "partner", "currency", "opening", "net", "payments", "returns", "closing", "due", "in settlement", "action",
        ])
        for account in accounts {
            money.add([
                account.partner.text, account.net.currency.description, account.opening.amountText,
                account.net.amountText, account.payments.amountText, account.returns.amountText,
                account.closing.amountText, account.due.amountText, account.inSettlement.amountText,
                account.action.rawValue,
            ])
        }
        out += money.lines()
        out += nets.map { "  the host's own net in \($0.currency): \((-$0).amountText)" }
        out += frame.logLines
        return out.joined(separator: "\n") + "\n"
    }
}
