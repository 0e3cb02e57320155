package import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
package import Statements

/// What somebody says about the golden scenario, in the form of its figures: the engine, the facts of a log, or a
/// reader of printed statements. `GoldenScenario.differences` compares it with the figures that are right.
package struct GoldenFigures: Sendable {
    /// Settlement statements.
    package var statements: [GoldenScenario.StatementRow] = []
    /// Instructions, in the order in which they were made.
    package private(set) var instructions: [GoldenScenario.InstructionRow] = []
    /// What became of each record, by transaction id.
    package private(set) var records: [String: RecordFigure] = [:]
    /// The sum of the partners' nets, by window and currency.
    package private(set) var nets: [String: [String: String]] = [:]
    /// The points ledger as it would be if no window had been closed.
    package private(set) var pointsBeforeCloses: [String: Int64] = [:]
    /// The points ledger after the last close.
    package private(set) var pointsLedger: [String: Int64] = [:]
    /// Account rows of the closes: a statement's balances without its lines.
    package private(set) var accounts: [GoldenScenario.StatementRow] = []

    /// What became of a record.
    package struct RecordFigure: Hashable, Sendable {
        package var window, flag, dc: String
        package var points: Int64
        package var ratio, price, fixing: String?
        /// The funders' parts of a bonus or of its reversal, the host's included.
        package var shares: [String: Int64]?
    }

    /// Nothing yet.
    package init() {}

    /// Takes the figures of a fact.
    ///
    /// - Parameters:
    ///   - ids: the transaction ids of a file's records in order.
    ///   - store: holds the entries of files.
    package mutating func add(_ fact: Fact, ids: (BatchID) -> [String], store: any RecordStore) throws {
        switch fact {
        case .programmeLoaded(let loaded) where loaded.version == 1:
            move(loaded.programme.openingPoints, from: "HOST_CLEARED", to: "MEMBERS")
        case .fileDecided(let decided):
            guard let posting = decided.posting, let entries = decided.entries else { return }
            post(posting)
            let ids = ids(decided.batch)
            var accepted: [RecordEntry] = []
            try store.forEach(batch: decided.received, reference: entries) { accepted.append($0) }
            for entry in accepted where entry.status == .accepted {
                records[ids[Int(entry.record) - 1]] = figure(entry, posting)
            }
        case .actCarriedOut(let done):
            if case .adjustment(_, let posting?) = done.act { post(posting) }
        case .windowClosed(let closed): close(closed)
        default: break
        }
    }

    private mutating func move(_ points: Int64, from: String, to: String) {
        pointsBeforeCloses[from, default: 0] -= points
        pointsBeforeCloses[to, default: 0] += points
    }

    private mutating func post(_ posting: Posting) {
        for line in posting.lines {
            move(line.key.direction.sign * line.points, from: "MEMBERS", to: line.key.partner.text)
        }
        if posting.hostFunded != 0 { move(posting.hostFunded, from: "HOST_MARKETING", to: "MEMBERS") }
    }

    private func figure(_ entry: RecordEntry, _ posting: Posting) -> RecordFigure {
        let set = posting.lineSets[Int(entry.lineSet)]
        let lines = set.lines.map { posting.lines[$0] }
        var figure = RecordFigure(
            window: posting.window.text, flag: entry.isLate ? "LATE" : entry.isCarriedOver ? "CARRIED_OVER" : "",
            dc: lines.first?.key.direction.rawValue ?? "", points: entry.points)
        if set.promotion == nil {
            figure.ratio = lines.first?.key.ratio?.text
            figure.price = lines.first?.key.price.text
            figure.fixing = lines.first?.key.fixing?.fixingName ?? "none"
        } else {
            // Exact where a file holds one bonus, as in the scenario.
            figure.shares = Dictionary(lines.map { ($0.key.partner.text, $0.points) }, uniquingKeysWith: +)
            if posting.hostFunded != 0 { figure.shares?["HOST"] = abs(posting.hostFunded) }
        }
        return figure
    }

    private mutating func close(_ closed: WindowClosed) {
        pointsLedger = Dictionary(
            uniqueKeysWithValues: closed.pointsBalances.map { ($0.account.description, $0.balance) })
        var sums: [CurrencyCode: Money] = [:]
        for account in closed.accounts {
            let currency = account.net.currency
            sums[currency] = (sums[currency] ?? .zero(currency)) + account.net
            accounts.append(GoldenScenario.StatementRow(account, window: closed.window.text))
            guard let instruction = account.instruction else { continue }
            instructions.append(GoldenScenario.InstructionRow(instruction))
        }
        nets[closed.window.text] = Dictionary(
            uniqueKeysWithValues: sums.map { ($0.key.description, $0.value.amountText) })
    }
}

extension GoldenScenario.InstructionRow {
    /// The row of an instruction.
    package init(_ instruction: Instruction) {
        self.init(
            window: instruction.window.text, partner: instruction.partner.text,
            direction: instruction.amount.minorUnits > 0 ? "HOST_PAYS_PARTNER" : "PARTNER_PAYS_HOST",
            amount: instruction.amount.magnitude.amountText, currency: instruction.amount.currency.description,
            valueDate: instruction.valueDate.description, endToEndId: instruction.endToEndID)
    }
}

