import ArgumentParser
import Clearing
import FileStore
import Gateway
import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel
import Settlement

/// Says what a compromised key has done, and what it costs.
struct KeyAuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "List everything that a key has touched since an instant, and what windows would be without it.",
        discussion: """
            Files, messages, withdrawals, key changes, acts and programme files that the key signed, or that came \
            over a connection with it; the lines on which those records count, in money; every closed window computed \
            anew without them, net with and net without for each partner; and what rests on them elsewhere.

            EXAMPLES
              coalition audit key 5c83... --since 2026-03-10T00:00:00Z --data house
            """)

    @Argument(help: "The fingerprint of the key's certificate.")
    var fingerprint: Digest32

    @Option(help: ArgumentHelp("The first instant of the suspicion.", valueName: "instant"))
    var since: Timestamp

    @OptionGroup var place: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let reader = try place.reader()
        let entries = reader.house.keys.entries(of: fingerprint)
        guard !entries.isEmpty else {
            throw Refusal(.key006, value: fingerprint.description, detail: "no such key was ever registered")
        }
        let connecting = entries.filter { $0.use != .sign }
        let trace = try KeyTrace(
            fingerprint, since: since, holders: Set(connecting.map(\.holder)),
            owner: entries.first { $0.use == .tls }?.owner, reader)
        output.show(try KeyAudit(reader: reader, trace: trace, entries: entries).report())
    }
}

/// Tells what a trace found.
private struct KeyAudit {
    let reader: HouseReader
    let trace: KeyTrace
    let entries: [KeyEntry]

    func report() throws -> Report {
        var report = Report()
        report.add("key", trace.fingerprint)
        report.add("since", trace.since)
        report.add("registered", items: entries.map(item))
        report.add("files", items: trace.touches.compactMap(file))
        report.add("messages", items: trace.touches.compactMap(message))
        report.add("withdrawals", items: trace.touches.compactMap(withdrawal))
        report.add("key changes", items: trace.touches.compactMap(keyChange))
        report.add("acts", items: trace.touches.compactMap(act))
        report.add("programme files", items: trace.touches.flatMap(programmeFiles))
        report.add("documents read", items: trace.documents.map(document))
        if !trace.withoutConnection.isEmpty {
            report.add(
                "without a recorded connection", trace.withoutConnection.map { "fact \($0)" }.joined(separator: ", "))
        }
        let closed = reader.house.windows.closed.filter(trace.windows.contains)
        let open = trace.windows.subtracting(closed).sorted { $0.text < $1.text }
        let damages = try closed.map { try KeyDamage($0, trace, reader) }
        report.add("lines", items: damages.flatMap { damage in damage.lines.map { item($0) } })
        report.add("windows", items: damages.flatMap { damage in damage.nets.map { item($0, damage.window) } })
        if !open.isEmpty { report.add("not closed yet", open.map(\.text).joined(separator: ", ")) }
        report.add("dependents", items: try trace.dependents(reader).map(item))
        return report
    }

    private func item(_ entry: KeyEntry) -> Report {
        var item = Report()
        item.add("use", entry.use.rawValue)
        item.add("owner", entry.owner)
        item.add("holder", entry.holder)
        item.add("state", reader.house.keys.state(of: entry, at: reader.now).rawValue)
        item.add("from", entry.activeFrom)
        item.add("until", entry.activeUntil)
        item.add("suspended since", reader.house.keys.suspensions[entry.fingerprint]?.at)
        return item
    }

    /// What every touched fact has: its place, and whether the key signed it.
    private func begin(_ touch: KeyTrace.Touch) -> Report {
        var item = Report()
        item.add("fact", touch.sequence)
        item.add("at", touch.at)
        item.add("by", touch.isSigned ? "signature" : "connection")
        return item
    }

    private func file(_ touch: KeyTrace.Touch) -> Report? {
        guard case .fileReceived(let fact) = touch.fact else { return nil }
        var item = begin(touch)
        item.add("file", fact.batch)
        item.add("window", fact.window)
        item.add("digest", fact.digest)
        item.add("status", touch.decided?.status.rawValue ?? "RCVD")
        let sums = (touch.decided?.sums ?? []).filter { $0.status == .accepted }
        item.add("records", sums.reduce(0) { $0 + $1.records })
        item.add("points", sums.reduce(0) { $0 + $1.points })
        return item
    }

