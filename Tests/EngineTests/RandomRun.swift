import Clearing
import Foundation
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Statements
import TestKit
import Validation

/// Plays a random world on the engine and on the naive model side by side, and notes where they differ.
final class RandomRun {
    private(set) var world: RandomWorld
    let driver: EngineDriver
    let naive: NaiveHouse
    let accounts: NaiveAccounts
    /// Where engine and model differ, one sentence each.
    private(set) var differences: [String] = []
    /// How much was compared.
    private(set) var compared = (records: 0, accepted: 0, statements: 0, steps: 0, refusedSteps: 0)
    private var closed = 0
    private var missing: [(at: Timestamp, fixing: Fixing)] = []
    private var now: Timestamp

    private let purpose: RandomWorld.Purpose
    private var fileSizes: [UInt64: Int] = [:]

    init(seed: UInt64, for purpose: RandomWorld.Purpose = .records, keepsDocuments: Bool = false) throws {
        self.purpose = purpose
        world = try RandomWorld(seed: seed, for: purpose)
        now = world.programme.windows[0].open
        driver = try EngineDriver(world.programme, at: now, hashing: .quick)
        naive = NaiveHouse(world.programme)
        accounts = NaiveAccounts(naive)
        driver.keepsDocuments = keepsDocuments
        driver.afterFact = { [unowned self] house in
            // INV-01 after every fact.
            let sum = house.ledger.points.all.reduce(0) { $0 + $1.balance }
            if sum != 0 { note("INV-01: after fact \(house.lastSequence) the points ledger adds up to \(sum)") }
        }
    }

    /// Plays to the end of the last window and beyond.
    func play(events: Int) throws {
        for window in world.programme.windows {
            for fixing in world.fixings(window.id) {
                // Mostly known before the cut-off, sometimes days later, when other windows wait behind.
                let hours = world.random.pick([-20, -5, -1, 1, 8, 200])
                missing.append((window.cutoff.adding(milliseconds: Int64(hours) * 3_600_000), fixing))
            }
        }
        missing.sort { ($0.at, $0.fixing.window, $0.fixing.quote) < ($1.at, $1.fixing.window, $1.fixing.quote) }
        let end = world.programme.windows[world.programme.windows.count - 1].cutoff
        let length = end.milliseconds - now.milliseconds
        let first = now
        let times = (0..<events).map { _ in Int64.random(in: 0..<length, using: &world.random) }.sorted()
        for time in times {
            try advance(to: first.adding(milliseconds: time / 1000 * 1000))
            try event()
        }
        try advance(to: end.adding(milliseconds: 400 * 3_600_000))
        try compareEverything()
    }

    private func note(_ what: String) { if differences.count < 20 { differences.append("\(what)") } }

    // MARK: Time

    /// Goes on to an instant; fixings come at theirs.
    private func advance(to instant: Timestamp) throws {
        while let next = missing.first, next.at <= instant {
            missing.removeFirst()
            try step(to: max(next.at, now))
            accounts.add(next.fixing)
            try driver.act(.fixing(next.fixing), at: now)
            compareCloses()
        }
        try step(to: max(instant, now))
    }

    private func step(to instant: Timestamp) throws {
        now = instant
        try driver.advance(to: now)
        compareCloses()
    }

    /// The place of the window that is open now.
    private var open: Int { world.programme.windows.firstIndex { now < $0.cutoff } ?? world.programme.windows.count }

    private func compareCloses() {
        while closed < open, accounts.isReady(closed) {
            let rows = accounts.close(closed)
            let window = world.programme.windows[closed].id
            guard let close = driver.closes[window] else {
                note("\(window) is not closed, and nothing is missing")
                return
            }
            for (row, statements) in zip(rows, close.statements) {
                compare(GoldenScenario.StatementRow(statements.settlement), row)
            }
            closed += 1
        }
        let expected = world.programme.windows.prefix(closed).map(\.id)
        if driver.house.windows.closed != Array(expected) {
            note("closed are \(driver.house.windows.closed) instead of \(expected)")
        }
    }

    private func compare(_ found: GoldenScenario.StatementRow, _ expected: GoldenScenario.StatementRow) {
        compared.statements += 1
        var (left, right) = (found, expected)
        if left.lines.map(\.kind) != right.lines.map(\.kind) {
            note(
                "\(expected.window) \(expected.partner): lines \(left.lines.map(\.kind)), "
                    + "not \(right.lines.map(\.kind))"
            )
        }
        for row in [\GoldenScenario.StatementRow.lines] {
            left[keyPath: row].sort { "\($0)" < "\($1)" }
            right[keyPath: row].sort { "\($0)" < "\($1)" }
        }
        left.taxes.sort { ($0.category, $0.rate) < ($1.category, $1.rate) }
        right.taxes.sort { ($0.category, $0.rate) < ($1.category, $1.rate) }
        if left != right { note("\(expected.window) \(expected.partner):\n  \(left)\n  instead of\n  \(right)") }
    }

