import Clearing
import Gateway
import House
import Inquiry
import Journal
import Primitives
import Settlement

/// What is out of the ordinary in how windows were closed and paid, and what is still missing.
struct HouseExceptions {
    let reader: HouseReader
    let period: AuditPeriod
    let limit: Int

    /// What was found, kind by kind.
    ///
    /// - Throws: `Fault` when the log is damaged.
    func reports() throws -> [Report] {
        let (troubled, unheard) = try instructions()
        return [gaps.report, try closes().report] + troubled.map(\.report) + [unheard.report]
    }

    /// Numbers that have neither arrived nor been withdrawn, as of now.
    private var gaps: ExceptionSection {
        var section = ExceptionSection("gaps still open", limit: limit)
        for partner in reader.partners {
            guard let last = reader.house.files.files(of: partner, series: .live).last?.0 else { continue }
            let next = BatchID(partner: partner, series: .live, sequence: last.sequence + 1)
            for gap in reader.house.files.gaps(below: next) {
                section.count(gap.to - gap.from + 1)
                section.list { item in
                    item.add("partner", partner)
                    item.add("numbers", gap.from == gap.to ? "\(gap.from)" : "\(gap.from) to \(gap.to)")
                }
            }
        }
        return section
    }

    /// Windows that were not closed at the instant that the calendar names.
    private func closes() throws -> ExceptionSection {
        var section = ExceptionSection("early or delayed closes", limit: limit)
        for window in reader.house.windows.closed + reader.house.windows.waiting where try period.contains(window) {
            guard let cutOff = reader.house.evidence.cutOffs[window] else { continue }
            let written = try reader.fact(cutOff)
            guard case .windowCutOff(let fact) = written.fact else { continue }
            let closed = try reader.house.closings[window].map { try reader.fact($0) }
            let milliseconds = (closed?.time ?? reader.house.lastTime).milliseconds - fact.due.milliseconds
            guard milliseconds != 0 || closed == nil else { continue }
            section.count()
            section.list { item in
                item.add("window", window)
                item.add("cut-off", fact.due)
                item.add("closed", closed.map { "\($0.time), fact \($0.sequence)" } ?? "not yet")
                let span = Self.span(abs(milliseconds))
                item.add("difference", milliseconds < 0 ? "\(span) early" : "\(span) after the cut-off")
            }
        }
        return section
    }

    /// Days, hours, minutes and seconds.
    static func span(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ].filter { $0.0 > 0 }
        return parts.isEmpty ? "\(milliseconds) ms" : parts.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// Instructions that did not simply run, by where they stand; and those that the bank has not answered.
    private func instructions() throws -> (troubled: [ExceptionSection], unheard: ExceptionSection) {
        let touched = try touchedInstructions()
        let kinds: [(kind: String, is: (InstructionState) -> Bool)] = [
            ("returned instructions", { $0.status == .returned }), ("resent instructions", { $0.resentAs != nil }),
            ("overpaid instructions", { $0.status == .overpaid }),
            ("partly paid instructions", { $0.status == .partlyPaid }),
            ("written-off instructions", { $0.status == .writtenOff }),
            ("cancelled instructions", { $0.status == .cancelled }),
        ]
        var troubled = kinds.map { ExceptionSection($0.kind, limit: limit) }
        var unheard = ExceptionSection("instructions never heard back of", limit: limit)
        for state in reader.house.instructions.all {
            let id = state.instruction.endToEndID
            guard try period.contains(state.instruction.window) || touched[id] != nil else { continue }
            for (index, kind) in kinds.enumerated() where kind.is(state) {
                add(state, steps: touched[id], to: &troubled[index])
            }
            if state.status == .sent { add(state, steps: nil, to: &unheard) }
        }
        return (troubled, unheard)
    }

    private func add(_ state: InstructionState, steps: [String]?, to section: inout ExceptionSection) {
        section.count()
        section.sum(state.instruction.amount)
        section.list { item in
            item.add("instruction", state.instruction.endToEndID)
            item.add("amount", state.instruction.amount)
            item.add("value date", state.instruction.valueDate)
            item.add("state", state.status.rawValue)
            item.add("booked", state.booked)
            item.add("bank reference", state.bankReference)
            item.add("again as", state.resentAs)
            if let steps { item.add("steps", steps.joined(separator: "; ")) }
        }
    }

    /// The instructions that acts of the period moved on, with who did it.
    private func touchedInstructions() throws -> [String: [String]] {
        var out: [String: [String]] = [:]
        for sequence in reader.house.evidence.acts where period.facts.contains(sequence) {
            let envelope = try reader.fact(sequence)
            guard period.contains(envelope), case .actCarriedOut(let fact) = envelope.fact,
                case .settlement(let step) = fact.act
            else { continue }
            let (subject, what) = PaymentTrail.words(step)
            let people = "\(fact.evidence.maker.signer) and \(fact.evidence.checker.signer)"
            out[subject, default: []].append("\(what) by \(people), fact \(sequence)")
        }
        return out
    }
}
