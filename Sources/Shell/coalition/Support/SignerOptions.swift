import ArgumentParser
import OpenSSLKit
import Primitives

/// Whose key signs.
struct SignerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The signer's certificate, PEM; further certificates travel with it.", valueName: "file"))
    var cert: String

    @Option(help: ArgumentHelp("Its private key, PEM.", valueName: "file"))
    var key: String

    @Option(help: ArgumentHelp("A file whose first line is the key's password.", valueName: "file"))
    var keyPasswordFile: String?

    /// The signer.
    func signer() throws -> CMSSigner { try SigningFiles.signer(cert, key, passwordFile: keyPasswordFile) }
}

/// Makes signers of files.
enum SigningFiles {
    static func signer(_ cert: String, _ key: String, passwordFile: String? = nil) throws -> CMSSigner {
        let certificates = try Files.certificates(cert)
        return try CMSSigner(
            certificate: certificates[0], key: try Files.key(key, passwordFile: passwordFile),
            chain: Array(certificates.dropFirst()))
    }
}
