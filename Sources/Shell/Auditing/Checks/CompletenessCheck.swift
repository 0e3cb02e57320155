import Evidence
import Journal
import Primitives
import ProgrammeModel
import Statements
import XMLKit

/// Whether everything is there, in both directions: what was received stands on the statement's list and in the bundle,
/// and what is listed was received. Specs/evidence.md, Promise, then proof.
struct CompletenessCheck {
    let bundle: Bundle
    let partners: [PartnerID]
    /// The fact that cut the window before off; 0 for the first window.
    let begin: UInt64
    /// The fact that cut the window off.
    let end: UInt64
    /// The fact that closed the window.
    let closed: UInt64

    func check(_ report: inout EvidenceReport) throws {
        try checkBatches(&report)
        for partner in partners {
            for kind in ["CLS", "STL"] {
                let id = "\(kind)-\(bundle.window)-\(partner)"
                guard let statement = try StatementReading("statements/\(id).xml", bundle) else {
                    report.fail(.completeness, "statements/\(id).xml", "the statement is missing or cannot be read")
                    continue
                }
                try check(statement, kind, partner, &report)
            }
        }
        try checkDocuments(&report)
    }

    // MARK: Batches

    /// Every fact of a file or message has its bytes and receipts, every folder has its fact.
    private func checkBatches(_ report: inout EvidenceReport) throws {
        var known: Set<String> = []
        var sealed: Set<UInt64> = []
        try bundle.forEachFact { envelope in
            if case .sealed(.records(let seal)) = envelope.fact { sealed.insert(seal.received) }
        }
        try bundle.forEachFact { envelope in
            let number = Bundle.number(envelope.sequence)
            switch envelope.fact {
            case .fileReceived(let fact):
                guard fact.batch.series == .live, fact.window == bundle.window, bundle.shows(fact.batch.partner) else {
                    return
                }
                known.insert(number)
                let isErased = bundle.erased.contains(envelope.sequence)
                let needed = ["signature.p7s", "received.xml", "received.xml.p7s"] + (isErased ? [] : ["original"])
                need(needed.map { "batches/\(number)/\($0)" }, &report)
                if sealed.contains(envelope.sequence) {
                    let results = isErased ? ["leaves.bin"] : ["records.bin", "lines.json"]
                    need((["validated.xml"] + results).map { "batches/\(number)/\($0)" }, &report)
                }
                try checkPromise(fact, envelope, number, &report)
            case .fileRefused(let fact):
                guard fact.batch.series == .live, bundle.shows(fact.batch.partner) else { return }
                known.insert(number)
                need(["batches/\(number)/validated.xml"], &report)
            case .messageAnswered(let fact):
                guard bundle.shows(fact.partner), envelope.sequence > begin, envelope.sequence < end else { return }
                if sealed.contains(envelope.sequence) { known.insert(number) }
                let isSealed = sealed.contains(envelope.sequence)
                let bytes =
                    bundle.erased.contains(envelope.sequence) ? (isSealed ? ["leaves.bin"] : []) : ["message.cms"]
                let folder = isSealed ? "batches" : "messages"
                need((bytes + ["answer.cms"]).map { "\(folder)/\(number)/\($0)" }, &report)
            case .sealed(.records(let seal)):
                if seal.messageID != nil, bundle.shows(seal.partner) { known.insert(Bundle.number(seal.received)) }
            default: return
            }
        }
        for name in bundle.file.names(under: "batches/") {
            let number = String(name.dropFirst("batches/".utf8.count).prefix(10))
            if !known.contains(number) { report.fail(.completeness, name, "no fact of the window belongs to it") }
        }
    }

    private func need(_ names: [String], _ report: inout EvidenceReport) {
        for name in names where bundle.file[name] == nil { report.fail(.completeness, name, "it is missing") }
    }

    /// The receipt RECEIVED promises what its fact says.
    private func checkPromise(
        _ fact: FileReceived, _ envelope: FactEnvelope, _ number: String, _ report: inout EvidenceReport
    ) throws {
        let name = "batches/\(number)/received.xml"
        guard let bytes = try bundle.file.small(name), let receipt = try? XMLDocument.parse(bytes) else { return }
        let stated = [
            ("ReceiptId", fact.receiptID), ("IssuedDateTime", envelope.time.description),
            ("PartnerId", fact.batch.partner.text), ("SequenceNumber", "\(fact.batch.sequence)"),
            ("FileDigest", fact.digest.description), ("FileSize", "\(fact.size)"), ("WindowId", fact.window.text),
            ("ProgrammeVersion", "\(fact.programmeVersion)"),
        ]
        for (element, value) in stated where receipt.text(element) != value {
            report.fail(
                .completeness, name, "its \(element) is \(receipt.text(element) ?? "not there")", expected: value)
        }
        report.count("promises")
    }

    // MARK: Statements

