import Clearing
import FileStore
import Foundation
import Gateway
import House
import Primitives
import ProgrammeModel
import Settlement
import TestKit
import Testing
import XMLKit

@testable import Pages

/// The pages of the finance desk over the house that the demonstration leaves.
@Suite(.ownThreads) struct PagesTests {
    @Test("every link of every page leads to a page or a document, for everybody", arguments: ["", "MARCHE", "CARBU"])
    func links(_ partner: String) async throws {
        let played = try await PlayedHouse()
        let viewer = partner.isEmpty ? PlayedHouse.officer : try PlayedHouse.partner(partner)
        let visits = try played.everyPage(viewer)
        let house = try played.reader()
        #expect(visits.count > (partner.isEmpty ? 120 : 30), "\(visits.count)")
        var documents = 0
        for visit in visits {
            for link in visit.links where link.hasPrefix("/v1/documents/") {
                let name = String(link.dropFirst("/v1/documents/".count))
                let base = name.hasPrefix("RCP-") ? String(name.prefix { $0 != "." }) : name
                let isThere = house.house.documents[base] != nil || house.house.documents[base + ".xml"] != nil
                #expect(isThere, "\(name) on \(visit.path)")
                documents += 1
            }
            // A heading, a language, a way past the menu, a name for each table and each of its columns.
            #expect(visit.all("h1").count == 1 && visit.root.attribute("lang") != nil, "\(visit.path)")
            #expect(visit.all("table").allSatisfy { $0.child("caption") != nil }, "\(visit.path)")
            #expect(visit.all("th").allSatisfy { $0.attribute("scope") != nil }, "\(visit.path)")
            #expect(visit.all("script").isEmpty && visit.all("style").isEmpty, "\(visit.path)")
        }
        #expect(documents > 20)
        let kinds = Set(visits.map { $0.path.dropFirst(DeskPages.base.count).split(separator: "/").first ?? "" })
        #expect(kinds == ["", "files", "windows", "settlement", "agreements", "statements", "records"])
    }

    @Test("a partner sees nothing of another, and nobody a member's number")
    func privacy() async throws {
        let played = try await PlayedHouse()
        let visits = try played.everyPage(try PlayedHouse.partner("MARCHE"))
        for visit in visits {
            for text in visit.texts {
                for other in ["RAILCO", "CARBU", "BANQUE"] { #expect(!text.contains(other), "\(visit.path): \(text)") }
            }
        }
        for visit in visits + (try played.everyPage(PlayedHouse.officer)) {
            for text in visit.texts where text.count != 64 {
                #expect(text.firstMatch(of: /[0-9]{12,}/) == nil, "\(visit.path): \(text)")
            }
        }
    }

    @Test("what is another's is answered like what is not there")
    func foreign() async throws {
        let played = try await PlayedHouse()
        let (house, viewer) = (try played.reader(), try PlayedHouse.partner("MARCHE"))
        let foreign = try played.everyPage(PlayedHouse.officer).map(\.path).filter {
            $0.contains("RAILCO") || $0.contains("CARBU") || $0.contains("BANQUE")
        }
        #expect(foreign.count > 40)
        let records = try house.house.files.files(of: PartnerID("CARBU"), series: .live)
            .compactMap(\.1.holder?.received).map { "\(DeskPages.base)/records/CLR-\(Padding.zeros(Int($0), 8))-1" }
        #expect(!records.isEmpty)
        for path in foreign + records + ["/desk/records/CLR-00000003-1", "/desk/nothing", "/desk/windows/W-2099-01A"] {
            let refusal = #expect(throws: Refusal.self, "\(path)") { _ = try played.page(path, viewer, house) }
            #expect(
                refusal?.findings.map(\.code) == [.net005] && refusal?.findings[0].detail == "there is no such page")
        }
    }

