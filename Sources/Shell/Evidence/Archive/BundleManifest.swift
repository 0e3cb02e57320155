public import Primitives

/// The list of a bundle's entries, which `sha256sum -c` can check. Specs/evidence.md, The bundle.
public struct BundleManifest: Hashable, Sendable {
    /// The names of the list and its signature: the first two entries.
    public static let name = "MANIFEST"
    /// The signature line over the list.
    public static let signatureName = "MANIFEST.sig"
    /// The first line.
    public static let version = "# coalition-evidence 1"

    /// What the bundle is about: pairs such as `window=W-2026-03B`.
    public var scope: [(key: String, value: String)]
    /// The programme.
    public var programme: String
    /// The host.
    public var host: String
    /// The size of the checkpoint that all proofs lead to.
    public var checkpointSize: UInt64
    /// The log's name.
    public var origin: String
    /// When the bundle was made.
    public var made: String
    /// Entries in order, without the list and its signature.
    public var entries: [Entry]

    /// An entry's name and digest.
    public struct Entry: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// SHA-256 of its bytes.
        public var digest: Digest32

        /// Names an entry.
        public init(name: String, digest: Digest32) {
            self.name = name
            self.digest = digest
        }
    }

    /// Makes a list; the parameters are the properties of the same names.
    public init(
        scope: [(key: String, value: String)], programme: String, host: String, checkpointSize: UInt64, origin: String,
        made: String, entries: [Entry]
    ) {
        self.scope = scope
        self.programme = programme
        self.host = host
        self.checkpointSize = checkpointSize
        self.origin = origin
        self.made = made
        self.entries = entries
    }

    /// The list's text.
    public var text: String {
        var lines = [
            Self.version, "# scope " + scope.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
            "# programme \(programme) host=\(host)", "# checkpoint \(checkpointSize) \(origin)", "# made \(made)",
        ]
        lines += entries.map { "\($0.digest)  \($0.name)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a list; nil unless it is exactly what `text` makes.
    public init?(text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 6, lines.removeLast().isEmpty, lines[0] == Self.version,
            let scope = Self.rest(lines[1], "# scope "), let programme = Self.rest(lines[2], "# programme "),
            let checkpoint = Self.rest(lines[3], "# checkpoint "), let made = Self.rest(lines[4], "# made ")
        else { return nil }
        let pairs = scope.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1) }
        guard pairs.allSatisfy({ $0.count == 2 }) else { return nil }
        let house = programme.split(separator: " ")
        let place = checkpoint.split(separator: " ")
        guard house.count == 2, house[1].hasPrefix("host="), place.count == 2, let size = UInt64(place[0]) else {
            return nil
        }
        var entries: [Entry] = []
        for line in lines.dropFirst(5) {
            guard line.utf8.count > 66, let digest = Digest32(hex: String(line.prefix(64))) else { return nil }
            entries.append(Entry(name: String(line.dropFirst(66)), digest: digest))
        }
        self.init(
            scope: pairs.map { (String($0[0]), String($0[1])) }, programme: String(house[0]),
            host: String(house[1].dropFirst(5)), checkpointSize: size, origin: String(place[1]), made: made,
            entries: entries)
        guard self.text == text else { return nil }
    }

    private static func rest(_ line: String, _ head: String) -> String? {
        line.hasPrefix(head) ? String(line.dropFirst(head.count)) : nil
    }

    /// The value of a key of the scope, or nil.
    public func scoped(_ key: String) -> String? { scope.first { $0.key == key }?.value }

    /// Compares all that the list says.
    public static func == (a: BundleManifest, b: BundleManifest) -> Bool { a.text == b.text }

    /// Hashes all that the list says.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
