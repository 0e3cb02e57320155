import ArgumentParser
import Gateway
import OpenSSLKit
import Primitives
import ProgrammeModel

/// The use of a partner's key as an argument: `sign` or `tls`.
enum KeyUseArgument: String, ExpressibleByArgument, CaseIterable {
    case sign, tls

    var usage: CertificateUsage { self == .tls ? .tls : .signing }
}

/// Registers a new key of a partner.
struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Register a partner's new key, signed by an active key and by the new one; print the signed reply.",
        discussion: """
            The new certificate replaces the one that signs (--use sign) or the one of the connection (--use tls), or \
            the one of --replaces. The old key ends at --old-until, at the latest 90 days after --from.

            EXAMPLES
              coalition keys rotate --use sign --new-cert new.pem --new-key new.key \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key \\
                --from 2026-04-01T00:00:00Z --old-until 2026-04-15T00:00:00Z \\
                --gateway gateway.example:7443 --tls-cert MARCHE-tls.pem \\
                --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @Option(help: "What the key is for: sign or tls.")
    var use: KeyUseArgument

    @Option(help: ArgumentHelp("The new certificate, PEM.", valueName: "file"))
    var newCert: String

    @Option(help: ArgumentHelp("Its private key, PEM, which proves that it is at hand.", valueName: "file"))
    var newKey: String

    @Option(help: ArgumentHelp("From when it counts; an instant that is past means at once.", valueName: "instant"))
    var from: Timestamp

    @Option(help: ArgumentHelp("The fingerprint of the key that it replaces.", valueName: "fingerprint"))
    var replaces: Digest32?

    @Option(help: ArgumentHelp("When the replaced key ends.", valueName: "instant"))
    var oldUntil: Timestamp?

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Where to write the reply as it was signed (.p7m).", valueName: "file"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let certificate = try Files.certificate(newCert)
        var replaced = replaces
        if replaced == nil {
            let old = use == .sign ? signer.cert : place.connection.tlsCert
            replaced = try old.map { try Files.certificate($0).fingerprint }
        }
        guard oldUntil == nil || replaced != nil else {
            throw UsageError("--old-until ends no key", action: "name it with --replaces")
        }
        let document = KeyChangeDocument.rotate(
            KeyChangeDocument.Rotation(
                partner: try KeyChangeDelivery.partner(of: newCert), use: use.usage, from: from, replaces: replaced,
                oldUntil: oldUntil, pem: certificate.pem))
        let delivery = KeyChangeDelivery(
            document: document, signer: try signer.signer(), newSigner: try SigningFiles.signer(newCert, newKey))
        let (answer, content) = try await delivery.deliver(place)
        if let out { try Files.write(answer, to: out) }
        Console.write(content)
    }
}

/// Suspends a partner's own key.
struct KeysSuspend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Suspend one of a partner's own keys at once and for ever; print the signed reply.",
        discussion: """
            The request is signed by any active signing key of the partner, or by the key itself. The host's officers \
            do the same with 'coalition act suspend-key'.

            EXAMPLES
              coalition keys suspend 5c83... --cert MARCHE-signing.pem \\
                --key MARCHE-signing.key --gateway gateway.example:7443 \\
                --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @Argument(help: "The fingerprint of the key's certificate.")
    var fingerprint: Digest32

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Where to write the reply as it was signed (.p7m).", valueName: "file"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let document = KeyChangeDocument.suspend(try KeyChangeDelivery.partner(of: signer.cert), fingerprint)
        let delivery = KeyChangeDelivery(document: document, signer: try signer.signer(), newSigner: nil)
        let (answer, content) = try await delivery.deliver(place)
        if let out { try Files.write(answer, to: out) }
        Console.write(content)
    }
}
