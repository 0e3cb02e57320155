import Clearing
import Evidence
import FileStore
import Foundation
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements
import XMLKit

/// Makes the statements anew from what was recomputed and compares them, byte for byte, with those that were issued.
struct DocumentCheck {
    let bundle: Bundle
    let clearing: Reclearing
    let accounts: AccountReplay
    let partners: [PartnerID]
    let closedAt: Timestamp

    func check(_ report: inout EvidenceReport) throws {
        let programme = clearing.version.programme
        let cleared = ClearedWindow(
            window: clearing.window, programme: programme,
            totals: clearing.books.windows[bundle.window] ?? WindowTotals(), catalogue: clearing.books.catalogue)
        var outcomes: [AccountOutcome] = []
        for part in cleared.partners where partners.contains(part.partner) {
            if let outcome = try check(part, programme, &report) { outcomes.append(outcome) }
        }
        if bundle.partner == nil {
            try checkClose(outcomes, &report)
            try checkSummary(cleared, outcomes, programme, &report)
        }
    }

    /// What the log has each account come to, by which payments are made.
    private func checkClose(_ outcomes: [AccountOutcome], _ report: inout EvidenceReport) throws {
        let name = Bundle.name(ofFact: clearing.closed)
        guard case .windowClosed(let fact) = try bundle.fact(clearing.closed)?.fact else {
            return report.fail(.completeness, name, "the fact of the close is not shown")
        }
        if fact.accounts.map(\.partner) != outcomes.map(\.partner) {
            report.fail(.arithmetic, name, "it closes other accounts than those of the window's partners")
        }
        for outcome in outcomes where fact.accounts.first(where: { $0.partner == outcome.partner }) != outcome {
            report.fail(
                .arithmetic, name, "the account of \(outcome.partner) is another than was recomputed",
                expected: "closing \(outcome.closing), due \(outcome.due), \(outcome.action.rawValue)")
        }
    }

    private func check(
        _ part: PartnerClearing, _ programme: Programme, _ report: inout EvidenceReport
    ) throws -> AccountOutcome? {
        let names = ["CLS", "STL"].map { "statements/\($0)-\(bundle.window)-\(part.partner).xml" }
        guard let points = try StatementReading(names[0], bundle), let money = try StatementReading(names[1], bundle),
            let agreement = programme.agreement(part.partner),
            let terms = accounts.terms(agreement, clearing.window, programme)
        else {
            report.fail(.document, names[1], "it cannot be read")
            return nil
        }
        let day = programme.zone.date(at: clearing.window.cutoff.adding(milliseconds: -1))
        let settlement: PartnerSettlement
        do throws(Refusal) {
            settlement = try PartnerSettlement(
                part, agreement: agreement, window: clearing.window, lastDay: day,
                catalogue: clearing.books.catalogue, windows: clearing.fixings)
        } catch {
            report.fail(.arithmetic, names[1], "\(error.findings.map(\.code.code)): a fixing is missing")
            return nil
        }
        var outcome = accounts.accounts.outcome(
            window: clearing.window, agreement: agreement, net: settlement.net, terms: terms)
        outcome.lineTaxes = settlement.lines.map(\.tax)
        let opening = try points.previous.flatMap { previous in
            try StatementReading("history/\(previous.id).xml", bundle)?.root.text("ClosingPosition").flatMap {
                Int64($0)
            }
        }
        let clearingStatement = ClearingStatement(
            frame: try frame(points, programme), agreement: agreement, number: outcome.statementNumber, clearing: part,
            openingPosition: opening ?? 0, evidence: evidence(points))
        let settlementStatement = SettlementStatement(
            frame: try frame(money, programme), agreement: agreement, settlement: settlement, account: outcome,
            events: accounts.accounts.events(of: bundle.window, partner: part.partner), evidence: evidence(money))
        for document in clearingStatement.documents + settlementStatement.documents {
            try compare(document, &report)
        }
        grade(clearingStatement, settlementStatement, &report)
        return outcome
    }

    /// What the statement itself says of the log: its head cannot be made from a part of the log.
    private func frame(_ statement: StatementReading, _ programme: Programme) throws -> StatementFrame {
        let head = Digest32(hex: statement.root.text("JournalHead") ?? "") ?? .zero
        let zone = programme.zone
        return StatementFrame(
            programme: programme.id, host: (programme.host, programme.hostName), pointsCurrency: programme.currency,
            window: bundle.window, from: zone.format(clearing.window.open), to: zone.format(clearing.window.cutoff),
            closedAt: zone.format(closedAt),
            position: LogPosition(sequence: clearing.closed - 1, head: head, checkpoint: statement.checkpoint))
    }

