import Evidence
import FileStore
import Foundation
import Journal
import OpenSSLKit
import Primitives
import Transparency

/// Proofs: that every fact shown is in the log that the checkpoint is of, and where the log stood before.
struct LogCheck {
    let bundle: Bundle
    let hashing = OpenSSLTreeHashing()
    private(set) var checkpoint: Checkpoint?
    private var range = RangeForm(from: 0, left: [], right: [], size: 0, to: 0)
    private var left = SubtreeRange()
    /// Roots at sizes within the range that others state.
    private var wanted: [UInt64: [(item: String, root: Digest32)]] = [:]

    struct RangeForm: Decodable {
        var from: UInt64
        var left: [String]
        var right: [String]
        var size: UInt64
        var to: UInt64
    }

    init(bundle: Bundle) { self.bundle = bundle }

    // MARK: Trust

    /// The checkpoint is of the pinned key.
    mutating func checkKey(_ report: inout EvidenceReport) throws {
        guard let bytes = try bundle.file.small("checkpoint.note") else {
            return report.fail(.trust, "checkpoint.note", "it is missing")
        }
        do {
            let note = try SignedNote(parsing: bytes)
            let checkpoint = try Checkpoint(parsing: note.text)
            let signers = try note.signers(among: bundle.pins.logKeys, ManifestCheck.isValid)
            guard signers.contains(where: { $0.name == checkpoint.origin }) else {
                return report.fail(
                    .trust, "checkpoint.note", "it is not signed by a pinned key of \(checkpoint.origin)")
            }
            guard checkpoint.origin == bundle.manifest.origin, checkpoint.size == bundle.manifest.checkpointSize else {
                return report.fail(.trust, "checkpoint.note", "it is not the checkpoint that the manifest names")
            }
            self.checkpoint = checkpoint
        } catch {
            report.fail(.trust, "checkpoint.note", "\(error)")
        }
    }

    // MARK: Proofs

    /// Notes that something says where the log stood.
    mutating func expect(root: Digest32, at size: UInt64, in item: String) {
        wanted[size, default: []].append((item, root))
    }

    /// Compares the range with the checkpoint, every shown fact with the range or its path, and stated roots.
    mutating func check(_ report: inout EvidenceReport) throws {
        guard let checkpoint else { return }
        guard let bytes = try bundle.file.small("log/range.json"),
            let form = try? JSONDecoder().decode(RangeForm.self, from: Data(bytes)),
            let place = bundle.file["log/leaves.bin"]
        else { return report.fail(.log, "log/range.json", "it cannot be read") }
        range = form
        guard form.from <= form.to, form.to <= form.size, form.size == checkpoint.size,
            place.size == Int64(form.to - form.from) * 32
        else { return report.fail(.log, "log/range.json", "its numbers do not fit each other") }
        let leftHashes = form.left.compactMap { Digest32(hex: $0) }
        guard leftHashes.count == form.left.count,
            let before = SubtreeRange(begin: 0, end: form.from, hashes: leftHashes)
        else { return report.fail(.log, "log/range.json", "the hashes on the left do not cover it") }
        left = before
        try walk(&report)
        for (size, stated) in wanted {
            for item in stated {
                report.fail(.log, item.item, "the log's root at size \(size) is not in the bundle's range")
            }
        }
        for sequence in bundle.sequences where sequence <= form.from || sequence > form.to {
            try checkProof(sequence, checkpoint, &report)
        }
        for name in bundle.file.names(under: "batches/") where name.hasSuffix("/cleared.xml") {
            guard let bytes = try bundle.file.small(name) else { continue }
            for finding in ReceiptProof.check(bytes, item: name, pins: bundle.pins) ?? [] {
                report.fail(.log, finding.item, finding.found, expected: finding.expected)
            }
            report.count("receipts CLEARED")
        }
        for name in bundle.file.names(under: "log/proofs/") {
            let sequence = UInt64(name.dropFirst("log/proofs/".utf8.count).prefix(10)) ?? 0
            if bundle.file[Bundle.name(ofFact: sequence)] == nil { report.fail(.log, name, "its fact is not there") }
        }
    }

