public import Clearing
public import Journal
public import Ledger
public import Primitives
public import ProgrammeModel
public import Settlement
public import Statements

/// Everything that a window's close computes: the accounts, the fact and the documents.
public struct WindowClose: Sendable {
    /// The fact, without its attachments.
    public let fact: WindowClosed
    /// All statements, in order of partners, the host's summary last.
    public let documents: [IssuedDocument]
    /// What each partner's statements were made of, in order of partners.
    public let statements: [Statements]

    /// A partner's two statements.
    public struct Statements: Sendable {
        /// In points.
        public let clearing: ClearingStatement
        /// In money.
        public let settlement: SettlementStatement
    }
}

extension HouseState {
    /// What a window that is cut off still waits for: undecided files and fixings. Empty when it can be closed.
    public func obstacles(toClosing window: WindowID) -> [Finding] {
        var findings = windows.undecided(in: window).map {
            Finding(.act004, value: window.text, detail: "the file of fact \($0) is not decided")
        }
        guard let programme, let definition = programme.window(window) else {
            return [Finding(.win002, value: window.text)]
        }
        for clearing in cleared(definition, programme).partners {
            do { _ = try settlement(clearing, definition, programme) } catch { findings += error.findings }
        }
        var seen: Set<String> = []
        return findings.filter { seen.insert("\($0.code)\($0.value)\($0.detail)").inserted }
    }

    /// The window's totals so far, dealt to the partners.
    public func cleared(_ window: WindowDefinition, _ programme: Programme) -> ClearedWindow {
        let totals = ledger.windows[window.id] ?? WindowTotals()
        return ClearedWindow(window: window, programme: programme, totals: totals, catalogue: ledger.catalogue)
    }

    /// What a window comes to in money for each partner, by totals that may be others than those of the books: what it
    /// would have been without some records.
    ///
    /// - Throws: `Refusal` with WIN-002 for an unknown window, FX-001 for a missing fixing.
    public func settlements(of id: WindowID, by totals: WindowTotals) throws(Refusal) -> [PartnerSettlement] {
        guard let programme, let window = programme.window(id) else { throw Refusal(.win002, value: id.text) }
        let cleared = ClearedWindow(
            window: window, programme: programme, totals: totals, catalogue: ledger.catalogue)
        var out: [PartnerSettlement] = []
        for clearing in cleared.partners { out.append(try settlement(clearing, window, programme)) }
        return out
    }

    /// How a partner's money of a window is rounded.
    public func rounding(of partner: PartnerID, window id: WindowID) -> Rounding {
        guard let programme, let window = programme.window(id), let agreement = programme.agreement(partner) else {
            return .halfUp
        }
        return (agreement.terms(on: lastDay(window, programme)) ?? agreement.terms.last)?.rounding ?? .halfUp
    }

    private func settlement(
        _ clearing: PartnerClearing, _ window: WindowDefinition, _ programme: Programme
    ) throws(Refusal) -> PartnerSettlement {
        guard let agreement = programme.agreement(clearing.partner) else {
            preconditionFailure("a partner of the programme has an agreement")
        }
        return try PartnerSettlement(
            clearing, agreement: agreement, window: window, lastDay: lastDay(window, programme),
            catalogue: ledger.catalogue, windows: windows)
    }

    private func lastDay(_ window: WindowDefinition, _ programme: Programme) -> BusinessDate {
        programme.zone.date(at: window.cutoff.adding(milliseconds: -1))
    }

    /// Computes a window's close as it would be written now.
    ///
    /// The window need not be cut off: before that, the result is a preview.
    ///
    /// - Parameters:
    ///   - time: the time of the fact.
    ///   - position: the place in the log just before the fact.
    /// - Throws: `Refusal` with WIN-002 for an unknown window, FX-001 for a missing fixing.
    public func close(
        _ id: WindowID, at time: Timestamp, position: LogPosition
    ) throws(Refusal) -> WindowClose {
        guard let programme, let window = programme.window(id) else { throw Refusal(.win002, value: id.text) }
        let cleared = cleared(window, programme)
        let frame = StatementFrame(
            programme: programme.id, host: (programme.host, programme.hostName), pointsCurrency: programme.currency,
            window: id, from: programme.zone.format(window.open), to: programme.zone.format(window.cutoff),
            closedAt: programme.zone.format(time), position: position)
        var outcomes: [AccountOutcome] = []
        var statements: [WindowClose.Statements] = []
        for clearing in cleared.partners {
            let money = try settlement(clearing, window, programme)
            guard let agreement = programme.agreement(clearing.partner),
                let terms = agreement.terms(on: lastDay(window, programme)) ?? agreement.terms.last
            else { continue }
            var outcome = accounts.outcome(window: window, agreement: agreement, net: money.net, terms: terms)
            outcome.lineTaxes = money.lines.map(\.tax)
            outcomes.append(outcome)
            let received = completeness.completeness(
                of: clearing.partner, window: id, files: files, statements: outcome.statementNumber - 1)
            statements.append(
                WindowClose.Statements(
                    clearing: ClearingStatement(
                        frame: frame, agreement: agreement, number: outcome.statementNumber, clearing: clearing,
                        openingPosition: clearedPositions[clearing.partner] ?? 0,
                        evidence: StatementEvidence(
                            previous: previous("CLS", clearing.partner), completeness: received)),
                    settlement: SettlementStatement(
                        frame: frame, agreement: agreement, settlement: money, account: outcome,
                        events: accounts.events(of: id, partner: clearing.partner),
                        evidence: StatementEvidence(
                            previous: previous("STL", clearing.partner), completeness: received))))
        }
        let summary = HostSummary(
            frame: frame, points: cleared.partners.map(HostSummary.PartnerPoints.init),
            openingOutstanding: clearedOutstanding, hostFunded: ledger.windows[id]?.hostFunded ?? 0,
            accounts: outcomes, evidence: StatementEvidence(previous: previous("HST", nil), completeness: nil))
        var after = ledger.points
        if let totals = ledger.windows[id] { after.clear(totals) }
        let fact = WindowClosed(
            window: id, accounts: outcomes, pointsBalances: after.all, checkpoint: position.checkpoint?.note,
            attachments: [])
        let documents = statements.flatMap { $0.clearing.documents + $0.settlement.documents } + summary.documents
        return WindowClose(fact: fact, documents: documents, statements: statements)
    }

    /// The last statement of a kind that a partner was issued, or the host's own; nil for none.
    private func previous(_ kind: String, _ partner: PartnerID?) -> StatementEvidence.Previous? {
        for window in windows.closed.reversed() {
            let id = partner.map { "\(kind)-\(window)-\($0)" } ?? "\(kind)-\(window)"
            if let known = documents[id + ".xml"] { return StatementEvidence.Previous(id: id, digest: known.digest) }
        }
        return nil
    }
}
