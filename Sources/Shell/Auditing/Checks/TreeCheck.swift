import Evidence
import FileStore
import Foundation
import Journal
import OpenSSLKit
import Primitives
import Transparency

/// The trees of files' records: whole ones give their seals' roots, single leaves lead to them.
struct TreeCheck {
    let bundle: Bundle
    private let hashing = OpenSSLTreeHashing()
    private var seals: [UInt64: RecordsSeal] = [:]

    init(_ bundle: Bundle) throws {
        self.bundle = bundle
        var seals: [UInt64: RecordsSeal] = [:]
        try bundle.forEachFact { envelope in
            if case .sealed(.records(let seal)) = envelope.fact { seals[seal.received] = seal }
        }
        self.seals = seals
    }

    func check(_ report: inout EvidenceReport) throws {
        for (received, seal) in seals.sorted(by: { $0.key < $1.key }) {
            let number = Bundle.number(received)
            if seal.leaf != RecordLeaf.version {
                report.fail(.log, "batches/\(number)", "its leaves are of version \(seal.leaf), which is not known")
            }
            if let rows = try SealedRows(bundle, "batches/\(number)/") { try check(rows, seal, &report) }
            for folder in ["batches/\(number)/", "shared/\(number)/"] where bundle.file[folder + "leaves.bin"] != nil {
                try checkLeaves(folder + "leaves.bin", seal, &report)
            }
            if bundle.file["shared/\(number)/masked.jsonl"] != nil {
                try checkMasked("shared/\(number)/", seal, &report)
            }
        }
        for name in bundle.file.names(under: "priors/") + bundle.file.names(under: "records/")
        where name.hasSuffix(".json") {
            if name.hasSuffix(ErasedLeaf.ending) {
                try checkErasedLeaf(name, &report)
            } else {
                try checkLeaf(name, &report)
            }
        }
    }

    /// Of an erased or closed batch its leaves are there, which say nothing and still give the sealed root.
    private func checkLeaves(_ name: String, _ seal: RecordsSeal, _ report: inout EvidenceReport) throws {
        guard bundle.erased.contains(seal.received) else {
            return report.fail(.completeness, name, "no act that is shown erases or closes what it stands for")
        }
        var tree = TreeFrontier()
        var offset: Int64 = 0
        while true {
            let piece = try bundle.file.read(name, at: offset, count: 32 << 12)
            guard !piece.isEmpty else { break }
            offset += Int64(piece.count)
            for start in stride(from: 0, to: piece.count, by: 32) {
                guard let leaf = Digest32(bytes: Array(piece[start..<min(start + 32, piece.count)])) else {
                    return report.fail(.log, name, "it is not made of leaves")
                }
                tree.append(leaf, hashing)
            }
        }
        guard Int64(tree.size) == seal.count, tree.root(hashing) == seal.root else {
            return report.fail(.log, name, "its leaves do not give the root that is sealed")
        }
        report.count("erased records in trees", seal.count)
    }

    private func checkErasedLeaf(_ name: String, _ report: inout EvidenceReport) throws {
        guard let leaf = try ErasedLeaf.read(bundle, name), let seal = seals[leaf.batch],
            let hash = Digest32(hex: leaf.leaf), bundle.erased.contains(leaf.batch)
        else { return report.fail(.log, name, "it cannot be read, or its seal or the act is not among the facts") }
        let path = leaf.path.compactMap { Digest32(hex: $0) }
        guard path.count == leaf.path.count,
            InclusionProof.isValid(
                path, leaf: hash, index: leaf.index, size: UInt64(seal.count), root: seal.root, hashing)
        else { return report.fail(.log, name, "it does not lead to the sealed root") }
        report.count("erased records")
    }

    private func check(_ rows: SealedRows, _ seal: RecordsSeal, _ report: inout EvidenceReport) throws {
        checkLines(rows.lines, rows.folder, &report)
        var tree = TreeFrontier()
        var messages = LeafMessages()
        try rows.forEach { row in tree.append(rows.leaf(row, &messages), hashing) }
        guard Int64(tree.size) == seal.count, tree.root(hashing) == seal.root,
            rows.lines.window == seal.window.text
        else {
            return report.fail(.log, rows.folder + "records.bin", "its records do not give the root that is sealed")
        }
        report.count("records in trees", seal.count)
    }

    private func checkLines(_ lines: LinesReading, _ folder: String, _ report: inout EvidenceReport) {
        for (index, line) in lines.lines.enumerated() {
            if let defect = LinesReading.defect(line) {
                report.fail(.log, folder + "lines.json", "line \(index): \(defect)")
            }
        }
    }

    private func checkMasked(_ folder: String, _ seal: RecordsSeal, _ report: inout EvidenceReport) throws {
        guard let bytes = try bundle.file.small(folder + "lines.json"), let lines = LinesReading(bytes),
            let sets = lines.setDigests
        else { return report.fail(.log, folder + "lines.json", "it cannot be read") }
        checkLines(lines, folder, &report)
        for leaf in try MaskedLeaf.all(bundle, folder) {
            guard let data = Hex.decode(leaf.data), let reading = LeafReading(data), sets.indices.contains(leaf.set),
                reading.lines == sets[leaf.set], reading.shares.count == lines.sets[leaf.set].lines.count,
                reading.entry.record == UInt32(leaf.index) + 1,
                leads(data, leaf.index, leaf.path, to: seal)
            else {
                report.fail(.log, folder + "masked.jsonl", "record \(leaf.index + 1) does not lead to the sealed root")
                continue
            }
            report.count("masked records")
        }
    }

