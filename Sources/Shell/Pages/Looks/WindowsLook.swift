import Clearing
import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel
import XMLKit

/// Windows: the calendar as lived, what each waits for, and the proof that what was issued adds up.
struct WindowsLook {
    let context: PageContext

    func page() -> PageModel {
        var page = PageModel(title: "Windows")
        var section = PageModel.Section("The calendar so far, and the window to come")
        var table = PageModel.Table(
            "Windows, the newest first",
            [.init("window"), .init("opens"), .init("cut-off"), .init("state"), .init("closed")])
        let started = context.programme.windows.prefix { $0.open <= context.now }.count
        for window in context.programme.windows.prefix(started + 1).reversed() {
            let status = context.house.windows.status(of: window, at: context.now)
            table.add([
                context.window(window.id), .init(context.time(window.open)), .init(context.time(window.cutoff)),
                .state(status.rawValue), .init(context.time(context.house.closingTimes[window.id])),
            ])
        }
        section.tables = [table]
        page.sections = [section]
        return page
    }

    func page(_ id: WindowID) throws -> PageModel {
        guard let window = context.programme.window(id) else { throw PageContext.missing(id.text) }
        var page = PageModel(title: "Window \(id)")
        let status = context.house.windows.status(of: window, at: context.now)
        var section = PageModel.Section("Where it stands")
        section.add("state", .state(status.rawValue))
        section.add("opens", context.time(window.open))
        section.add("cut-off", context.time(window.cutoff))
        section.add("closed", context.house.closingTimes[id].map { context.time($0) })
        section.add("closed by fact", context.house.closings[id].map { "\($0)" })
        section.add(
            "value dates",
            window.valueDates.map { "\($0.currency) \(context.format.date($0.date))" }.joined(separator: ", "))
        section.tables = [attendance(window)]
        page.sections = [section]
        if context.viewer.partner == nil {
            if status == .cutOff { page.sections.append(waits(id)) }
            page.sections.append(fixings(id))
        }
        if context.house.closings[id] != nil {
            page.sections.append(try statements(id))
            if context.viewer.partner == nil { page.sections += try proof(id) }
        }
        return page
    }

    private func attendance(_ window: WindowDefinition) -> PageModel.Table {
        let attendance = WindowAttendance(
            house: context.house, programme: context.programme, window: window, now: context.now)
        var table = PageModel.Table(
            "Who has sent",
            [
                .init("partner"), .number("files"), .number("refused"), .number("records"), .init("last file"),
                .init("expected and not there, or late"),
            ])
        for agreement in context.agreements {
            let part = attendance.part(agreement)
            table.add([
                .init(agreement.partner.text), context.number(part.accepted), context.number(part.refused),
                context.number(part.records), .init(context.time(part.last)),
                .init(context.days(part.missing)),
            ])
        }
        return table
    }

    private func waits(_ id: WindowID) -> PageModel.Section {
        var section = PageModel.Section("What the close waits for")
        section.note =
            "A window closes by itself as soon as nothing is missing; a close is final, and corrections go to "
            + "the open window."
        var table = PageModel.Table("Still missing", [.init("code"), .init("what"), .init("what to do")])
        for reason in context.house.obstacles(toClosing: id) {
            table.add([.init("\(reason.code)"), .init(reason.detail), .init(reason.code.entry.action)])
        }
        section.tables = [table]
        return section
    }

    private func fixings(_ id: WindowID) -> PageModel.Section {
        var section = PageModel.Section("Fixings")
        var table = PageModel.Table(
            "Rates of this window", [.init("pair"), .number("rate"), .init("source")], ifEmpty: "none added")
        for fixing in context.house.windows.allFixings where fixing.window == id {
            table.add([
                .init("\(fixing.quote) for 1 \(fixing.base)"), context.amount("\(fixing.rate)"), .init(fixing.source),
            ])
        }
        section.tables = [table]
        return section
    }

    // MARK: A closed window

    private func statements(_ id: WindowID) throws -> PageModel.Section {
        var section = PageModel.Section("Statements")
        var table = PageModel.Table(
            "Statements as issued",
            [
                .init("partner"), .init("points"), .init("money"), .number("net"), .number("closing"), .init("action"),
                .init("partner's word"),
            ])
        guard let window = context.programme.window(id) else { return section }
        let attendance = WindowAttendance(
            house: context.house, programme: context.programme, window: window, now: context.now)
        for agreement in context.agreements {
            let (points, money) = ("CLS-\(id)-\(agreement.partner)", "STL-\(id)-\(agreement.partner)")
            guard let kept = try? context.reader.statement(money + ".xml"),
                let xml = try? XMLDocument.parse(kept.bytes)
            else { continue }
            let currency = xml.text("SettlementCurrency") ?? ""
            table.add([
                .init(agreement.partner.text), context.statement(points), context.statement(money),
                .number("\(context.format.decimal(xml.text("NetAmount") ?? "")) \(currency)"),
                .number("\(context.format.decimal(xml.text("ClosingBalance") ?? "")) \(currency)"),
                .state(xml.child("Settlement")?.attribute("action") ?? ""),
                .init(attendance.answer(agreement.partner)),
            ])
        }
        section.tables = [table]
        return section
    }

    /// The proof sheet: what was issued, added up once more.
    private func proof(_ id: WindowID) throws -> [PageModel.Section] {
        let name = "HST-\(id)"
        let xml = try XMLDocument.parse(try context.reader.statement(name + ".xml").bytes)
        return [ProofSheet(context: context, summary: xml, name: name).points, try money(xml)]
    }

    private func money(_ xml: XMLElement) throws -> PageModel.Section {
        var section = PageModel.Section("Proof sheet: money")
        section.note =
            "Opening, net, payments and returns make the closing; it is due or in settlement; and the nets of "
            + "all partners with the host's are zero in each currency."
        section.tables = ProofSheet(context: context, summary: xml, name: "").money
        return section
    }
}
