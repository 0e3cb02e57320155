import Evidence
import Journal
import Primitives
import ProgrammeModel

/// The order of things in time: facts, windows, versions and fixings.
struct OrderCheck {
    let bundle: Bundle
    let programmes: Programmes
    private var last: (sequence: UInt64, time: Timestamp)?
    private(set) var cutOffs: [WindowID: UInt64] = [:]
    private(set) var closes: [WindowID: UInt64] = [:]
    private var cutOffOrder: [WindowID] = []

    init(_ bundle: Bundle, _ programmes: Programmes) {
        self.bundle = bundle
        self.programmes = programmes
    }

    mutating func check(_ report: inout EvidenceReport) throws {
        var received: [(sequence: UInt64, time: Timestamp, window: WindowID)] = []
        var fixings: [(sequence: UInt64, window: WindowID)] = []
        try bundle.forEachFact { envelope in
            let name = Bundle.name(ofFact: envelope.sequence)
            if let last, envelope.time < last.time {
                report.fail(.order, name, "it is dated \(envelope.time), before fact \(last.sequence) of \(last.time)")
            }
            last = (envelope.sequence, envelope.time)
            switch envelope.fact {
            case .windowCutOff(let fact): cutOff(fact, envelope, name, &report)
            case .sealed(.window(let seal)): closed(seal, envelope, name, &report)
            case .fileReceived(let fact):
                if fact.batch.series == .live { received.append((envelope.sequence, envelope.time, fact.window)) }
                check(version: fact.programmeVersion, envelope, name, &report)
                check(fact, envelope, name, &report)
            case .messageAnswered(let fact): check(version: fact.programmeVersion, envelope, name, &report)
            case .actCarriedOut(let fact):
                if case .fixing(let fixing) = fact.act { fixings.append((envelope.sequence, fixing.window)) }
            default: break
            }
        }
        guard let cut = cutOffs[bundle.window], let close = closes[bundle.window] else {
            return report.fail(.order, bundle.window.text, "its cut-off or its close is not among the facts")
        }
        let before = cutOffOrder.last { cutOffs[$0] ?? 0 < cut }.flatMap { cutOffs[$0] } ?? 0
        for file in received where file.window == bundle.window && bundle.isWhole {
            if file.sequence > cut || file.sequence < before {
                let name = Bundle.name(ofFact: file.sequence)
                report.fail(.order, name, "it counts in \(file.window) and does not stand between its cut-offs")
            }
        }
        for fixing in fixings where fixing.window == bundle.window && fixing.sequence > close {
            report.fail(.order, Bundle.name(ofFact: fixing.sequence), "the fixing came after the close of its window")
        }
        report.count("facts in order", Int64(bundle.sequences.count))
    }

    private mutating func cutOff(
        _ fact: WindowCutOff, _ envelope: FactEnvelope, _ name: String, _ report: inout EvidenceReport
    ) {
        cutOffs[fact.window] = envelope.sequence
        cutOffOrder.append(fact.window)
        guard let window = programmes.inForce(before: envelope.sequence)?.programme.window(fact.window) else { return }
        if window.cutoff != fact.due {
            report.fail(.order, name, "it cuts off at \(fact.due)", expected: "\(window.cutoff)")
        }
        if envelope.time < fact.due { report.fail(.order, name, "it stands before its own instant \(fact.due)") }
    }

    private mutating func closed(
        _ seal: WindowSeal, _ envelope: FactEnvelope, _ name: String, _ report: inout EvidenceReport
    ) {
        closes[seal.window] = seal.closed
        guard let cut = cutOffs[seal.window], cut < seal.closed, seal.closed == envelope.sequence - 1 else {
            return report.fail(.order, name, "\(seal.window) was closed before its cut-off")
        }
        let open = cutOffOrder.filter { closes[$0] == nil && (cutOffs[$0] ?? 0) < cut }
        if !open.isEmpty { report.fail(.order, name, "\(seal.window) was closed before \(open[0])") }
    }

    private func check(
        version: Int, _ envelope: FactEnvelope, _ name: String, _ report: inout EvidenceReport
    ) {
        guard let known = programmes.versions[version] else {
            return report.fail(
                .order, name, "it was judged by programme version \(version), which is not in the bundle")
        }
        if known.sequence > envelope.sequence {
            report.fail(.order, name, "it was judged by programme version \(version), which came later")
        }
    }

    private func check(
        _ fact: FileReceived, _ envelope: FactEnvelope, _ name: String, _ report: inout EvidenceReport
    ) {
        guard let programme = programmes.versions[fact.programmeVersion]?.programme else { return }
        guard let window = programme.window(at: envelope.time), window.id == fact.window else {
            return report.fail(
                .order, name, "it was received at \(envelope.time) for \(fact.window)",
                expected: programme.window(at: envelope.time)?.id.text ?? "another window")
        }
        if fact.signer.judgedAt > envelope.time {
            report.fail(.order, name, "its signature was judged at \(fact.signer.judgedAt), after its receipt")
        }
    }
}
