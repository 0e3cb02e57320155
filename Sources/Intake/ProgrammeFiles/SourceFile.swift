/// What a file of a programme's directory describes.
public enum SourceKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// `programme.yaml`: the host, the currencies, the calendar, the officers.
    case programme = "PROGRAMME"
    /// `agreements/<PARTNER>.yaml`: what is agreed with one partner.
    case agreement = "AGREEMENT"
    /// `promotions/<ID>.yaml`: a jointly funded promotion.
    case promotion = "PROMOTION"
}

/// A detached signature as it stands in the directory; nothing here has been verified.
public struct SignatureFile: Hashable, Sendable, Codable {
    /// The file's name without its folder, such as `MARCHE.yaml.maker.p7s`.
    public let name: String
    /// Its bytes.
    public let bytes: [UInt8]

    /// Wraps a signature.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// One YAML file of a programme's directory with the detached signatures that lie beside it.
///
/// The bytes are those that the signatures cover; nothing here has been verified.
public struct SourceFile: Hashable, Sendable, Codable {
    /// The path below the directory, such as `agreements/MARCHE.yaml`.
    public let path: String
    /// What the file describes.
    public let kind: SourceKind
    /// The file's bytes as they were read.
    public let bytes: [UInt8]
    /// The signatures whose names begin with the file's name, in order of names.
    public let signatures: [SignatureFile]

    /// Wraps a file.
    public init(path: String, kind: SourceKind, bytes: [UInt8], signatures: [SignatureFile] = []) {
        self.path = path
        self.kind = kind
        self.bytes = bytes
        self.signatures = signatures
    }

    /// The file's name without folder and `.yaml`: a partner's or a promotion's id.
    public var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".yaml") ? String(last.dropLast(5)) : last
    }
}
