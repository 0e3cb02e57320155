import ArgumentParser
import Inquiry
import OpenSSLKit
import Primitives

/// Makes a root authority with an empty revocation list.
struct PKIAuthority: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Make a root authority: ca.pem, ca.key and an empty crl.pem.",
        discussion: """
            EXAMPLES
              coalition pki ca --dir pki --name "Coalition root"
              coalition pki ca --dir pki --not-before 2025-01-01T00:00:00Z \\
                --next-update 2030-01-01T00:00:00Z
            """)

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var validity: ValidityOptions
    @OptionGroup var list: RevocationListOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The authority's name.")
    var name = "Coalition root"

    @Option(help: "Its organisation.")
    var organization = "Coalition"

    @Option(
        name: .customLong("kind"),
        help: "The kind of key: \(KeyArgument.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind = KeyArgument.p384

    func run() throws {
        let folder = place.folder
        try Files.makeDirectory(folder.path)
        guard !Files.exists(folder.certificateFile), !Files.exists(folder.keyFile) else {
            throw UsageError("\(folder.path) holds an authority already", action: "name another directory")
        }
        let key = try PrivateKey.generate(kind.generation)
        let authority = try CertificateAuthority.root(
            subject: DistinguishedName(
                commonName: name, unit: CertificateProfile.coalitionCA.unit, organization: organization),
            key: key, validity: try validity.validity(days: 3653))
        try Files.writeSecret(Array(key.pem.utf8), to: folder.keyFile)
        try Files.write(Array(authority.certificate.pem.utf8), to: folder.certificateFile)
        let begin = list.begin(notBefore: validity.notBefore)
        try folder.writeRevocationList(authority, thisUpdate: begin, nextUpdate: list.end(from: begin))
        try folder.keep([])
        let certificate = authority.certificate
        output.show(
            [
                "certificate": .text(folder.certificateFile), "key": .text(folder.keyFile),
                "revocationList": .text(folder.revocationFile), "fingerprint": .of(certificate.fingerprint),
                "notAfter": .of(certificate.notAfter),
            ], "\(folder.certificateFile)  \(certificate.subject), valid until \(certificate.notAfter)")
    }
}

/// Issues a certificate with a new key.
struct PKIIssue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue a certificate with a new key.",
        discussion: """
            Profiles: gateway-tls, partner-tls, partner-signing, host-signing, officer, auditor, ca (an intermediate \
            authority). Files are named after the name and profile, such as MARCHE-tls.pem, MARCHE-signing.pem, \
            gateway-tls.pem, host-signing.pem; --file gives another name.

            EXAMPLES
              coalition pki issue --dir pki --profile partner-signing --name MARCHE
              coalition pki issue --dir pki --profile gateway-tls --name localhost \\
                --dns localhost --dns 127.0.0.1
              coalition pki issue --dir pki --profile officer --name "A. Maker" \\
                --file maker
            """)

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var validity: ValidityOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "What the certificate is for.")
    var profile: CertificateProfile

    @Option(help: "The subject's name: a partner id, a person, a host name.")
    var name: String

    @Option(help: "The subject's organisation.")
    var organization = "Coalition"

    @Option(
        help: ArgumentHelp("A name or IPv4 address by which a gateway is reached; may be repeated.", valueName: "name"))
    var dns: [String] = []

    @Option(
        name: .customLong("kind"),
        help: "The kind of key: \(KeyArgument.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind = KeyArgument.p256

    @Option(help: ArgumentHelp("The name of the files, without ending.", valueName: "name"))
    var file: String?

    func run() throws {
        let folder = place.folder
        let authority = try place.authority()
        var names = dns
        if profile == .gatewayTLS, names.isEmpty { names = [name] }
        let key = try PrivateKey.generate(kind.generation)
        let order = CertificateOrder(
            profile,
            subject: try DistinguishedName(commonName: name, unit: profile.unit, organization: organization),
            key: key.publicKey, validity: try validity.validity(days: profile == .coalitionCA ? 3653 : 825),
            alternativeNames: names.map { AlternativeName($0) })
        let certificate = try authority.issue(order)
        let base = file ?? Self.fileName(profile, name)
        let (pem, secret) = ("\(folder.path)/\(base).pem", "\(folder.path)/\(base).key")
        guard !Files.exists(pem) else {
            throw UsageError("\(pem) exists already", action: "give another name with --file")
        }
        try Files.writeSecret(Array(key.pem.utf8), to: secret)
        try Files.write(Array(certificate.pem.utf8), to: pem)
        var index = try folder.index()
        index.append(
            AuthorityFolder.Issued(
                serial: certificate.serialHex, subject: certificate.subject, profile: profile.rawValue,
                fingerprint: certificate.fingerprint, notBefore: certificate.notBefore, notAfter: certificate.notAfter,
                file: base + ".pem"))
        try folder.keep(index)
        output.show(
            [
                "certificate": .text(pem), "key": .text(secret), "fingerprint": .of(certificate.fingerprint),
                "serial": .text(certificate.serialHex), "notAfter": .of(certificate.notAfter),
            ], "\(pem)  \(certificate.fingerprint)")
    }

    private static func fileName(_ profile: CertificateProfile, _ name: String) -> String {
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "-" }
        return switch profile {
        case .partnerTLS: String(plain) + "-tls"
        case .partnerSigning: String(plain) + "-signing"
        case .gatewayTLS, .hostSigning: profile.rawValue
        case .coalitionCA, .officer, .auditor: String(plain)
        }
    }
}
