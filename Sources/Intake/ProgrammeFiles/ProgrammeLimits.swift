/// Named limits on a programme's directory. `Specs/programme.md` lists them.
enum ProgrammeLimits {
    /// Bytes of one YAML file.
    static let fileBytes = 256 << 10
    /// Bytes of one signature file.
    static let signatureBytes = 64 << 10
    /// Files of a directory, signatures included.
    static let files = 4_096
    /// Signatures beside one file.
    static let signaturesPerFile = 32
    /// Nested lists and mappings of a YAML file.
    static let depth = 12
    /// Values of a YAML file.
    static let nodes = 20_000
    /// Repeated keys that are told one by one before a file is given up.
    static let repeatedKeys = 8
    /// Words that look like YAML aliases, and marks that look like keys of any kind; a file with more of either is
    /// refused before it is read.
    static let lookalikes = 8
    /// Characters of a name.
    static let nameCharacters = 140
    /// Windows of a calendar.
    static let windows = 4_000
    /// Years for which zones are resolved.
    static let years = 2000...2060
    /// Findings that are kept; the rest are dropped, since nobody reads further.
    static let findings = 2_000
}