    private func check(
        _ statement: StatementReading, _ kind: String, _ partner: PartnerID, _ report: inout EvidenceReport
    ) throws {
        let name = statement.name
        guard let listed = statement.completeness, let checkpoint = statement.checkpoint,
            statement.isCheckpointConsistent, checkpoint.size == closed - 1
        else { return report.fail(.completeness, name, "its evidence is missing or not that of the close") }
        let before = try previous(statement, kind, partner, &report)
        let found = try CompletenessFold(
            bundle, partner: partner, begin: begin, end: end, closed: closed, before: before
        ).result
        compare(found, listed, name, &report)
        report.count("completeness lists")
    }

    /// The statement before, which this one names by its digest.
    private func previous(
        _ statement: StatementReading, _ kind: String, _ partner: PartnerID, _ report: inout EvidenceReport
    ) throws -> Completeness? {
        guard let previous = statement.previous else {
            if statement.number != 1 { report.fail(.completeness, statement.name, "it names no statement before it") }
            return nil
        }
        let name = "history/\(previous.id).xml"
        guard let reading = try StatementReading(name, bundle) else {
            report.fail(.completeness, name, "the statement before is missing or cannot be read")
            return nil
        }
        if reading.digest != previous.digest {
            report.fail(
                .completeness, name, "its digest is \(reading.digest)", expected: previous.digest.description)
        }
        if reading.number != statement.number - 1 {
            report.fail(.completeness, statement.name, "its number is \(statement.number), behind \(reading.number)")
        }
        guard kind == "STL" else { return reading.completeness }
        // The chain of settlement statements back to the first.
        var later = reading
        while let earlier = later.previous {
            let name = "history/\(earlier.id).xml"
            guard let reading = try StatementReading(name, bundle), reading.digest == earlier.digest,
                reading.number == later.number - 1
            else {
                report.fail(.completeness, name, "it is missing or not the statement that \(later.id) goes on from")
                break
            }
            later = reading
        }
        if later.previous == nil, later.number != 1 {
            report.fail(.completeness, later.name, "the statements before it are missing")
        }
        return reading.completeness
    }

    private func compare(
        _ found: Completeness, _ listed: Completeness, _ name: String, _ report: inout EvidenceReport
    ) {
        for arrival in found.arrivals
        where !listed.arrivals.contains(where: { $0.fact == arrival.fact && $0.digest == arrival.digest }) {
            report.fail(
                .completeness, "\(name) File \(arrival.sequence)",
                "the file of fact \(arrival.fact) was received and is not listed", expected: arrival.digest.description)
        }
        for arrival in listed.arrivals {
            guard let other = found.arrivals.first(where: { $0.fact == arrival.fact }) else {
                report.fail(
                    .completeness, "\(name) File \(arrival.sequence)",
                    "it lists the file of fact \(arrival.fact), which the bundle does not show")
                continue
            }
            if other.digest != arrival.digest || other.sequence != arrival.sequence || other.status != arrival.status
                || !arrival.receipts.starts(with: other.receipts)
            {
                report.fail(
                    .completeness, "\(name) File \(arrival.sequence)", "it does not say what became of the file")
            }
        }
        let counts: [(String, Int64, Int64)] = [
            ("through", found.through, listed.through), ("received", found.received, listed.received),
            ("accepted", found.accepted, listed.accepted),
            ("partlyAccepted", found.partlyAccepted, listed.partlyAccepted),
            ("refused", found.refused, listed.refused), ("refusedAtDoor", found.refusedAtDoor, listed.refusedAtDoor),
            ("replaced", found.replaced, listed.replaced), ("withdrawn", found.withdrawn, listed.withdrawn),
            ("undecided", found.undecided, listed.undecided), ("receipts", found.receipts, listed.receipts),
            ("statements", Int64(found.statements), Int64(listed.statements)),
            ("messages accepted", found.messages.accepted, listed.messages.accepted),
            ("messages refused", found.messages.refused, listed.messages.refused),
            ("messages duplicate", found.messages.duplicate, listed.messages.duplicate),
        ]
        for (label, right, stated) in counts where right != stated {
            report.fail(.completeness, name, "it states \(stated) for \(label)", expected: "\(right)")
        }
        if found.missing != listed.missing {
            report.fail(.completeness, name, "its list of missing numbers is not what the log gives")
        }
    }

    // MARK: Documents

    /// The documents that the window's seal names are there with these bytes.
    private func checkDocuments(_ report: inout EvidenceReport) throws {
        guard case .sealed(.window(let seal))? = try bundle.fact(closed + 1)?.fact else {
            return report.fail(.completeness, Bundle.name(ofFact: closed + 1), "the seal of the close is missing")
        }
        for document in seal.documents {
            let isOwn = partners.contains { document.name.contains("-\(bundle.window)-\($0).") }
            guard isOwn || bundle.partner == nil else { continue }
            if bundle.file["statements/" + document.name] == nil {
                report.fail(.completeness, "statements/" + document.name, "it was issued and is missing")
            }
            report.count("documents of the close")
        }
        let issued = Set(seal.documents.map(\.name))
        for name in bundle.file.names(under: "statements/") where !name.hasSuffix(".p7s") {
            if !issued.contains(String(name.dropFirst("statements/".utf8.count))) {
                report.fail(.completeness, name, "the log has not issued it")
            }
        }
    }
}
