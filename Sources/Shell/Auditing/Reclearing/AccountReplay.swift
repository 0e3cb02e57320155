import Clearing
import Evidence
import Journal
import Primitives
import ProgrammeModel
import Settlement
import XMLKit

/// The partners' accounts from their first statement to this one: nets of earlier windows from the statements that the
/// host signed then, payments from the acts of its officers.
struct AccountReplay {
    let bundle: Bundle
    let programmes: Programmes
    let partners: [PartnerID]
    private(set) var accounts = AccountBook()
    private(set) var instructions = InstructionBook()

    init(_ bundle: Bundle, _ programmes: Programmes, partners: [PartnerID]) {
        self.bundle = bundle
        self.programmes = programmes
        self.partners = partners
    }

    /// Goes through everything before the close of the bundle's window.
    mutating func run(upTo closed: UInt64, _ report: inout EvidenceReport) throws {
        try bundle.forEachFact { envelope in
            guard envelope.sequence < closed else { return }
            switch envelope.fact {
            case .windowCutOff(let fact):
                accounts.cutOff(fact.window)
                instructions.cutOff(fact.window)
            case .sealed(.window(let seal)): try close(seal, &report)
            case .actCarriedOut(let fact):
                guard case .settlement(let step) = fact.act else { return }
                take(step, envelope, &report)
            default: return
            }
        }
    }

    private mutating func take(_ step: SettlementStep, _ envelope: FactEnvelope, _ report: inout EvidenceReport) {
        switch step {
        case .approved, .sent: break
        case .confirmed(let id, _, _, _), .returned(let id, _, _, _), .resent(let id), .cancelled(let id, _),
            .writtenOff(let id, _):
            guard instructions[id] != nil else {
                let name = "acts/\(Bundle.number(envelope.sequence))/act.json"
                return report.fail(.arithmetic, name, "no statement has made the instruction \(id)")
            }
        }
        if let (partner, event) = instructions.take(step) { accounts.add(event, partner: partner) }
    }

    private mutating func close(_ seal: WindowSeal, _ report: inout EvidenceReport) throws {
        guard let version = programmes.inForce(before: seal.closed),
            let window = version.programme.window(seal.window)
        else { return }
        var outcomes: [AccountOutcome] = []
        for partner in partners {
            let name = "history/STL-\(seal.window)-\(partner).xml"
            guard let statement = try StatementReading(name, bundle) else { continue }
            guard let agreement = version.programme.agreement(partner),
                let terms = terms(agreement, window, version.programme),
                let net = Money(statement.root.text("NetAmount") ?? "", currency: agreement.settlementCurrency)
            else {
                report.fail(.arithmetic, name, "its agreement or net cannot be read")
                continue
            }
            let outcome = accounts.outcome(window: window, agreement: agreement, net: net, terms: terms)
            compare(outcome, statement, &report)
            outcomes.append(outcome)
        }
        accounts.close(seal.window, outcomes: outcomes)
        instructions.close(seal.window)
        for outcome in outcomes { if let instruction = outcome.instruction { instructions.add(instruction) } }
    }

    func terms(_ agreement: Agreement, _ window: WindowDefinition, _ programme: Programme) -> Terms? {
        agreement.terms(on: programme.zone.date(at: window.cutoff.adding(milliseconds: -1))) ?? agreement.terms.last
    }

    /// An earlier statement says what its account came to.
    private func compare(
        _ outcome: AccountOutcome, _ statement: StatementReading, _ report: inout EvidenceReport
    ) {
        let stated = [
            ("StatementSequenceNumber", "\(outcome.statementNumber)"), ("OpeningBalance", outcome.opening.amountText),
            ("Payments", outcome.payments.amountText), ("Returns", outcome.returns.amountText),
            ("ClosingBalance", outcome.closing.amountText), ("DueAmount", outcome.due.amountText),
            ("InSettlementAmount", outcome.inSettlement.amountText),
        ]
        for (name, value) in stated where statement.root.text(name) != value {
            report.fail(
                .arithmetic, "\(statement.name) \(name)", "it is \(statement.root.text(name) ?? "not there")",
                expected: value)
        }
        let settlement = statement.root.child("Settlement")
        if settlement?.attribute("action") != outcome.action.rawValue
            || settlement?.attribute("endToEndId") != outcome.instruction?.endToEndID
            || settlement?.attribute("amount") != outcome.instruction?.amount.magnitude.amountText
        {
            report.fail(.arithmetic, "\(statement.name) Settlement", "it is not what the account gives")
        }
        report.count("earlier statements")
    }
}