    /// Goes through the leaves of the range once.
    private mutating func walk(_ report: inout EvidenceReport) throws {
        var tree = left
        var offset: Int64 = 0
        var index = range.from
        compare(tree, index, &report)
        while index < range.to {
            let piece = try bundle.file.read("log/leaves.bin", at: offset, count: 32 << 12)
            guard !piece.isEmpty, piece.count % 32 == 0 else {
                return report.fail(.log, "log/leaves.bin", "it is short")
            }
            offset += Int64(piece.count)
            for start in stride(from: 0, to: piece.count, by: 32) {
                guard let leaf = Digest32(bytes: Array(piece[start..<start + 32])) else { continue }
                index += 1
                if let shown = try bundle.leaf(index), shown != leaf {
                    report.fail(.log, Bundle.name(ofFact: index), "it is not the leaf of the log at its place")
                }
                tree.append(leaf, hashing)
                compare(tree, index, &report)
            }
        }
        let rightHashes = range.right.compactMap { Digest32(hex: $0) }
        guard rightHashes.count == range.right.count,
            let after = SubtreeRange(begin: range.to, end: range.size, hashes: rightHashes)
        else { return report.fail(.log, "log/range.json", "the hashes on the right do not cover the rest") }
        tree.append(after, hashing)
        guard let checkpoint, tree.root(hashing) == checkpoint.root else {
            return report.fail(.log, "log/leaves.bin", "the range does not give the checkpoint's root")
        }
        compare(tree, range.size, &report)
        report.count("leaves of the log", Int64(range.to - range.from))
    }

    private mutating func compare(_ tree: SubtreeRange, _ size: UInt64, _ report: inout EvidenceReport) {
        guard let stated = wanted.removeValue(forKey: size) else { return }
        let root = tree.root(hashing)
        for item in stated {
            report.count("stated roots of the log")
            if item.root != root {
                report.fail(
                    .log, item.item, "it states the root \(item.root) of the log's \(size) facts",
                    expected: root?.description ?? "")
            }
        }
    }

    private func checkProof(
        _ sequence: UInt64, _ checkpoint: Checkpoint, _ report: inout EvidenceReport
    ) throws {
        let name = "log/proofs/\(Bundle.number(sequence)).tlog-proof"
        guard let bytes = try bundle.file.small(name), let leaf = try bundle.leaf(sequence) else {
            return report.fail(.log, Bundle.name(ofFact: sequence), "nothing proves that it is in the log")
        }
        guard let proof = try? LogProof(parsing: bytes), proof.index == sequence - 1, proof.checkpoint == checkpoint,
            proof.proves(leaf, hashing)
        else { return report.fail(.log, name, "it does not prove its fact under the checkpoint") }
        report.count("paths to the checkpoint")
    }
}

/// The manifest's signature.
enum ManifestCheck {
    /// Ed25519, for notes.
    static func isValid(_ signature: [UInt8], _ message: [UInt8], _ publicKey: [UInt8]) -> Bool {
        (try? Ed25519PublicKey(bytes: publicKey))?.isValid(signature: signature, over: message) ?? false
    }

    /// Reads the manifest and compares its signature with the pinned keys.
    ///
    /// - Returns: nil when it does not hold; the report then says why.
    static func open(
        _ file: BundleFile, _ pins: PinsFile, _ report: inout EvidenceReport
    ) throws -> BundleManifest? {
        let name = BundleManifest.name
        guard let bytes = try file.small(name), let line = try file.small(BundleManifest.signatureName) else {
            report.fail(.archive, name, "it is missing or too long")
            return nil
        }
        guard !pins.logKeys.isEmpty else {
            report.fail(.trust, "pins", "no key of a log is pinned: the pins file has no line 'logkey'")
            return nil
        }
        guard let note = try? SignedNote(parsing: bytes + [UInt8(ascii: "\n")] + line),
            note.text.utf8.elementsEqual(bytes), note.signatures.count == 1, let signature = note.signatures.first
        else {
            report.fail(.archive, name, "its signature cannot be read")
            return nil
        }
        guard pins.logKeys.contains(where: { $0.name == signature.name && $0.id == signature.keyID }) else {
            report.fail(.trust, name, "it is signed by \(signature.name), which is not pinned")
            return nil
        }
        guard let signers = try? note.signers(among: pins.logKeys, isValid), !signers.isEmpty else {
            report.fail(.archive, name, "it is not what its key signed")
            return nil
        }
        guard let manifest = BundleManifest(text: String(decoding: bytes, as: UTF8.self)) else {
            report.fail(.archive, name, "it is not of the one form")
            return nil
        }
        compare(manifest, file, &report)
        return report.findings.isEmpty ? manifest : nil
    }

    private static func compare(_ manifest: BundleManifest, _ file: BundleFile, _ report: inout EvidenceReport) {
        let names = Array(file.names.dropFirst(2))
        let listed = Set(manifest.entries.map(\.name))
        for name in names where !listed.contains(name) { report.fail(.archive, name, "the manifest does not list it") }
        for entry in manifest.entries {
            guard let place = file[entry.name] else {
                report.fail(.archive, entry.name, "the manifest lists it, and it is missing")
                continue
            }
            guard place.digest == entry.digest else {
                report.fail(
                    .archive, entry.name, "its digest is \(place.digest)", expected: entry.digest.description)
                continue
            }
        }
        if report.findings.isEmpty, names != manifest.entries.map(\.name) {
            report.fail(.archive, BundleManifest.name, "it lists the entries in another order")
        }
        report.count("entries", Int64(names.count))
    }
}
