public import Journal
public import Primitives
public import ProgrammeModel
public import Settlement

/// What a bank's file comes to: the steps of the instructions that it is about. Rule R8 (Specs/rules.md).
public struct BankMatching: Sendable {
    /// A step, and the entry that it follows from.
    public struct Match: Sendable {
        /// `confirmed` or `returned`.
        public var step: SettlementStep
        /// What the bank reported.
        public var entry: BankEntry
    }

    /// Steps to take, in the order of the file.
    public private(set) var matches: [Match] = []
    /// Entries that were taken before, from this file or another: the bank's reference is known with the instruction.
    public private(set) var known: [BankEntry] = []

    /// Matches every entry, or none: an entry is for the one instruction with its end-to-end id, in the instruction's
    /// currency and direction, and is never split. Several may add up for one instruction. There is no tolerance: less
    /// than the instruction's amount pays it in part, more overpays it.
    ///
    /// - Throws: `Refusal` with a finding for every entry that does not match: BNK-003, or the obstacle to its step.
    public init(_ entries: [BankEntry], book: InstructionBook, banking: HostBanking?) throws(Refusal) {
        var book = book
        var findings: [Finding] = []
        for entry in entries {
            do throws(Refusal) {
                let state = try Self.state(of: entry, book, banking)
                if book.hasTaken(entry.reference, for: entry.endToEndID, isReturn: entry.isReturn) {
                    known.append(entry)
                    continue
                }
                let step = try Self.step(for: entry, state)
                if let obstacle = book.obstacle(to: step, isClosing: false) { throw obstacle }
                _ = book.take(step)
                matches.append(Match(step: step, entry: entry))
            } catch {
                findings += error.findings.map { finding in
                    Finding(
                        finding.code, at: Finding.Place(line: entry.line), value: finding.value, detail: finding.detail)
                }
            }
        }
        guard findings.isEmpty else { throw Refusal(findings) }
    }

    private static func state(
        of entry: BankEntry, _ book: InstructionBook, _ banking: HostBanking?
    ) throws(Refusal) -> InstructionState {
        func refuse(_ value: String, _ detail: String) -> Refusal { Refusal(.bnk003, value: value, detail: detail) }
        guard let account = banking?.account(entry.amount.currency), account.account == entry.account else {
            throw refuse(entry.account, "it is no account of the host in \(entry.amount.currency)")
        }
        guard let state = book[entry.endToEndID] else {
            throw refuse(entry.endToEndID, "there is no such instruction")
        }
        let amount = state.instruction.amount
        guard amount.currency == entry.amount.currency else {
            throw refuse(entry.amount.description, "the instruction is in \(amount.currency)")
        }
        // What the host pays is a debit of its account; what comes back of it is a credit.
        guard entry.isCredit == ((amount.minorUnits < 0) != entry.isReturn) else {
            throw refuse(entry.endToEndID, "the entry goes the other way than the instruction")
        }
        return state
    }

    private static func step(for entry: BankEntry, _ state: InstructionState) throws(Refusal) -> SettlementStep {
        guard entry.isReturn else {
            return .confirmed(
                instruction: entry.endToEndID, amount: entry.amount, bankReference: entry.reference,
                bookingDate: entry.bookingDate)
        }
        // A return gives back all that is booked, or all that was instructed when nothing is.
        let back = state.booked.minorUnits == 0 ? state.instruction.amount : state.booked
        guard entry.amount == back.magnitude else {
            throw Refusal(
                .bnk003, value: entry.amount.description, detail: "what can come back is \(back.magnitude), as a whole")
        }
        return .returned(
            instruction: entry.endToEndID, bankReference: entry.reference, bookingDate: entry.bookingDate,
            reason: entry.reason.isEmpty ? "NOAS" : entry.reason)
    }
}