    // MARK: Events

    private func event() throws {
        let files = purpose == .records ? 14 : 4
        switch Int.random(in: 0..<20, using: &world.random) {
        case 0..<files: try file()
        case files: try adjust()
        default: try settle()
        }
    }

    private func file() throws {
        guard open < world.programme.windows.count else { return }
        let partner = world.random.pick(world.programme.agreements).partner
        let contents = try world.file(of: partner, at: now, known: naive.records)
        let expected = naive.receive(contents, partner, now)
        let found = try driver.receive(contents, partner: partner, at: now)
        if let decided = driver.house.files.files(of: partner, series: .live).last?.1.attempts.last?.decided {
            fileSizes[decided] = contents.count
        }
        for (index, (engine, verdict)) in zip(found, expected).enumerated() {
            compared.records += 1
            if verdict.status == "ACCP" { compared.accepted += 1 }
            let name = "\(partner) \(now) \(contents[index].transactionID) \(contents[index].type)"
            let entry = engine.entry
            if entry.status.rawValue != verdict.status {
                note("\(name): \(entry.status) \(engine.findings.map(\.code)) instead of \(verdict)")
            }
            if entry.points != verdict.points { note("\(name): \(entry.points) points instead of \(verdict.points)") }
            guard verdict.status != "DUPL" else { continue }
            if verdict.status == "ACCP", (entry.isLate, entry.isCarriedOver) != (verdict.isLate, verdict.isCarriedOver)
            {
                note("\(name): late \(entry.isLate), carried over \(entry.isCarriedOver) instead of \(verdict)")
            }
            // The engine may leave out what follows from another refusal; it adds none that the rules do not give.
            let codes = Set(engine.findings.filter(\.refuses).map(\.code.code))
            if !codes.isSubset(of: verdict.codes) || codes.isEmpty != verdict.codes.isEmpty {
                note("\(name): \(codes.sorted()) instead of \(verdict.codes.sorted())")
            }
        }
        if found.count != expected.count { note("\(found.count) results instead of \(expected.count)") }
        compareCloses()
    }

    private func adjust() throws {
        guard open < world.programme.windows.count else { return }
        let adjustment = world.adjustment()
        guard case .money(let amount, let tax, let line) = adjustment.amount else { return }
        naive.adjust(
            adjustment.partner, isDebit: adjustment.direction == .debit, amount, tax, correcting: line, at: now)
        try driver.act(.adjustment(adjustment, posting: nil), at: now)
    }

    private func settle() throws {
        let windows = world.programme.windows.map(\.id)
        var steps: [SettlementStep] = [
            .approved(window: world.random.pick(windows)), .sent(window: world.random.pick(windows)),
        ]
        for found in accounts.instructions.suffix(8) { steps += self.steps(found) }
        // Mostly a step that can be taken, if there is one.
        let allowed = steps.filter { accounts.allows($0, isClosing: closed < open, closed: closed - 1) }
        if !allowed.isEmpty, Int.random(in: 0..<4, using: &world.random) > 0 { steps = allowed }
        // Mostly approved and sent soon, so that there is something to pay.
        if let next = windows.first(where: { id in
            accounts.instructions.contains { $0.window == id && $0.state == "PENDING" }
        }), Bool.random(using: &world.random) {
            steps = accounts.approved.contains(next) ? [.sent(window: next)] : [.approved(window: next)]
        }
        try take(world.random.pick(steps))
    }

    private func steps(_ found: NaiveAccounts.Instruction) -> [SettlementStep] {
        let agreement = world.programme.agreement(found.partner)
        let currency = agreement?.settlementCurrency ?? RandomWorld.euro
        let day = world.start
        let whole = Money(minorUnits: abs(found.amount - found.paid), currency: currency)
        let some = Money(
            minorUnits: Int64.random(in: 0...max(2 * whole.minorUnits, 1), using: &world.random), currency: currency)
        return [
            .confirmed(instruction: found.id, amount: whole, bankReference: "B", bookingDate: day),
            .confirmed(instruction: found.id, amount: some, bankReference: "B", bookingDate: day),
            .returned(instruction: found.id, bankReference: "B", bookingDate: day, reason: "AC04"),
            .returned(instruction: found.id, bankReference: "B", bookingDate: day, reason: "AC04"),
            .resent(instruction: found.id), .resent(instruction: found.id),
            .cancelled(instruction: found.id, bankReference: Bool.random(using: &world.random) ? "B" : nil),
            .writtenOff(instruction: found.id, reason: "small"),
        ]
    }

