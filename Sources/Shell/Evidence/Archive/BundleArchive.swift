import Primitives

/// Writes entries as a bundle: manifest, its signature, then the entries in the order of their names.
public enum BundleArchive {
    /// Writes a bundle.
    ///
    /// - Parameters:
    ///   - entries: in any order, each name once.
    ///   - manifest: everything but its entries.
    ///   - key: signs the manifest.
    ///   - sink: takes the archive's bytes.
    /// - Throws: `Fault` for a name or size that the form does not allow, or when bytes cannot be read; what the sink
    ///   throws.
    public static func write(
        _ entries: [BundleEntry], manifest: BundleManifest, key: LogKey, to sink: BundleEntry.Sink
    ) throws {
        let sorted = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (entry, next) in zip(sorted, sorted.dropFirst()) where entry.name == next.name {
            throw Fault("\(entry.name) would stand twice in the bundle")
        }
        for entry in sorted {
            guard TarHeader.accepts(entry.name), entry.size <= TarHeader.maximumSize,
                entry.name.utf8.first.map({ $0 > UInt8(ascii: "M") }) == true
            else { throw Fault("\(entry.name): an archive has no entry of this name or of \(entry.size) bytes") }
        }
        var manifest = manifest
        manifest.entries = sorted.map { BundleManifest.Entry(name: $0.name, digest: $0.digest) }
        let text = manifest.text
        let head = [
            BundleEntry(BundleManifest.name, Array(text.utf8)),
            BundleEntry(BundleManifest.signatureName, Array(try key.signatureLine(over: text).utf8)),
        ]
        for entry in head + sorted {
            try sink(TarHeader.bytes(name: entry.name, size: entry.size)[...])
            try entry.write(to: sink)
            let padding = TarHeader.padding(after: entry.size)
            if padding > 0 { try sink([UInt8](repeating: 0, count: padding)[...]) }
        }
        try sink([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes)[...])
    }
}