    private func leads(_ data: [UInt8], _ index: UInt64, _ path: [String], to seal: RecordsSeal) -> Bool {
        let hashes = path.compactMap { Digest32(hex: $0) }
        return hashes.count == path.count
            && InclusionProof.isValid(
                hashes, leaf: hashing.leaf(data.span), index: index, size: UInt64(seal.count), root: seal.root, hashing)
    }

    private func checkLeaf(_ name: String, _ report: inout EvidenceReport) throws {
        guard let prior = try WholeLeaf.read(bundle, name) else { return report.fail(.log, name, "it cannot be read") }
        guard let seal = seals[prior.batch] else { return report.fail(.log, name, "its seal is not among the facts") }
        for line in prior.lines {
            if let defect = LinesReading.defect(line) { report.fail(.log, name, defect) }
        }
        guard let data = Hex.decode(prior.data), let reading = LeafReading(data),
            let digest = LinesReading.setDigest(
                window: prior.window, promotion: prior.promotion, lines: prior.lines.map(\.digest)),
            reading.lines == (prior.lines.isEmpty && prior.promotion.isEmpty ? .zero : digest),
            reading.privately == prior.privateDigest(reading.entry), prior.window == seal.window.text,
            reading.entry.record == UInt32(prior.index) + 1, leads(data, prior.index, prior.path, to: seal)
        else { return report.fail(.log, name, "it does not lead to the sealed root") }
        report.count("single records")
    }
}

/// The data of a leaf, taken apart.
struct LeafReading {
    var entry: RecordEntry
    var left: Int64
    var shares: [Int64]
    var lines: Digest32
    var privately: Digest32

    init?(_ data: [UInt8]) {
        guard data.count >= RecordLeaf.headBytes + 65 else { return nil }
        var reader = BigEndianReader(data[...])
        guard let (entry, left) = SealedRow.head(&reader) else { return nil }
        self.entry = entry
        self.left = left
        let count = Int(reader.integer(1))
        guard reader.count == count * 8 + 64 else { return nil }
        shares = (0..<count).map { _ in Int64(bitPattern: reader.integer(8)) }
        guard let lines = Digest32(bytes: Array(reader.take(32))),
            let privately = Digest32(bytes: Array(reader.take(32)))
        else { return nil }
        self.lines = lines
        self.privately = privately
    }
}

/// A leaf of another partner's batch.
struct MaskedLeaf: Decodable {
    var data: String
    var index: UInt64
    var path: [String]
    var set: Int

    static func all(_ bundle: Bundle, _ folder: String) throws -> [MaskedLeaf] {
        guard let bytes = try bundle.file.small(folder + "masked.jsonl", atMost: 1 << 30) else { return [] }
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            do { return try JSONDecoder().decode(MaskedLeaf.self, from: Data(line)) } catch {
                throw BundleFile.BundleDefect(item: folder + "masked.jsonl", found: "a line cannot be read")
            }
        }
    }
}

/// One record's leaf of an erased batch.
struct ErasedLeaf: Decodable {
    static let ending = ".leaf.json"

    var batch: UInt64
    var index: UInt64
    var leaf: String
    var path: [String]

    static func read(_ bundle: Bundle, _ name: String) throws -> ErasedLeaf? {
        guard let bytes = try bundle.file.small(name) else { return nil }
        return try? JSONDecoder().decode(ErasedLeaf.self, from: Data(bytes))
    }
}

/// One record's leaf with everything that it is made of.
struct WholeLeaf: Decodable {
    var batch: UInt64
    var data: String
    var index: UInt64
    var lines: [LinesReading.Line]
    var path: [String]
    var `private`: Private
    var promotion: String
    var window: String

    struct Private: Decodable {
        var content: String
        var identity: String
        var length: UInt32
        var member: String
        var offset: UInt64
        var original: String
        var salt: String
    }

    static func read(_ bundle: Bundle, _ name: String) throws -> WholeLeaf? {
        guard let bytes = try bundle.file.small(name) else { return nil }
        return try? JSONDecoder().decode(WholeLeaf.self, from: Data(bytes))
    }

    /// The record's entry with its private part; nil when that cannot be read.
    func entry(_ head: RecordEntry) -> RecordEntry? {
        var entry = head
        let parts = self.private.original.split(separator: "-")
        guard let content = Digest16(hexadecimal: self.private.content),
            let identity = Digest16(hexadecimal: self.private.identity),
            let member = Digest16(hexadecimal: self.private.member), parts.count == 2,
            let batch = UInt64(parts[0]), let record = UInt32(parts[1])
        else { return nil }
        (entry.content, entry.identity, entry.member) = (content, identity, member)
        (entry.offset, entry.length) = (self.private.offset, self.private.length)
        entry.original = batch == 0 ? nil : RecordLocation(batch: batch, record: record)
        return entry
    }

    func privateDigest(_ head: RecordEntry) -> Digest32? {
        guard let entry = entry(head), let salt = Digest16(hexadecimal: self.private.salt) else { return nil }
        var message = HashMessage()
        RecordLeaf.writePrivate(entry, salt: salt, into: &message)
        return OpenSSLTreeHashing.digest(padded: message.words.span)
    }
}
