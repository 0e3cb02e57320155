import Auditing
import Evidence
import Foundation
import Journal
import Primitives
import TestKit
import Testing

/// Closes that the host never computed, signed and sealed with all of its keys: only clearing the window anew finds
/// them. Both verifiers do, at the same stage.
@Suite(.ownThreads) struct LyingHostTests {
    /// A lie and the stage that finds it; nil for the truth.
    struct Lie: Sendable, CustomTestStringConvertible {
        let title: String
        let stage: VerificationStage?
        /// Whether a partner's evidence shows it, too.
        var isShownToPartner = true
        let change: @Sendable (inout LyingHouse.Close) throws -> Void

        var testDescription: String { title }
    }

    private static let settlement = "STL-W-2026-03B-MARCHE.xml"
    private static let clearing = "CLS-W-2026-03B-MARCHE.xml"

    /// Takes an element with a number of lines out of a document.
    private static func remove(
        _ pattern: String, from name: String, _ close: inout LyingHouse.Close
    ) throws {
        let index = try close.documents.firstIndex { $0.name == name }.need(name)
        let text = String(decoding: close.documents[index].bytes, as: UTF8.self)
        let match = try text.range(of: pattern, options: .regularExpression).need(pattern)
        close.documents[index].bytes = Array(text.replacingCharacters(in: match, with: "").utf8)
    }

    static let lies: [Lie] = [
        Lie(title: "nothing is changed", stage: nil) { _ in },
        Lie(title: "an amount", stage: .arithmetic) { close in
            try close.replace(">14.40</Amount>", ">14.39</Amount>", in: settlement)
        },
        Lie(title: "signed by a partner's key", stage: .trust) { close in close.isSignedByPartner = true },
        Lie(title: "points of a line", stage: .arithmetic) { close in
            try close.replace(">1563</", ">1562</", in: clearing)
        },
        Lie(title: "a price", stage: .arithmetic) { close in try close.replace("0.00575", "0.00576", in: settlement) },
        Lie(title: "a line less", stage: .arithmetic) { close in
            try remove("(?s)<Line number=\"6\".*?</Line>\\s*", from: settlement, &close)
        },
        Lie(title: "a figure of the CSV alone", stage: .document) { close in
            try close.replace("14.40", "14.39", in: "STL-W-2026-03B-MARCHE.csv")
        },
        Lie(title: "a figure of the text alone", stage: .document) { close in
            try close.replace("14.40", "14.39", in: "STL-W-2026-03B-MARCHE.txt")
        },
        Lie(title: "the closing, in the log and on paper", stage: .arithmetic) { close in
            let index = try close.fact.accounts.firstIndex { $0.partner.text == "MARCHE" }.need("MARCHE")
            let wrong = Money(minorUnits: 1157, currency: close.fact.accounts[index].closing.currency)
            close.fact.accounts[index].closing = wrong
            close.fact.accounts[index].net = wrong
            try close.replace("<ClosingBalance>12.57", "<ClosingBalance>11.57", in: settlement)
            try close.replace("<NetAmount>12.57", "<NetAmount>11.57", in: settlement)
        },
        Lie(title: "the payment, in the log alone", stage: .arithmetic, isShownToPartner: false) { close in
            let index = try close.fact.accounts.firstIndex { $0.partner.text == "MARCHE" }.need("MARCHE")
            let amount = close.fact.accounts[index].closing
            close.fact.accounts[index].instruction?.amount = Money(
                minorUnits: amount.minorUnits - 1, currency: amount.currency)
        },
        Lie(title: "a file that is not listed", stage: .completeness) { close in
            try remove("<File sequence=\"4\"[^>]*>[^<]*</File>\\s*", from: settlement, &close)
        },
        Lie(title: "a listed file with another status", stage: .completeness) { close in
            try close.replace(
                "status=\"ACCP\" receipts=\"RCP-00000081", "status=\"PART\" receipts=\"RCP-00000081", in: settlement)
        },
        Lie(title: "a number of receipts", stage: .completeness) { close in
            try close.replace("<Receipts issued=\"12\"", "<Receipts issued=\"11\"", in: settlement)
        },
        Lie(title: "another statement before", stage: .completeness) { close in
            try close.replace(
                "<PreviousStatement id=\"STL-W-2026-03A-MARCHE\" algorithm=\"SHA-256\">",
                "<PreviousStatement id=\"STL-W-2026-03A-MARCHE\" algorithm=\"SHA-256\">00", in: settlement)
        },
        Lie(title: "another root of the log", stage: .log) { close in
            let index = try close.documents.firstIndex { $0.name == settlement }.need(settlement)
            let text = String(decoding: close.documents[index].bytes, as: UTF8.self)
            let root = try text.range(of: "root=\"[0-9a-f]{8}", options: .regularExpression).need("a root")
            close.documents[index].bytes = Array(text.replacingCharacters(in: root, with: "root=\"00000000").utf8)
        },
    ]

    @Test("a close that the host made up is found, by both verifiers", arguments: lies)
    func found(_ lie: Lie) async throws {
        let audited = try await AuditedHouse.shared.value
        for partner in lie.isShownToPartner ? [nil, "MARCHE"] : [nil] {
            let archive = try LyingHouse(audited).bundle("W-2026-03B", partner: partner, lie.change)
            let report = try EvidenceVerifier.verify("", pins: audited.pins, files: OneFile(archive))
            #expect(report.failed == lie.stage, "\(partner ?? ""): \(report.findings.prefix(5))")
            let second = try PythonVerifier.run(archive, audited)
            #expect(second.status == lie.stage?.exitStatus ?? 0, "\(partner ?? ""): \(second.text) \(second.errors)")
        }
    }
}
