import Gateway
import Inquiry
import Journal
import Primitives

/// A record from what the partner wrote to the money.
struct RecordLook {
    let context: PageContext

    func page(_ location: RecordLocation) throws -> PageModel {
        guard let source = try? RecordSource(location, context.reader), context.viewer.sees(source.partner) else {
            throw PageContext.missing(location.description)
        }
        let report = try RecordExplanation(reader: context.reader, location: location).report()
        var page = PageModel(title: "Record \(location)")
        var section = PageModel.Section("Why it is what it is")
        section.note = "Computed anew from the log as it stands. Member numbers are masked."
        section.trees = [tree(report)]
        page.sections = [section]
        return page
    }

    /// A report as facts and what is below them; what names another page leads there.
    private func tree(_ report: Report) -> PageModel.Tree {
        var tree = PageModel.Tree()
        for row in report.rows {
            switch row {
            case .value(_, let label, let text): tree.facts.append(.init(label: label, cell: cell(label, text)))
            case .list(_, let label, let items):
                tree.lists.append(.init(label: label, items: items.map { self.tree($0) }))
            }
        }
        return tree
    }

    private func cell(_ label: String, _ text: String) -> PageModel.Cell {
        switch label {
        case "receipts":
            return .init(text, to: text.split(separator: " ").last.map { PageLinks.document(String($0)) })
        case "received": return .init(context.time(text))
        case "window":
            let name = text.prefix { $0 != " " }
            return .init(text, to: (try? WindowID(String(name))).map { PageLinks.window($0) })
        case "clearing line", "settlement line", "record", "reverses", "first result":
            return .init(text, to: visible(text) ? PageLinks.target(of: text) : nil)
        default: return .init(text)
        }
    }

    /// Whether a line's statement is one that the viewer may open: a bonus counts on others' statements, too.
    private func visible(_ text: String) -> Bool {
        guard let partner = context.viewer.partner, text.hasPrefix("CLS-") || text.hasPrefix("STL-") else {
            return true
        }
        return text.prefix { $0 != "#" }.hasSuffix("-\(partner)")
    }
}
