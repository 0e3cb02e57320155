public import Primitives
public import ProgrammeModel

/// A certificate for a scenario's agreement.
public struct ScenarioCertificate: Hashable, Sendable {
    /// What it is for.
    public let usage: CertificateUsage
    /// The certificate, PEM.
    public let pem: String
    /// SHA-256 of its DER bytes.
    public let fingerprint: Digest32

    /// Describes a certificate.
    public init(usage: CertificateUsage, pem: String, fingerprint: Digest32) {
        self.usage = usage
        self.pem = pem
        self.fingerprint = fingerprint
    }
}

/// Programmes of the scenarios as templates: complete but for the certificates, which are made when a scenario is
/// played.
///
/// The templates stand in `Specs/scenarios/` for people; here they are part of the program, which is one file.
public enum ScenarioProgramme {
    /// The programme of the golden scenario, `Specs/scenarios/golden/programme`.
    public static var golden: [SourceFile] {
        GoldenTemplates.all.map { path, text in
            // The paths of the templates are those of a programme; a test reads them as one.
            SourceFile(path: path, kind: ProgrammeDirectory.kind(ofPath: path) ?? .programme, bytes: Array(text.utf8))
        }
    }

    /// Puts certificates into the agreements of templates, in place of their empty list `certificates: []`.
    ///
    /// - Parameters:
    ///   - templates: the files; each agreement that gets certificates has the line `certificates: []`.
    ///   - certificates: by partner; a partner that is left out keeps its empty list.
    ///   - activeFrom: the instant from which the certificates count.
    public static func filled(
        _ templates: [SourceFile], certificates: [PartnerID: [ScenarioCertificate]],
        activeFrom: Timestamp = Timestamp(milliseconds: 1_735_689_600_000)
    ) -> [SourceFile] {
        templates.map { file in
            guard file.kind == .agreement, let partner = try? PartnerID(file.name),
                let grants = certificates[partner], !grants.isEmpty
            else { return file }
            var lines = String(decoding: file.bytes, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard let place = lines.firstIndex(of: "certificates: []") else {
                preconditionFailure("the template \(file.path) has no line 'certificates: []'")
            }
            lines.replaceSubrange(place...place, with: ["certificates:"] + grants.flatMap { entry($0, activeFrom) })
            let text = lines.joined(separator: "\n")
            return SourceFile(path: file.path, kind: file.kind, bytes: Array(text.utf8), signatures: file.signatures)
        }
    }

    /// Writes templates with their certificates as a programme's directory, unsigned.
    ///
    /// - Returns: the files as written.
    /// - Throws: `Fault` when a file cannot be written.
    @discardableResult
    public static func write(
        to directory: String, from templates: [SourceFile] = golden,
        certificates: [PartnerID: [ScenarioCertificate]],
        activeFrom: Timestamp = Timestamp(milliseconds: 1_735_689_600_000)
    ) throws(Fault) -> [SourceFile] {
        let files = filled(templates, certificates: certificates, activeFrom: activeFrom)
        try write(files, to: directory)
        return files
    }

    private static func entry(_ certificate: ScenarioCertificate, _ activeFrom: Timestamp) -> [String] {
        let pem = certificate.pem.split(whereSeparator: \.isNewline).map { "      \($0)" }
        return [
            "  - usage: \(certificate.usage.rawValue)",
            "    fingerprint: \(certificate.fingerprint)",
            "    activeFrom: \(activeFrom)",
            "    pem: |",
        ] + pem
    }
}
