import ArgumentParser
import Gateway
import OpenSSLKit
import Primitives

/// Makes and keeps a small PKI: an authority, its certificates and its revocation list.
struct PKICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pki",
        abstract: "Make an authority, issue and revoke certificates, publish revocation lists.",
        discussion: """
            Keys are written unencrypted, readable for their owner only. In earnest each party makes its own key; \
            Certs/README.md says how.

            EXAMPLES
              coalition pki ca      --dir pki --name "Coalition root"
              coalition pki issue   --dir pki --profile host-signing --name HOST
              coalition pki issue --dir pki --profile gateway-tls \\
                --name gateway.example --dns gateway.example
              coalition pki issue   --dir pki --profile officer --name "A. Maker"
              coalition pki issue   --dir pki --profile partner-signing --name MARCHE
              coalition pki revoke  --dir pki --cert pki/MARCHE-tls.pem
              coalition pki crl     --dir pki
            """,
        subcommands: [PKIAuthority.self, PKIIssue.self, PKIRevocationList.self, PKIRevoke.self, PKIList.self])
}

/// Where the authority's files are.
struct AuthorityOptions: ParsableArguments {
    @Option(
        name: [.customLong("dir"), .customLong("out")],
        help: ArgumentHelp("The authority's directory: ca.pem, ca.key, crl.pem, index.json.", valueName: "dir"))
    var directory: String

    @Option(help: ArgumentHelp("A file whose first line is the password of ca.key.", valueName: "file"))
    var keyPasswordFile: String?

    var folder: AuthorityFolder { AuthorityFolder(path: directory) }

    func authority() throws -> CertificateAuthority { try folder.authority(passwordFile: keyPasswordFile) }
}

/// From when to when a revocation list holds.
struct RevocationListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When the list is made; now by default.", valueName: "instant"))
    var thisUpdate: Timestamp?

    @Option(
        help: ArgumentHelp(
            "When the next list is due; 8 days later by default. From then on nobody gets in.",
            valueName: "instant"))
    var nextUpdate: Timestamp?

    func begin(notBefore: Timestamp? = nil) -> Timestamp {
        thisUpdate ?? notBefore ?? HouseClock.machine().wholeSeconds
    }

    /// 8 days from now or from the list's beginning, whichever is later, so that an authority made for the past works
    /// today.
    func end(from begin: Timestamp) -> Timestamp {
        nextUpdate ?? max(begin, HouseClock.machine().wholeSeconds).adding(days: 8)
    }
}

/// From when to when a certificate holds.
struct ValidityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first instant of validity; now by default.", valueName: "instant"))
    var notBefore: Timestamp?

    @Option(help: ArgumentHelp("The end of validity.", valueName: "instant"))
    var notAfter: Timestamp?

    func validity(days: Int64) throws -> Validity {
        let begin = notBefore ?? HouseClock.machine().wholeSeconds
        return try Validity(
            from: begin, to: notAfter ?? max(begin, HouseClock.machine().wholeSeconds).adding(days: days))
    }
}

/// A kind of key: `p256`, `p384`, `rsa2048`, `rsa3072`, `rsa4096`.
enum KeyArgument: String, ExpressibleByArgument, CaseIterable {
    case p256, p384, rsa2048, rsa3072, rsa4096

    var generation: PrivateKey.Generation {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .rsa2048: .rsa(bits: 2048)
        case .rsa3072: .rsa(bits: 3072)
        case .rsa4096: .rsa(bits: 4096)
        }
    }
}
