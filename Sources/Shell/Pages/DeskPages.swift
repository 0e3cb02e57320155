public import Gateway
import House
import Journal
import Mustache
package import OpenSSLKit
import Primitives
import ProgrammeModel

/// The pages of the finance desk, for a browser: made from the house at one moment for one reader. Nothing on them
/// changes anything.
public struct DeskPages: Sendable {
    /// The path below which all pages are.
    public static let base = "/desk"

    /// The path of the style sheet below `base`.
    public static let stylePath = "/style.css"

    /// The style sheet.
    public static var style: [UInt8] { Array(PageStyle.css.utf8) }

    /// A kind of page.
    public struct Route: Hashable, Sendable {
        /// The path below `base`; parts in braces are names.
        public let template: String
        /// What it shows.
        public let purpose: String
    }

    /// All pages. Everyone who is let in may open each; what is on it follows from who they are.
    public static let routes = [
        Route(template: "/", purpose: "the open window, who has sent, positions, and what wants attention"),
        Route(template: "/files", purpose: "files and what became of them"),
        Route(template: "/files/{partner}/{series}/{sequence}", purpose: "one file: receipts and findings"),
        Route(template: "/windows", purpose: "the calendar"),
        Route(template: "/windows/{window}", purpose: "one window: what it waits for, its statements, the proof sheet"),
        Route(template: "/statements/{statement}", purpose: "a statement with its lines"),
        Route(template: "/statements/{statement}/lines/{line}", purpose: "a line with the records that it sums up"),
        Route(template: "/records/{record}", purpose: "a record from its bytes to the money"),
        Route(template: "/settlement", purpose: "accounts, instructions and what the bank has said"),
        Route(template: "/agreements", purpose: "agreements, ratios, prices and terms by their days"),
    ]

    private static let menu = [
        ("/", "Today"), ("/files", "Files"), ("/windows", "Windows"), ("/settlement", "Settlement"),
        ("/agreements", "Agreements"),
    ]

    private let library: MustacheLibrary

    /// Reads the templates.
    ///
    /// - Throws: an error of the template engine, which is a fault of the program.
    public init() throws { library = try PageTemplates.library() }

    /// What is asked for.
    public struct Request: Sendable {
        /// The parts of the path below `base`, decoded; none for the first page.
        public var path: [String]
        /// How many records are passed over, of a page that lists some at a time.
        public var after: Int
        /// Who asks.
        public var reader: PageReader
        /// How numbers and dates are written.
        public var format: PageFormat

        /// Makes a request; the parameters are the properties of the same names.
        public init(path: [String], after: Int = 0, reader: PageReader, format: PageFormat = .international) {
            self.path = path
            self.after = max(0, after)
            self.reader = reader
            self.format = format
        }
    }

    /// Makes a page of a running house.
    ///
    /// - Returns: HTML in UTF-8.
    /// - Throws: `Refusal` with NET-005 for a page that is not there or is another partner's, which are told alike;
    ///   with ACT-004 before the first programme; `Fault` when the log cannot be read.
    public func page(_ request: Request, of house: Clearinghouse) async throws -> [UInt8] {
        try page(request, house: try await house.reader(), lists: house.revocationLists)
    }

    /// Makes a page.
    ///
    /// - Parameters:
    ///   - house: the house as it stands.
    ///   - lists: the revocation lists in use.
    /// - Returns: HTML in UTF-8.
    /// - Throws: `Refusal` with NET-005 for a page that is not there or is another partner's, which are told alike;
    ///   with ACT-004 before the first programme; `Fault` when the log cannot be read.
    package func page(_ request: Request, house: HouseReader, lists: [RevocationList]) throws -> [UInt8] {
        let context = PageContext(
            reader: house, viewer: request.reader, format: request.format, lists: lists,
            programme: try house.programme(), now: house.now)
        return try render(try Self.model(request, context), request, context)
    }

    /// Writes what a page says as HTML.
    func render(_ model: PageModel, _ request: Request, _ context: PageContext) throws(Fault) -> [UInt8] {
        let frame = Frame(
            base: Self.base, title: model.title, programme: context.programme.id,
            who: "\(request.reader.name), \(request.reader.role.rawValue)", now: context.time(context.now),
            zone: context.programme.zone.name, facts: "\(context.house.lastSequence)",
            nav: Self.menu.map { path, text in
                let isFirst = path == "/"
                let isCurrent = isFirst ? request.path.isEmpty : request.path.first == String(path.dropFirst())
                return Frame.Link(text: text, href: isFirst ? Self.base : Self.base + path, isCurrent: isCurrent)
            },
            formats: PageFormat.allCases.map { .init($0.rawValue, to: "?format=\($0.rawValue)") },
            alerts: model.alerts, sections: model.sections)
        guard let html = library.render(frame, withTemplate: "page") else { throw Fault("the page has no template") }
        return Array(html.utf8)
    }

    private struct Frame: Sendable {
        struct Link: Sendable {
            var text: String
            var href: String
            var isCurrent: Bool
        }

        var base: String
        var title: String
        var programme: String
        var who: String
        var now: String
        var zone: String
        var facts: String
        var nav: [Link]
        var formats: [PageModel.Cell]
        var alerts: [PageModel.Alert]
        var sections: [PageModel.Section]
    }

    private static func model(_ request: Request, _ context: PageContext) throws -> PageModel {
        let path = request.path
        switch (path.first, path.count) {
        case (nil, _): return TodayLook(context: context).page()
        case ("files", 1): return FilesLook(context: context).page()
        case ("files", 4):
            guard let partner = try? PartnerID(path[1]), let series = Series(rawValue: path[2]),
                let sequence = Int64(path[3])
            else { break }
            return try FilesLook(context: context)
                .page(BatchID(partner: partner, series: series, sequence: sequence))
        case ("windows", 1): return WindowsLook(context: context).page()
        case ("windows", 2):
            guard let window = try? WindowID(path[1]) else { break }
            return try WindowsLook(context: context).page(window)
        case ("statements", 2): return try StatementLook(context, path[1]).page()
        case ("statements", 4) where path[2] == "lines":
            return try StatementLook(context, path[1]).page(line: path[3], after: request.after)
        case ("records", 2):
            guard let location = RecordLocation(path[1]) else { break }
            return try RecordLook(context: context).page(location)
        case ("settlement", 1): return SettlementLook(context: context).page()
        case ("agreements", 1): return AgreementsLook(context: context).page()
        default: break
        }
        throw PageContext.missing(path.joined(separator: "/"))
    }
}
