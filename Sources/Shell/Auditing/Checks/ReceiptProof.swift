public import Evidence
import Foundation
import Journal
import OpenSSLKit
import Primitives
import Transparency
import XMLKit

/// What receipts promise and prove by themselves, without a bundle. Specs/evidence.md, Promise, then proof.
public enum ReceiptProof {
    /// Checks the proof that a receipt CLEARED carries: its checkpoint, and the facts under it.
    ///
    /// - Parameter item: what to call the receipt.
    /// - Returns: what does not hold; nil when the receipt carries no proof.
    public static func check(_ receipt: [UInt8], item: String, pins: PinsFile) -> [VerificationFinding]? {
        guard let root = parse(receipt), root.text("Grade") == "CLEARED", let evidence = root.child("Evidence"),
            let stated = evidence.child("Checkpoint")
        else { return nil }
        var findings: [VerificationFinding] = []
        func fail(_ stage: VerificationStage, _ found: String, expected: String = "") {
            findings.append(VerificationFinding(stage, item, found, expected: expected))
        }
        guard let note = try? SignedNote(parsing: Array(stated.text.utf8)),
            let checkpoint = try? Checkpoint(parsing: note.text),
            stated.attribute("root") == checkpoint.root.description, stated.attribute("size") == "\(checkpoint.size)"
        else {
            fail(.log, "its checkpoint cannot be read")
            return findings
        }
        let signers = (try? note.signers(among: pins.logKeys, ManifestCheck.isValid)) ?? []
        guard signers.contains(where: { $0.name == checkpoint.origin }) else {
            fail(.trust, "its checkpoint is not signed by a pinned key of \(checkpoint.origin)")
            return findings
        }
        let hashing = OpenSSLTreeHashing()
        var facts: [String] = []
        for inclusion in evidence.children("Inclusion") {
            let fact = Array((inclusion.text("Fact") ?? "").utf8)
            let path = inclusion.children("Hash").compactMap { Digest32(hex: $0.text) }
            guard let sequence = UInt64(inclusion.attribute("sequence") ?? ""), sequence >= 1,
                path.count == inclusion.children("Hash").count,
                InclusionProof.isValid(
                    path, leaf: hashing.leaf(fact.span), index: sequence - 1, size: checkpoint.size,
                    root: checkpoint.root, hashing)
            else {
                fail(.log, "the fact \(inclusion.attribute("sequence") ?? "") is not proved under its checkpoint")
                continue
            }
            facts.append(String(decoding: fact, as: UTF8.self))
        }
        guard facts.count == 3, findings.isEmpty else {
            if findings.isEmpty { fail(.log, "it proves \(facts.count) facts", expected: "3") }
            return findings
        }
        let digest = "\"digest\":\"\(root.text("FileDigest") ?? "")\""
        let window = "\"window\":\"\(root.text("WindowId") ?? "")\""
        if !facts[0].contains("\"fileReceived\"") || !facts[0].contains(digest) || !facts[0].contains(window) {
            fail(.log, "the first fact is not the receipt of its file for its window")
        }
        if !facts[1].contains("\"sealed\":{\"records\"") || !facts[1].contains(digest) {
            fail(.log, "the second fact is not the seal of its file's records")
        }
        if !facts[2].contains("\"sealed\":{\"window\"") || !facts[2].contains(window) {
            fail(.log, "the third fact is not the seal of its window's close")
        }
        for line in root.children("StatementLine") where !facts[2].contains("\"\(line.text.prefix { $0 != "#" }).xml\"")
        {
            fail(.log, "the statement of the line \(line.text) is not sealed by the close")
        }
        return findings
    }

    /// Compares a receipt RECEIVED with a statement of the window that it promises: the statement's list must have the
    /// file. Both are taken to be signed by the host, which the caller has checked.
    ///
    /// - Returns: nil when the promise is kept; why the statement breaks it, or why the two say nothing of each other.
    public static func breach(receipt: [UInt8], statement: [UInt8], item: String) -> VerificationFinding? {
        guard let promise = parse(receipt), let kept = parse(statement), promise.text("Grade") == "RECEIVED" else {
            return VerificationFinding(.document, item, "they are not a receipt RECEIVED and a statement")
        }
        let party = kept.children("Party").first { $0.attribute("role") == "PARTNER" }?.text("PartnerId")
        guard promise.text("Series") == "LIVE", promise.text("WindowId") == kept.text("WindowId"),
            promise.text("PartnerId") == party
        else {
            return VerificationFinding(.document, item, "the receipt promises another window or is another partner's")
        }
        guard let evidence = kept.child("Evidence") else {
            return VerificationFinding(.completeness, item, "the statement has no completeness list")
        }
        let digest = promise.text("FileDigest") ?? ""
        let listed = evidence.children("File").contains { file in
            file.text == digest && file.attribute("sequence") == promise.text("SequenceNumber")
                && (file.attribute("receipts") ?? "").split(separator: " ").contains(
                    Substring(promise.text("ReceiptId") ?? ""))
        }
        guard !listed else { return nil }
        return VerificationFinding(
            .completeness, item,
            "BREACH: the host received file \(promise.text("SequenceNumber") ?? "") for "
                + "\(promise.text("WindowId") ?? "") and left it out of the statement", expected: digest)
    }

    private static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var limits = XMLLimits()
        limits.textBytes = 1 << 20
        return try? XMLDocument.parse(bytes, maximumBytes: 64 << 20, limits: limits)
    }
}