    @Test("statements show what was issued, and lead from every line to its records")
    func statements() async throws {
        let played = try await PlayedHouse()
        let house = try played.reader()
        var records = 0
        for window in house.house.windows.closed {
            for agreement in try house.programme().agreements {
                for kind in ["CLS", "STL"] {
                    let id = "\(kind)-\(window)-\(agreement.partner)"
                    let xml = try XMLDocument.parse(try house.statementXML(id))
                    let page = try played.page("/desk/statements/\(id)", PlayedHouse.officer, house)
                    let rows = page.rows(kind == "CLS" ? "Points" : "Money").dropLast()
                    #expect(rows.count == xml.children("Line").count, "\(id)")
                    let total = PageFormat.international.decimal(
                        xml.text(kind == "CLS" ? "WindowPosition" : "NetAmount") ?? "")
                    let shown = page.fact(kind == "CLS" ? "this window" : "net of this window")
                    #expect(shown?.hasPrefix(total) == true, "\(id)")
                    if rows.isEmpty { #expect(page.texts.contains { $0.hasSuffix("no activity") }, "\(id)") }
                    for (row, line) in zip(rows, xml.children("Line")) {
                        let shown = PageFormat.international.decimal(
                            line.text(kind == "CLS" ? "Points" : "Amount") ?? "")
                        #expect(row[7] == shown, "\(id)")
                        guard kind == "CLS" else { continue }
                        let number = line.attribute("number") ?? ""
                        let detail = try played.page(
                            "/desk/statements/\(id)/lines/\(number)", PlayedHouse.officer, house)
                        let found = detail.rows("Records")
                        #expect(found.count == Int(line.text("RecordCount") ?? ""), "\(id)#\(number)")
                        records += found.count
                    }
                }
            }
        }
        #expect(records > 25)
    }

    @Test("a record's page says why it is what it is: T01 has 67 points")
    func record() async throws {
        let played = try await PlayedHouse()
        let visits = try played.everyPage(try PlayedHouse.partner("MARCHE"))
        let record = try visits.first {
            $0.path.contains("/records/") && $0.texts.contains("T01") && $0.texts.contains("67")
        }.need("T01")
        #expect(record.texts.contains { $0.hasPrefix("200/3") || $0.contains("66.66") || $0.contains("to 67") })
        #expect(record.links.contains { $0.contains("/statements/CLS-W-2026-03B-MARCHE/lines/") })
        // It came at ten past two in Paris, which the log holds as ten past one of UTC.
        #expect(record.fact("received") == "2026-03-18 02:10")
    }

    @Test("the proof sheet holds for every window, and tells when a figure was changed")
    func proof() async throws {
        let played = try await PlayedHouse()
        let house = try played.reader()
        for window in house.house.windows.closed {
            let page = try played.page("/desk/windows/\(window)", PlayedHouse.officer, house)
            let rows = page.rows("Accounts") + page.rows("Nets by currency")
            #expect(rows.count == 6 && rows.allSatisfy { $0.last == "yes" }, "\(window)")
            #expect(!page.texts.contains("NO") && page.texts.contains("yes"), "\(window)")
        }
        let context = PageContext(
            reader: house, viewer: PlayedHouse.officer, format: .international, lists: [],
            programme: try house.programme(), now: house.now)
        let text = String(decoding: try house.statementXML("HST-W-2026-03B"), as: UTF8.self)
        var changed = 0
        for attribute in ["movement", "redeemed", "net", "closing", "inSettlement"] {
            let range = try text.firstMatch(of: try Regex(" \(attribute)=\"-?[0-9.]+")).need(attribute).range
            var other = text
            other.replaceSubrange(range, with: text[range] + (attribute == "movement" ? "1" : "9"))
            let xml = try XMLDocument.parse(Array(other.utf8))
            let sheet = ProofSheet(context: context, summary: xml, name: "HST-W-2026-03B")
            let cells = sheet.money.flatMap { $0.rows.flatMap(\.cells) } + sheet.points.facts.map(\.cell)
            #expect(cells.contains { $0.text == "NO" }, "\(attribute)")
            changed += 1
        }
        #expect(changed == 5)
    }

    @Test("texts from outside are shown as texts wherever they stand")
    func escaping() async throws {
        let played = try await PlayedHouse()
        let hostile = "</title><script>alert(\"1\")</script>&amp;'\u{202E}"
        var section = PageModel.Section(hostile)
        section.note = hostile
        section.add(hostile, PageModel.Cell(hostile, to: "/x?\(hostile)"))
        section.chart = PageModel.Chart(hostile, [(hostile, -1, hostile)])
        var table = PageModel.Table(hostile, [.init(hostile)], ifEmpty: hostile)
        section.tables = [table]
        table.add([.init(hostile), .init(hostile, to: hostile)])
        section.tables.append(table)
        section.links = [.init(hostile, to: hostile)]
        section.trees = [
            .init(
                facts: [.init(label: hostile, cell: .init(hostile))],
                lists: [
                    .init(label: hostile, items: [.init(facts: [.init(label: hostile, cell: .init(hostile))])]),
                    .init(label: hostile, items: []),
                ])
        ]
        let model = PageModel(
            title: hostile, alerts: [.init(kind: "bad", text: hostile, href: hostile)], sections: [section])
        let html = try played.pages.render(
            model, DeskPages.Request(path: [], reader: PageReader(role: .auditor, name: hostile)),
            PageContext(
                reader: try played.reader(), viewer: PlayedHouse.officer, format: .french, lists: [],
                programme: try played.reader().programme(), now: try played.reader().now))
        let visit = try Visit(path: "hostile", html: html)
        #expect(visit.all("script").isEmpty)
        #expect(visit.texts.filter { $0.contains(hostile) }.count > 15)
        #expect(visit.links.filter { $0.hasSuffix(hostile) }.count == 4, "\(visit.links)")
    }
}

extension HouseReader {
    /// The XML of a statement or summary as it was issued.
    func statementXML(_ id: String) throws -> [UInt8] {
        let record = try house.documents[id + ".xml"].need(id)
        return try log.attachment(record.attachment, of: record.sequence)
    }
}
