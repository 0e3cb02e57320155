import ArgumentParser
import Gateway
import Inquiry
import OpenSSLKit
import Primitives

/// Writes a fresh revocation list.
struct PKIRevocationList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl",
        abstract: "Write a new revocation list with the entries of the last one.",
        discussion: """
            A list counts until its next update; then nobody gets in until a new one is published.

            EXAMPLES
              coalition pki crl --dir pki
              coalition pki crl --dir pki --next-update 2030-01-01T00:00:00Z
            """)

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var list: RevocationListOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let begin = list.begin()
        let made = try place.folder.writeRevocationList(
            place.authority(), thisUpdate: begin, nextUpdate: list.end(from: begin))
        output.show(made.summary(place.folder), made.line(place.folder))
    }
}

/// Revokes a certificate and writes a new list.
struct PKIRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a certificate and write a new revocation list.",
        discussion: """
            EXAMPLES
              coalition pki revoke --dir pki --cert pki/MARCHE-tls.pem
            """)

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var list: RevocationListOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The certificate.", valueName: "file"))
    var cert: String

    @Option(help: ArgumentHelp("Since when it is revoked; now by default.", valueName: "instant"))
    var since: Timestamp?

    func run() throws {
        let certificate = try Files.certificate(cert)
        let authority = try place.authority()
        guard certificate.issuerDER == authority.certificate.subjectDER else {
            throw UsageError(
                "\(cert) was issued by another authority: \(certificate.issuer)", action: "name its authority")
        }
        let folder = place.folder
        var index = try folder.index()
        let since = since ?? HouseClock.machine().wholeSeconds
        if let place = index.firstIndex(where: { $0.serial == certificate.serialHex }) {
            index[place].revokedSince = index[place].revokedSince ?? since
        } else {
            index.append(
                AuthorityFolder.Issued(
                    serial: certificate.serialHex, subject: certificate.subject, profile: "",
                    fingerprint: certificate.fingerprint, notBefore: certificate.notBefore,
                    notAfter: certificate.notAfter, file: cert, revokedSince: since))
        }
        try folder.keep(index)
        let begin = list.begin()
        let made = try folder.writeRevocationList(authority, thisUpdate: begin, nextUpdate: list.end(from: begin))
        output.show(made.summary(folder), made.line(folder))
    }
}

/// Lists what an authority issued.
struct PKIList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what the authority issued, with fingerprints and revocations.",
        discussion: """
            EXAMPLES
              coalition pki list --dir pki
            """)

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        guard Files.exists(place.folder.certificateFile) else {
            throw UsageError("\(place.folder.path) holds no authority", action: "make one with 'coalition pki ca'")
        }
        let index = try place.folder.index()
        var table = TextTable(["file", "subject", "valid until", "revoked", "fingerprint"])
        for issued in index {
            table.add([
                issued.file, issued.subject, issued.notAfter.description, issued.revokedSince?.description ?? "",
                issued.fingerprint.description,
            ])
        }
        output.show(.list(index.map { .encoded($0) }), table.text)
    }
}

extension RevocationList {
    fileprivate func summary(_ folder: AuthorityFolder) -> JSONValue {
        [
            "file": .text(folder.revocationFile), "number": .number(number ?? 0), "entries": .number(entries.count),
            "thisUpdate": .of(thisUpdate), "nextUpdate": .of(nextUpdate), "digest": .of(digest),
        ]
    }

    fileprivate func line(_ folder: AuthorityFolder) -> String {
        "\(folder.revocationFile)  number \(number ?? 0), \(entries.count) revoked, next list due \(nextUpdate)"
    }
}
