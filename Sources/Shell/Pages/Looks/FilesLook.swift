import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel
import XMLKit

/// Files: what came, what became of it, and what was wrong with it.
struct FilesLook {
    /// Files on one page: the newest.
    static let pageRows = 200

    let context: PageContext

    func page() -> PageModel {
        var page = PageModel(title: "Files")
        for agreement in context.agreements {
            var table = PageModel.Table(
                "Files of \(agreement.partner), the newest first",
                [
                    .init("file"), .init("arrived"), .init("state"), .init("window"), .number("records"),
                    .init("receipts"),
                ], ifEmpty: "none so far")
            let files = [Series.live, .test].flatMap { context.house.files.files(of: agreement.partner, series: $0) }
            let rows = files.sorted { arrival($0.1) > arrival($1.1) }.prefix(Self.pageRows)
            for (batch, history) in rows {
                let attempt = history.holder ?? history.attempts.last
                table.add([
                    context.file(batch), .init(context.time(attempt?.at)), .state(Self.state(history)),
                    attempt?.window.map { context.window($0) } ?? .init(""),
                    attempt?.entries.map { context.number($0.count) } ?? .init(""),
                    .init(attempt?.receiptIDs.last ?? "", to: attempt?.receiptIDs.last.map(PageLinks.document)),
                ])
            }
            var section = PageModel.Section(agreement.legalName)
            section.tables = [table]
            if files.count > Self.pageRows { section.note = "The last \(Self.pageRows) of \(files.count)." }
            page.sections.append(section)
        }
        return page
    }

    private func arrival(_ history: FileHistory) -> Timestamp {
        (history.attempts.map(\.at)).max() ?? Timestamp(milliseconds: 0)
    }

    static func state(_ history: FileHistory) -> String {
        if history.cancelled != nil { return "CANCELLED" }
        guard let attempt = history.holder ?? history.attempts.last else { return "" }
        guard let status = attempt.status else { return "RECEIVED" }
        if status == .refused { return "REFUSED" }
        return attempt.cleared != nil ? "CLEARED" : status == .partlyAccepted ? "ACCEPTED IN PART" : "ACCEPTED"
    }

    // MARK: One file

    func page(_ batch: BatchID) throws -> PageModel {
        guard context.viewer.sees(batch.partner), let history = context.house.files.history(batch) else {
            throw PageContext.missing(batch.description)
        }
        var page = PageModel(title: "File \(batch)")
        if history.cancelled != nil {
            page.alerts.append(.init(kind: "warn", text: "The number was withdrawn.", href: nil))
        }
        for attempt in history.attempts.reversed() { page.sections.append(try section(attempt, batch)) }
        if let attempt = history.holder ?? history.attempts.last, let id = attempt.receiptIDs.dropFirst().first {
            if let findings = try findings(id, attempt) { page.sections.append(findings) }
        } else if let refusal = history.attempts.last?.receiptIDs.first, history.attempts.last?.received == nil,
            let findings = try findings(refusal, nil)
        {
            page.sections.append(findings)
        }
        return page
    }

    private func section(_ attempt: FileAttempt, _ batch: BatchID) throws -> PageModel.Section {
        var section = PageModel.Section("Arrived \(context.time(attempt.at))")
        section.add("state", attempt.status.map { .state($0.rawValue) } ?? .state("RECEIVED"))
        section.add("message id", attempt.messageID?.text)
        section.add("window", attempt.window.map { context.window($0) })
        section.add("size", "\(context.format.number(attempt.size)) bytes")
        section.add("SHA-256", attempt.digest.description)
        section.add("records", attempt.entries.map { context.number($0.count) })
        section.add("upload began", attempt.uploadBegan.map { context.time($0) })
        section.add("signed by", attempt.signer?.subject)
        section.add("programme version", attempt.programmeVersion > 0 ? "\(attempt.programmeVersion)" : nil)
        if let withheld = context.house.withheld(attempt) {
            switch withheld {
            case .erased(let act): section.add("original", "erased by fact \(act)")
            case .closed(let act): section.add("original", "closed to readers by fact \(act)")
            }
        }
        var table = PageModel.Table(
            "Receipts", [.init("receipt"), .init("grade"), .init("issued"), .init("signature")])
        for id in attempt.receiptIDs {
            guard let receipt = try? context.reader.receipt(id), let xml = try? XMLDocument.parse(receipt.bytes) else {
                continue
            }
            table.add([
                .init(id, to: PageLinks.document(id)), .state(xml.text("Grade") ?? ""),
                .init(context.time(xml.text("IssuedDateTime"))), .init("detached CMS, DER"),
            ])
        }
        section.tables = [table]
        return section
    }

    /// What the receipt found, and how to mend each.
    private func findings(_ id: String, _ attempt: FileAttempt?) throws -> PageModel.Section? {
        guard let xml = try? XMLDocument.parse(try context.reader.receipt(id).bytes) else { return nil }
        var section = PageModel.Section("What was found")
        var sums = PageModel.Table(
            "Records by state and unit",
            [.init("state"), .init("unit"), .number("records"), .number("units"), .number("points")])
        for sum in xml.children("StatusSum") {
            sums.add([
                .state(sum.attribute("status") ?? ""), .init(sum.attribute("unit") ?? ""),
                context.amount(sum.attribute("records")), context.amount(sum.attribute("units")),
                context.amount(sum.attribute("points")),
            ])
        }
        var table = PageModel.Table(
            "Findings",
            [
                .init("code"), .number("record"), .number("line"), .init("field and value"), .init("what is wrong"),
                .init("how to mend it"),
            ], ifEmpty: "nothing was wrong")
        for finding in xml.children("Finding") {
            let place = [finding.text("Field"), finding.text("Value").map { "\u{201C}\($0)\u{201D}" }].compactMap { $0 }
            table.add([
                .init(finding.attribute("code") ?? ""), context.amount(finding.attribute("record")),
                context.amount(finding.attribute("line")), .init(place.joined(separator: " ")),
                .init(finding.text("Detail") ?? finding.text("Rule") ?? ""), .init(finding.text("Action") ?? ""),
            ])
        }
        section.tables = [sums, table]
        if let more = xml.text("FurtherFindings") { section.note = "\(more) more stand in the findings file." }
        section.links = downloads(id, attempt, hasFindings: xml.child("FindingsFile") != nil)
        return section
    }

    private func downloads(_ id: String, _ attempt: FileAttempt?, hasFindings: Bool) -> [PageModel.Cell] {
        var out = [PageModel.Cell("receipt \(id)", to: PageLinks.document(id))]
        if hasFindings { out.append(.init("all findings (CSV)", to: PageLinks.document("\(id).findings.csv"))) }
        guard let attempt, context.house.withheld(attempt) == nil, let format = attempt.format else { return out }
        out.append(.init("result of every record (CSV)", to: PageLinks.document("\(id).results.csv")))
        if attempt.status == .partlyAccepted || attempt.status == .refused {
            let ending = format == .xml ? "xml" : "csv"
            out.append(.init("refused records, to be corrected", to: PageLinks.document("\(id).refused.\(ending)")))
        }
        return out
    }
}