    private func message(_ touch: KeyTrace.Touch) -> Report? {
        guard case .messageAnswered(let fact) = touch.fact else { return nil }
        var item = begin(touch)
        item.add("message", "\(fact.partner)/\(fact.messageID)")
        item.add("status", fact.status.rawValue)
        item.add("window", fact.posting?.window)
        item.add("points", fact.entry?.points ?? 0)
        return item
    }

    private func withdrawal(_ touch: KeyTrace.Touch) -> Report? {
        guard case .fileCancelled(let fact) = touch.fact else { return nil }
        var item = begin(touch)
        item.add("file", fact.batch)
        return item
    }

    private func keyChange(_ touch: KeyTrace.Touch) -> Report? {
        guard case .keyChanged(let fact) = touch.fact else { return nil }
        var item = begin(touch)
        item.add("partner", fact.partner)
        switch fact.change {
        case .suspended(let fingerprint): item.add("suspended", fingerprint)
        case .rotated(let rotation):
            item.add("registered", rotation.grant.fingerprint)
            item.add("use", rotation.grant.usage.rawValue)
        }
        return item
    }

    private func act(_ touch: KeyTrace.Touch) -> Report? {
        guard case .actCarriedOut(let fact) = touch.fact else { return nil }
        var item = begin(touch)
        item.add("part", fact.evidence.maker.fingerprint == trace.fingerprint ? "maker" : "checker")
        switch fact.act {
        case .fixing(let fixing):
            item.add("act", "fixing \(fixing.window) \(fixing.base)/\(fixing.quote) \(fixing.rate)")
        case .adjustment(let adjustment, _): item.add("act", "adjustment \(adjustment.partner)")
        case .settlement(let step): item.add("act", "settlement \(Self.name(step))")
        case .erasure(let erasure): item.add("act", "erase \(erasure.batch)")
        case .forgetting(let forgetting):
            let counts = "\(forgetting.files.count) files, \(forgetting.messages.count) messages"
            item.add("act", "forget \(forgetting.partner): \(counts)")
        case .suspendKey(let suspension): item.add("act", "suspend-key \(suspension.fingerprint)")
        }
        item.add("document", fact.evidence.document.digest)
        return item
    }

    private static func name(_ step: SettlementStep) -> String {
        switch step {
        case .approved(let window): "approve \(window)"
        case .sent(let window): "send \(window)"
        case .confirmed(let id, let amount, _, _): "confirm \(id) \(amount)"
        case .returned(let id, _, _, _): "return \(id)"
        case .resent(let id): "resend \(id)"
        case .cancelled(let id, _): "cancel \(id)"
        case .writtenOff(let id, _): "write-off \(id)"
        }
    }

    private func programmeFiles(_ touch: KeyTrace.Touch) -> [Report] {
        guard case .programmeLoaded(let fact) = touch.fact else { return [] }
        let signed = fact.files.filter { $0.approvals.contains { $0.fingerprint == trace.fingerprint } }
        return signed.map { file in
            var item = begin(touch)
            item.add("version", fact.version)
            item.add("file", file.file.name)
            item.add("digest", file.file.digest)
            return item
        }
    }

    private func document(_ fact: DocumentConfirmed) -> Report {
        var item = Report()
        item.add("document", fact.document)
        item.add("reader", fact.reader)
        return item
    }

    private func item(_ line: KeyDamage.Line) -> Report {
        var item = Report()
        item.add("line", "\(line.statement)#\(line.number)")
        item.add("kind", "\(line.line.kind.rawValue) \(line.line.direction.rawValue)")
        item.add("records", line.records)
        item.add("quantity", line.quantity)
        item.add("unit price", "\(line.line.unitPrice) \(line.line.priceCurrency)")
        item.add("fixing", line.line.fixing?.rate)
        item.add("exact", line.exact)
        item.add("amount", line.amount)
        return item
    }

    private func item(_ net: KeyDamage.Net, _ window: WindowID) -> Report {
        var item = Report()
        item.add("window", window)
        item.add("partner", net.partner)
        item.add("net with", net.with)
        item.add("net without", net.without)
        item.add("difference", net.with - net.without)
        return item
    }

    private func item(_ dependent: KeyTrace.Dependent) -> Report {
        var item = Report()
        item.add("record", dependent.location)
        item.add("type", dependent.entry.type?.rawValue)
        item.add("status", dependent.entry.status.rawValue)
        item.add("points", dependent.entry.points)
        item.add("original", dependent.original)
        return item
    }
}
