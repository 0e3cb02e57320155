import Demonstration
import Foundation
import Gateway
import Logging
import Primitives
import TestKit
import XMLKit

@testable import Pages

/// The house that the demonstration leaves, played once for all tests, and a visitor of its pages.
struct PlayedHouse {
    let folder: ScratchFolder
    let pages: DeskPages

    private static let played = Task {
        let folder = try ScratchFolder("pages")
        let story = Story(
            folder: URL(filePath: folder.path("demo")),
            logger: Logger(label: "story") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in }
        _ = try await story.play()
        return folder
    }

    init() async throws {
        folder = try await Self.played.value
        pages = try DeskPages()
    }

    func reader() throws -> HouseReader { try HouseReader(folder.path("demo/data")) }

    static func partner(_ name: String) throws -> PageReader { PageReader(partner: try PartnerID(name)) }
    static let officer = PageReader(role: .officer, name: "Claire")

    func page(
        _ path: String, _ viewer: PageReader, _ house: HouseReader, _ format: PageFormat = .international
    ) throws -> Visit {
        let parts = path.split(separator: "?", maxSplits: 1)
        let after = parts.count == 2 ? Int(parts[1].replacingOccurrences(of: "after=", with: "")) ?? 0 : 0
        let below = parts[0].dropFirst(DeskPages.base.count).split(separator: "/").map(String.init)
        let html = try pages.page(
            DeskPages.Request(path: below, after: after, reader: viewer, format: format), house: house, lists: [])
        return try Visit(path: path, html: html)
    }

    /// Follows every link from the first page on.
    func everyPage(_ viewer: PageReader) throws -> [Visit] {
        let house = try reader()
        var (seen, open, out): (Set<String>, [String], [Visit]) = ([DeskPages.base], [DeskPages.base], [])
        while let path = open.popLast() {
            let visit = try page(path, viewer, house)
            out.append(visit)
            for link in visit.links where link.hasPrefix(DeskPages.base) && !link.hasSuffix(DeskPages.stylePath) {
                if seen.insert(link).inserted { open.append(link) }
            }
        }
        return out
    }
}

/// A page as a browser reads it.
struct Visit {
    let path: String
    let root: XMLElement

    init(path: String, html: [UInt8]) throws {
        self.path = path
        // Pages are well-formed XML behind their first line, so that a strict reader finds what a browser would mend.
        let text = String(decoding: html, as: UTF8.self)
        guard text.hasPrefix("<!DOCTYPE html>\n") else { throw Fault("\(path) does not begin as HTML") }
        root = try XMLDocument.parse(Array(text.dropFirst("<!DOCTYPE html>\n".count).utf8))
    }

    func all(_ name: String) -> [XMLElement] { Self.all(root, name) }

    private static func all(_ element: XMLElement, _ name: String) -> [XMLElement] {
        (element.name == name ? [element] : []) + element.children.flatMap { all($0, name) }
    }

    var links: [String] { all("a").compactMap { $0.attribute("href") } }

    var title: String { all("h1").first?.text ?? "" }

    /// All texts of the page, each element's own.
    var texts: [String] {
        func texts(_ element: XMLElement) -> [String] { [element.text] + element.children.flatMap(texts) }
        return texts(root)
    }

    /// The value under a label.
    func fact(_ label: String) -> String? {
        all("dl").flatMap { list in zip(list.children("dt"), list.children("dd")) }.first { $0.0.text == label }.map {
            $0.1.text.isEmpty ? $0.1.child("a")?.text ?? "" : $0.1.text
        }
    }

    /// The rows of the tables under a caption, cell by cell.
    func rows(_ caption: String) -> [[String]] {
        all("table").filter { $0.text("caption")?.hasPrefix(caption) == true }.flatMap { table in
            (table.child("tbody")?.children("tr") ?? []).map { row in
                row.children.map { $0.text.isEmpty ? $0.child("a")?.text ?? "" : $0.text }
            }
        }
    }
}
