import ArgumentParser
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// Signs the files of a programme that one signer must sign.
struct ProgrammeSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign the files of a programme: all as maker or checker, one's own as a partner.",
        discussion: """
            Writes FILE.maker.p7s or FILE.checker.p7s beside each file. A partner, who is known by its signing \
            certificate in its agreement, signs that agreement and the promotions that it funds: FILE.PARTNER.p7s. \
            Look at what you sign: 'coalition programme show' and 'diff'.

            EXAMPLES
              coalition programme sign programme --as maker --cert maker.pem \\
                --key maker.key
              coalition programme sign programme --as partner \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key
            """)

    @Argument(help: "The programme's directory.")
    var directory: String

    @Option(name: .customLong("as"), help: "In which part: maker, checker or partner.")
    var part: ProgrammePart

    @OptionGroup var signer: SignerOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("The signing time to state; now by default.", valueName: "instant"))
    var at: Timestamp?

    func run() throws {
        let (read, programme) = try ProgrammeSource.read(directory)
        let signer = try signer.signer()
        let (name, files) = try Self.choice(part, signer.certificate, read, programme)
        let instant = at ?? HouseClock.machine().wholeSeconds
        var written: [String] = []
        for file in files {
            let path = "\(directory)/\(file.path).\(name).p7s"
            try Files.write(try signer.signDetached(file.bytes, at: instant), to: path)
            written.append(path)
        }
        output.show(
            ["signer": .text(name), "signatures": .texts(written)], written.map { $0 + "\n" }.joined())
    }

    private static func choice(
        _ part: ProgrammePart, _ certificate: Certificate, _ directory: ProgrammeDirectory, _ programme: Programme
    ) throws -> (name: String, files: [SourceFile]) {
        guard part == .partner else { return (part.rawValue, directory.files) }
        let agreement = programme.agreements.first { agreement in
            agreement.certificates.contains { $0.fingerprint == certificate.fingerprint && $0.usage == .signing }
        }
        guard let partner = agreement?.partner else {
            throw UsageError(
                "no agreement registers this certificate for signing: \(certificate.subject)",
                action: "add it to the partner's agreement, or sign with the registered one")
        }
        let files = directory.files.filter { file in
            switch file.kind {
            case .programme: false
            case .agreement: file.name == partner.text
            case .promotion:
                programme.promotions.contains { promotion in
                    promotion.id.text == file.name && promotion.funders.contains { $0.funder == partner }
                }
            }
        }
        return (partner.text, files)
    }
}

/// The parts in which a programme's file is signed.
enum ProgrammePart: String, ExpressibleByArgument, CaseIterable {
    case maker, checker, partner
}