    private func evidence(_ statement: StatementReading) -> StatementEvidence {
        StatementEvidence(previous: statement.previous, completeness: statement.completeness)
    }

    // MARK: Comparison

    private func compare(_ document: IssuedDocument, _ report: inout EvidenceReport) throws {
        let name = "statements/" + document.name
        guard let issued = try bundle.file.small(name) else {
            return report.fail(.document, name, "it is missing")
        }
        report.count("documents recomputed")
        guard issued != document.bytes else { return }
        let right = String(decoding: document.bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        let found = String(decoding: issued, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(right, found).prefix { $0 == $1 }.count
        let expected = place < right.count ? right[place].trimmingCharacters(in: .whitespaces) : "its end"
        let text = place < found.count ? found[place].trimmingCharacters(in: .whitespaces) : "its end"
        let stage: VerificationStage = document.name.hasSuffix(".xml") && Self.isFigure(text) ? .arithmetic : .document
        report.fail(stage, name, "line \(place + 1) is '\(text)'", expected: "'\(expected)'")
    }

    /// Whether a line of a statement's XML carries figures, and not what it is about.
    private static func isFigure(_ line: String) -> Bool {
        let figures = [
            "Line", "Quantity", "UnitPrice", "Fixing", "ExactAmount", "Amount", "RoundingDifference", "TaxCategory",
            "Tax",
            "TaxableAmount", "TaxAmount", "PartnerTax", "Totals", "NetAmount", "AccountEntry", "Payments", "Returns",
            "ClosingBalance", "OpeningBalance", "DueAmount", "InSettlementAmount", "Settlement", "OpeningPosition",
            "WindowPosition", "ClosingPosition", "SubSource", "SubSourceTotal", "RatioVersion", "PriceVersion",
            "RecordCount", "Units", "ExactPoints", "Points", "LateRecordCount", "CarriedOverRecordCount",
            "ClearingLineRef", "CorrectedLine", "ReasonCode", "StatementSequenceNumber", "PartnerPoints", "Account",
            "HostNet", "HostFunded", "OpeningOutstanding", "ClosingOutstanding",
        ]
        let name = line.drop { $0 == "<" || $0 == "/" }.prefix { $0.isLetter }
        return figures.contains(String(name))
    }

    // MARK: Grades

    private func grade(
        _ points: ClearingStatement, _ money: SettlementStatement, _ report: inout EvidenceReport
    ) {
        let lines = points.clearing.lines.map { line in
            let key = line.total.key
            let grade: LineGrade =
                clearing.issued.contains(key) ? .issued : clearing.attested.contains(key) ? .attested : .recomputed
            return (line.number, grade)
        }
        report.statements.append((points.id, lines))
        let grades = Dictionary(uniqueKeysWithValues: lines)
        report.statements.append(
            (
                money.id,
                money.settlement.lines.map { line in
                    let isPoints = !line.clearingLines.isEmpty
                    let parts = line.clearingLines.compactMap { grades[$0] }
                    let isCounted = line.kind.isFee && line.kind != .feeMinimumMonthly && clearing.issued.isEmpty
                    let isIssued = parts.contains(.issued) || !(isPoints || isCounted)
                    return (line.number, isIssued ? .issued : parts.contains(.attested) ? .attested : .recomputed)
                }
            ))
    }

    // MARK: The host's page

    private func checkSummary(
        _ cleared: ClearedWindow, _ outcomes: [AccountOutcome], _ programme: Programme,
        _ report: inout EvidenceReport
    ) throws {
        let name = "statements/HST-\(bundle.window).xml"
        guard let summary = try StatementReading(name, bundle) else {
            return report.fail(.document, name, "it cannot be read")
        }
        var opening = programmes.all.first?.programme.openingPoints ?? 0
        if let previous = summary.previous {
            guard let before = try StatementReading("history/\(previous.id).xml", bundle),
                before.digest == previous.digest, let points = Int64(before.root.text("ClosingOutstanding") ?? "")
            else { return report.fail(.completeness, "history/\(previous.id).xml", "the summary before is missing") }
            opening = points
        }
        let page = HostSummary(
            frame: try frame(summary, programme), points: cleared.partners.map(HostSummary.PartnerPoints.init),
            openingOutstanding: opening, hostFunded: clearing.books.windows[bundle.window]?.hostFunded ?? 0,
            accounts: outcomes, evidence: evidence(summary))
        for document in page.documents { try compare(document, &report) }
    }

    private var programmes: Programmes { clearing.programmes }
}
