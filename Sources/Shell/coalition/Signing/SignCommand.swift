import ArgumentParser
import Gateway
import Inquiry
import OpenSSLKit
import Primitives

/// Signs a file.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a file: detached CMS (.p7s) beside it, or around it with --attached.",
        discussion: """
            The signature covers the file's raw bytes. What it makes, plain openssl checks:
              openssl cms -verify -binary -inform DER -in batch.xml.p7s -content batch.xml -CAfile ca.pem -out /dev/null

            EXAMPLES
              coalition sign batch.xml --cert MARCHE-signing.pem --key MARCHE-signing.key
              coalition sign message.xml --attached --cert MARCHE-signing.pem \\
                --key MARCHE-signing.key
            """)

    @Argument(help: "The file to sign.")
    var file: String

    @OptionGroup var signer: SignerOptions
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp(
            "Where to write the signature; FILE.p7s by default, FILE.p7m with --attached.", valueName: "file"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "The signing time to state; now by default. It is recorded and never judged.", valueName: "instant"))
    var at: Timestamp?

    @Flag(help: "Put the content into the signature, as real-time messages travel.")
    var attached = false

    func run() throws {
        let signer = try signer.signer()
        let instant = at ?? HouseClock.machine().wholeSeconds
        let path = out ?? file + (attached ? ".p7m" : ".p7s")
        let digest: Digest32
        if attached {
            let bytes = try Files.read(file)
            digest = SHA256.digest(bytes)
            try Files.write(try signer.signAttached(bytes, at: instant), to: path)
        } else {
            let stream = DigestStream(.sha256)
            try Files.forEachPiece(file) { stream.update($0) }
            digest = stream.finalizeDigest32()
            try Files.write(try signer.signDetached(digest: digest, at: instant), to: path)
        }
        output.show(
            [
                "signature": .text(path), "digest": .of(digest), "signer": .text(signer.certificate.subject),
                "fingerprint": .of(signer.certificate.fingerprint), "signingTime": .of(instant),
            ], path)
    }
}
