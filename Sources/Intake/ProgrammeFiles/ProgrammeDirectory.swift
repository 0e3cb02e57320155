public import Primitives

/// A programme's directory as bytes: its YAML files, their signatures, and what was wrong with their names or sizes.
///
/// Layout: `programme.yaml`, `agreements/<PARTNER>.yaml`, `promotions/<ID>.yaml`, and beside each file its detached
/// signatures, `<file>.<anything>.p7s`. Other files are findings, so that nothing is ignored by a slip of the pen.
/// Reference: Specs/programme.md.
public struct ProgrammeDirectory: Hashable, Sendable {
    /// The YAML files in order of their paths.
    public let files: [SourceFile]
    /// Findings about the directory itself: unknown files, sizes, signatures without a file. Code CFG-005 or CFG-006.
    public let findings: [Finding]

    /// Makes a directory of files that are known to belong to a programme, such as those kept in the log.
    public init(files: [SourceFile]) {
        self.init(files: files, findings: [])
    }

    init(files: [SourceFile], findings: [Finding]) {
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.findings = findings
    }

    /// Sorts raw files into sources and signatures; the pure half of reading a directory.
    ///
    /// - Parameter raw: each regular file's path below the directory and its bytes.
    public init(raw: [(path: String, bytes: [UInt8])]) {
        self.init(raw: raw, log: FindingLog())
    }

    init(raw: [(path: String, bytes: [UInt8])], log: FindingLog) {
        var sources: [String: (kind: SourceKind, bytes: [UInt8])] = [:]
        var signatures: [(path: String, bytes: [UInt8])] = []
        for (path, bytes) in raw.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
            if path.hasSuffix(".p7s") {
                signatures.append((path, bytes))
            } else if let kind = Self.kind(ofPath: path) {
                sources[path] = (kind, bytes)
            } else {
                log.add(.cfg005, Spot(file: path), detail: Self.unknownFile)
            }
        }
        var bySource: [String: [SignatureFile]] = [:]
        for (path, bytes) in signatures {
            // The longest match, so that `A.yaml.B.yaml.x.p7s` cannot be claimed by two files.
            let owners = sources.keys.filter { path.hasPrefix($0 + ".") }
            guard let owner = owners.max(by: { $0.utf8.count < $1.utf8.count }) else {
                log.add(.cfg006, Spot(file: path), detail: "the file that this signature belongs to does not exist")
                continue
            }
            if bySource[owner, default: []].count == ProgrammeLimits.signaturesPerFile {
                log.add(
                    .cfg005, Spot(file: path),
                    detail: "a file has at most \(ProgrammeLimits.signaturesPerFile) signatures")
            } else {
                let name = path.split(separator: "/").last.map(String.init) ?? path
                bySource[owner, default: []].append(SignatureFile(name: name, bytes: bytes))
            }
        }
        self.init(
            files: sources.map {
                SourceFile(path: $0, kind: $1.kind, bytes: $1.bytes, signatures: bySource[$0] ?? [])
            }, findings: log.findings)
    }

    /// What a path below the directory describes, or nil for a path that is no part of a programme.
    public static func kind(ofPath path: String) -> SourceKind? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts == ["programme.yaml"] { return .programme }
        guard parts.count == 2, parts[1].hasSuffix(".yaml"), parts[1].utf8.count > 5 else { return nil }
        switch parts[0] {
        case "agreements": return .agreement
        case "promotions": return .promotion
        default: return nil
        }
    }

    private static let unknownFile =
        "a programme consists of programme.yaml, agreements/<PARTNER>.yaml, promotions/<ID>.yaml"
        + " and signatures that end in .p7s"
}