    private func take(_ step: SettlementStep) throws {
        let isClosing = closed < open
        let isAllowed = accounts.allows(step, isClosing: isClosing, closed: closed - 1)
        let obstacle = driver.house.instructions.obstacle(
            to: step, isClosing: !driver.house.windows.waiting.isEmpty)
        guard isAllowed == (obstacle == nil) else {
            note(
                "\(step) is \(isAllowed ? "allowed" : "not allowed"), "
                    + "and the engine says \(String(describing: obstacle))"
            )
            return
        }
        guard isAllowed else {
            compared.refusedSteps += 1
            return
        }
        compared.steps += 1
        accounts.take(step, in: open)
        try driver.act(.settlement(step), at: now)
    }

    // MARK: The end

    /// INV-03, 06, 14 and 15 of every file, by the facts and entries alone.
    private func audit() throws {
        var windows: [UInt64: WindowID] = [:]
        try driver.journal.replay(from: 1) { (envelope) throws(Fault) in
            if case .fileReceived(let fact) = envelope.fact { windows[envelope.sequence] = fact.window }
            guard case .fileDecided(let fact) = envelope.fact else { return }
            let name = "\(fact.batch)"
            let counted = fact.sums.reduce(0) { $0 + $1.records }
            if counted != Int64(fileSizes[envelope.sequence] ?? -1) {
                note("INV-14: \(name) counts \(counted) records")
            }
            guard let posting = fact.posting, let reference = fact.entries else { return }
            if posting.window != windows[fact.received] { note("INV-03: \(name) posts in another window") }
            var lines = [Int64](repeating: 0, count: posting.lines.count)
            var (signed, isWhole) = (Int64(0), true)
            try driver.records.forEach(batch: fact.received, reference: reference) { (entry) throws(Fault) in
                guard entry.status == .accepted else { return }
                guard posting.lineSets.indices.contains(Int(entry.lineSet)) else {
                    note("INV-03: record \(entry.record) of \(name) counts nowhere")
                    return
                }
                let set = posting.lineSets[Int(entry.lineSet)]
                if set.promotion == nil { lines[set.lines[0]] += entry.points } else { isWhole = false }
                signed += (posting.lines[set.lines[0]].key.direction == .debit ? 1 : -1) * entry.points
            }
            var posted = posting.hostFunded
            for (line, points) in zip(posting.lines, lines) {
                posted += (line.key.direction == .debit ? 1 : -1) * line.points
                let isBonus = line.key.kind == .bonusFunding || line.key.kind == .bonusFundingReversal
                if !isBonus, line.points != points { note("INV-06: \(name) has \(line.points) on a line of \(points)") }
            }
            if posted != signed { note("INV-15: \(name) posts \(posted) of \(signed) points (whole: \(isWhole))") }
        }
    }

    private func compareEverything() throws {
        try audit()
        if closed != world.programme.windows.count { note("\(closed) windows are closed in the model") }
        let found = driver.house.instructions.all.map {
            "\($0.instruction.endToEndID) \($0.instruction.amount.minorUnits) "
                + "\($0.booked.minorUnits) \($0.status.rawValue)"
        }
        let expected = accounts.instructions.map { "\($0.id) \($0.amount) \($0.paid) \($0.state)" }
        if Set(found) != Set(expected) || found.count != expected.count {
            note("instructions \(found) instead of \(expected)")
        }
        let points = driver.house.ledger.points
        var members = world.programme.openingPoints + naive.hostFunded
        for count in naive.counts { members += count.isDebit ? count.points : -count.points }
        if points[.members] != members { note("\(points[.members]) points outstanding instead of \(members)") }
        if driver.house.clearedOutstanding != members { note("\(driver.house.clearedOutstanding) cleared outstanding") }
        if points[.hostMarketing] != -naive.hostFunded { note("the host funded \(-points[.hostMarketing])") }
        for agreement in world.programme.agreements {
            let records = naive.records.filter { $0.partner == agreement.partner }.count
            let kept = driver.house.ledger.partners[agreement.partner]?.count ?? 0
            if kept != records { note("\(agreement.partner) has \(kept) records instead of \(records)") }
            if points[.partner(agreement.partner)] != 0 { note("\(agreement.partner) is not cleared") }
        }
    }
}
