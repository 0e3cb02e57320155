import Evidence
import Foundation
import Primitives
import TestKit

/// Takes a bundle apart and puts it together again, as a dishonest host can who holds the log's key.
struct BundleEditor {
    var entries: [(name: String, bytes: [UInt8])] = []
    private let manifest: BundleManifest

    init(_ archive: [UInt8]) throws {
        var offset = 0
        var found: [(String, [UInt8])] = []
        while let header = TarHeader.read(Array(archive[offset..<offset + 512])) {
            let start = offset + 512
            found.append((header.name, Array(archive[start..<start + Int(header.size)])))
            offset = start + Int(header.size) + TarHeader.padding(after: header.size)
        }
        manifest = try BundleManifest(text: String(decoding: found[0].1, as: UTF8.self)).need("a manifest")
        entries = found.dropFirst(2).map { (name: $0.0, bytes: $0.1) }
    }

    /// The bytes of an entry.
    subscript(name: String) -> [UInt8] {
        get { entries.first { $0.name == name }?.bytes ?? [] }
        set {
            if let index = entries.firstIndex(where: { $0.name == name }) {
                entries[index].bytes = newValue
            } else {
                entries.append((name, newValue))
            }
        }
    }

    /// Names that end with a text.
    func names(_ suffix: String) -> [String] { entries.map(\.name).filter { $0.hasSuffix(suffix) }.sorted() }

    /// Names that begin with a text.
    func names(under prefix: String) -> [String] { entries.map(\.name).filter { $0.hasPrefix(prefix) }.sorted() }

    mutating func remove(_ prefix: String) { entries.removeAll { $0.name.hasPrefix(prefix) } }

    /// Replaces a text within an entry, once.
    mutating func replace(_ old: String, _ new: String, in name: String) throws {
        let text = String(decoding: self[name], as: UTF8.self)
        guard let range = text.range(of: old) else { throw ScenarioError("\(name) has no '\(old)'") }
        self[name] = Array(text.replacingCharacters(in: range, with: new).utf8)
    }

    /// The archive with a manifest that fits, signed.
    func archive(signedBy key: LogKey) throws -> [UInt8] {
        var out: [UInt8] = []
        try BundleArchive.write(
            entries.map { BundleEntry($0.name, $0.bytes) }, manifest: manifest, key: key
        ) { out += $0 }
        return out
    }
}
