import Clearing
import Gateway
import House
import Inquiry
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel

/// The open window: until when, who has sent and who has not, where everybody stands, and what wants attention.
struct TodayLook {
    let context: PageContext

    func page() -> PageModel {
        var page = PageModel(title: "Today")
        page.alerts = alerts
        if let open = context.house.openWindow, let window = context.programme.window(open) {
            page.sections.append(section(window))
        } else {
            page.alerts.append(
                PageModel.Alert(kind: "bad", text: "The calendar has no window that is open.", href: nil))
        }
        page.sections.append(waiting)
        return page
    }

    private func section(_ window: WindowDefinition) -> PageModel.Section {
        let (house, format) = (context.house, context.format)
        var section = PageModel.Section("Open window \(window.id)")
        section.add("window", context.window(window.id))
        section.add("opened", context.time(window.open))
        section.add("cut-off", context.time(window.cutoff))
        section.add("time left", PageFormat.duration(from: context.now, to: window.cutoff))
        let attendance = WindowAttendance(
            house: house, programme: context.programme, window: window, now: context.now)
        var table = PageModel.Table(
            "Who has sent for \(window.id)",
            [
                .init("partner"), .number("files"), .number("refused"), .number("not judged"), .number("records"),
                .init("last file"), .init("expected and not there"), .init("numbers missing"),
                .number("position, points"),
            ])
        var bars: [(label: String, value: Int64, text: String)] = []
        for agreement in context.agreements {
            let part = attendance.part(agreement)
            let points = house.ledger.windows[window.id]?.position(of: agreement.partner) ?? 0
            table.add([
                .init(agreement.partner.text), context.number(part.accepted), context.number(part.refused),
                context.number(part.undecided), context.number(part.records), .init(context.time(part.last)),
                .init(context.days(part.missing)), .init(part.gaps.joined(separator: ", ")),
                context.number(points),
            ])
            bars.append((agreement.partner.text, points, format.number(points)))
        }
        section.tables = [table]
        section.chart = PageModel.Chart("Positions in points; to the right the host owes", bars)
        return section
    }

    private var waiting: PageModel.Section {
        var section = PageModel.Section("Windows that wait to be closed")
        var table = PageModel.Table(
            "Cut off and not closed", [.init("window"), .init("cut-off"), .init("waits for")], ifEmpty: "none")
        for id in context.house.windows.waiting {
            let reasons = context.house.obstacles(toClosing: id).map { "\($0.code) \($0.detail)" }
            table.add([
                context.window(id), .init(context.time(context.programme.window(id)?.cutoff)),
                .init(context.viewer.partner == nil ? reasons.joined(separator: "; ") : "the host"),
            ])
        }
        section.tables = [table]
        return section
    }

    // MARK: Alerts

    private var alerts: [PageModel.Alert] {
        var out: [PageModel.Alert] = []
        if context.viewer.partner == nil {
            for id in context.house.windows.waiting {
                for reason in context.house.obstacles(toClosing: id) {
                    out.append(
                        PageModel.Alert(
                            kind: "bad", text: "\(id) cannot be closed: \(reason.detail)", href: PageLinks.window(id)))
                }
            }
            for list in context.lists where list.nextUpdate.milliseconds < context.now.milliseconds + 86_400_000 {
                out.append(
                    PageModel.Alert(
                        kind: list.nextUpdate <= context.now ? "bad" : "warn",
                        text: "The revocation list of \(list.issuer) counts until \(context.time(list.nextUpdate))."))
            }
        }
        if let open = context.house.openWindow, let window = context.programme.window(open) {
            let attendance = WindowAttendance(
                house: context.house, programme: context.programme, window: window, now: context.now)
            for agreement in context.agreements { out += alerts(agreement, attendance.part(agreement)) }
        }
        for row in KeyRows(context.house, lists: context.lists, now: context.now).rows(for: context.viewer.partner) {
            if ["REVOKED", "EXPIRED"].contains(row.state) {
                out.append(alert("bad", "The \(row.use) key of \(row.holder) is \(row.state.lowercased())."))
            } else if let warning = row.warning {
                out.append(alert("warn", "The \(row.use) key of \(row.holder): \(warning)."))
            }
        }
        return out
    }

    private func alerts(_ agreement: Agreement, _ part: WindowAttendance.Part) -> [PageModel.Alert] {
        let partner = agreement.partner
        var out: [PageModel.Alert] = []
        let missing = part.missing.filter { $0.late == nil }
        if !missing.isEmpty {
            out.append(alert("warn", "\(partner): the files of \(context.days(missing)) are not there."))
        }
        if !part.gaps.isEmpty {
            out.append(alert("warn", "\(partner): numbers \(part.gaps.joined(separator: ", ")) were passed over."))
        }
        // A refused file stays an alert until its number is used by one that is accepted.
        for (batch, history) in context.house.files.files(of: partner, series: .live) {
            guard history.cancelled == nil, history.attempts.last?.status == .refused else { continue }
            out.append(
                PageModel.Alert(kind: "bad", text: "The file \(batch) was refused.", href: PageLinks.file(batch)))
        }
        return out
    }

    private func alert(_ kind: String, _ text: String) -> PageModel.Alert {
        PageModel.Alert(kind: kind, text: text, href: nil)
    }
}