extension GoldenScenario.StatementRow {
    /// The balances of an account, without lines and taxes.
    package init(_ account: AccountOutcome, window: String) {
        self.init(
            window: window, partner: account.partner.text, currency: account.net.currency.description,
            opening: account.opening.amountText, lines: [], taxes: [], net: account.net.amountText,
            payments: account.payments.amountText, returns: account.returns.amountText,
            closing: account.closing.amountText, due: account.due.amountText,
            inSettlement: account.inSettlement.amountText, action: account.action.rawValue)
    }

    /// The row of a statement as the engine computes it.
    package init(_ statement: SettlementStatement) {
        self.init(statement.account, window: statement.frame.window.text)
        lines = statement.settlement.lines.map(GoldenScenario.LineRow.init)
        taxes = statement.settlement.taxes.map {
            GoldenScenario.TaxEntry(
                category: $0.tax.category, rate: $0.tax.rate?.description ?? "", base: $0.base.amountText,
                tax: $0.amount.amountText)
        }
    }
}

extension GoldenScenario.LineRow {
    init(_ line: SettlementLine) {
        self.init(
            kind: line.kind.rawValue, dc: line.direction.rawValue, quantity: line.quantity,
            unitPrice: line.unitPrice.description, price: line.kind.isFee ? nil : line.price?.text,
            fixing: line.fixing?.window.fixingName ?? "none", exact: line.exact.description,
            amount: line.amount.amountText, difference: line.difference.description, tax: line.tax.category,
            taxRate: line.tax.rate?.description, correctedLine: line.correctedLine)
    }
}

extension GoldenScenario {
    /// Where figures are not those of the scenario, one sentence each; empty when all of them are right.
    package func differences(from figures: GoldenFigures) -> [String] {
        var out = differences(inStatements: figures.statements)
        out += differences(inAccounts: figures.accounts)
        if Set(figures.instructions) != Set(instructions) || figures.instructions.count != instructions.count {
            out.append("instructions: \(figures.instructions) instead of \(instructions)")
        }
        for row in records where row.unit != "EUR" { out += differences(row, figures.records[row.id]) }
        let posted = Set(records.filter { $0.unit != "EUR" }.map(\.id))
        out += figures.records.keys.filter { !posted.contains($0) }.sorted().map { "\($0) is posted and must not be" }
        for window in windows {
            out += Self.difference("\(window.id) nets", figures.nets[window.id] ?? [:], window.partnerNets)
        }
        out += Self.difference("points before the closes", figures.pointsBeforeCloses, pointsBeforeCloses)
        out += Self.difference("points after the closes", figures.pointsLedger, pointsLedger)
        return out
    }

    /// Where settlement statements are not those of the scenario. Lines are compared as a set and by the order of
    /// kinds.
    package func differences(inStatements found: [StatementRow]) -> [String] {
        var out = Self.difference("statements", found.count, statements.count)
        for expected in statements {
            let name = "\(expected.window) \(expected.partner)"
            guard let row = found.first(where: { $0.window == expected.window && $0.partner == expected.partner })
            else {
                out.append("\(name): there is no statement")
                continue
            }
            let (lines, right) = (Set(row.lines), Set(expected.lines))
            if lines != right || row.lines.count != expected.lines.count {
                out.append("\(name): \(lines.subtracting(right)) instead of \(right.subtracting(lines))")
            }
            out += Self.difference("\(name) order of lines", row.lines.map(\.kind), expected.lines.map(\.kind))
            out += Self.difference("\(name) taxes", row.taxes, expected.taxes)
            out += Self.differences(row, expected)
        }
        return out
    }

    private func differences(inAccounts found: [StatementRow]) -> [String] {
        var out = Self.difference("accounts", found.count, statements.count)
        for expected in statements {
            for row in found where row.window == expected.window && row.partner == expected.partner {
                out += Self.differences(row, expected)
            }
        }
        return out
    }

    private static func differences(_ row: StatementRow, _ expected: StatementRow) -> [String] {
        let fields: [(String, KeyPath<StatementRow, String>)] = [
            ("currency", \.currency), ("opening", \.opening), ("net", \.net), ("payments", \.payments),
            ("returns", \.returns), ("closing", \.closing), ("due", \.due), ("in settlement", \.inSettlement),
            ("action", \.action),
        ]
        return fields.flatMap { name, path in
            difference("\(expected.window) \(expected.partner) \(name)", row[keyPath: path], expected[keyPath: path])
        }
    }

    private func differences(_ row: RecordRow, _ found: GoldenFigures.RecordFigure?) -> [String] {
        guard let found else { return ["\(row.id) is not posted"] }
        var right = GoldenFigures.RecordFigure(window: row.window, flag: row.flag, dc: row.dc ?? "", points: row.points)
        right.shares = row.shares
        if row.shares == nil {
            (right.ratio, right.price) = (row.ratio, row.price)
            // The figures state a record's fixing for reversals only; for the others it is that of their own window.
            let own = partners[row.partner]?.currency == "EUR" ? "none" : "FX-" + row.window.dropFirst(2)
            right.fixing = row.fixing ?? own
        }
        return Self.difference(row.id, found, right)
    }

    private static func difference<Value: Equatable>(_ name: String, _ found: Value, _ right: Value) -> [String] {
        found == right ? [] : ["\(name): \(found) instead of \(right)"]
    }
}
