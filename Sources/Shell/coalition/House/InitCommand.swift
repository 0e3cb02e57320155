import ArgumentParser
import Gateway
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel

/// Makes a data directory with its first fact and its configuration.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory: its first fact, for ever, and gateway.yaml.",
        discussion: """
            The first fact records the authority, the host's signing certificate, the first officers and the clock. A \
            maker and another checker are needed. An officer is ROLE[,ROLE]=CERTIFICATE, a PEM file or the \
            certificate's SHA-256 in hexadecimal digits; ROLE is maker, checker, operator or auditor. ROLE:NAME=... \
            names the officer; else the certificate's common name does, or the role.

            With --clock test the house lives by a clock that stands still until 'coalition clock advance' moves it.

            EXAMPLES
              coalition init --data house --ca pki/ca.pem --crl pki/crl.pem \\
                --host-cert pki/host-signing.pem --host-key pki/host-signing.key \\
                --tls-cert pki/gateway-tls.pem --tls-key pki/gateway-tls.key \\
                --officer maker=pki/maker.pem --officer checker=pki/checker.pem
              coalition init --data house --clock test --at 2026-02-16T00:00:00+01:00 ...
            """)

    @Option(help: ArgumentHelp("The data directory to make; its parent must exist.", valueName: "dir"))
    var data: String

    @Option(help: ArgumentHelp("The coalition's authority, PEM.", valueName: "file"))
    var ca: String

    @Option(help: ArgumentHelp("The authority's revocation list; may be repeated.", valueName: "file"))
    var crl: [String] = []

    @Option(help: ArgumentHelp("The certificate that signs what the host issues, PEM.", valueName: "file"))
    var hostCert: String

    @Option(help: ArgumentHelp("Its key, PEM.", valueName: "file"))
    var hostKey: String

    @Option(help: ArgumentHelp("A file whose first line is that key's password.", valueName: "file"))
    var hostKeyPasswordFile: String?

    @Option(help: ArgumentHelp("The gateway's TLS certificate, PEM.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Its key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(help: ArgumentHelp("A first officer of the host; may be repeated.", valueName: "role=certificate"))
    var officer: [OfficerArgument]

    @Option(help: "The clock that the house lives by, for ever: system or test.")
    var clock = ClockArgument.system

    @Option(
        help: ArgumentHelp(
            "The time of the first fact, where a test clock begins; now by default.", valueName: "instant"))
    var at: Timestamp?

    @Option(help: "The address that the gateway listens on.")
    var bind = "127.0.0.1"

    @Option(help: "The port that the gateway listens on.")
    var port = 7443

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if clock == .system, at != nil { throw ValidationError("--at belongs to --clock test") }
        guard (0...65535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535") }
        if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key come together") }
    }

    func run() throws {
        try Files.requireParent(of: data)
        let authorities = try Files.certificates(ca)
        let certificate = try Files.certificate(hostCert)
        let instant = at ?? HouseClock.machine()
        try check(certificate, authorities, at: instant)
        let officers = try officer.map { try $0.officer() }
        var configuration = GatewayConfiguration()
        configuration.hostCertificate = hostCert
        configuration.hostKey = hostKey
        configuration.hostKeyPasswordFile = hostKeyPasswordFile
        configuration.tlsCertificate = tlsCert
        configuration.tlsKey = tlsKey
        configuration.authority = ca
        configuration.revocationLists = crl
        configuration.bind = bind
        configuration.port = port
        _ = try configuration.hostSigner()
        _ = try Files.revocationLists(crl)
        try HouseOpening.found(
            data,
            HouseOpening.Founding(
                clock: clock == .test ? .test : .system, at: instant, authorities: authorities.map(\.pem),
                officers: officers, hostCertificate: certificate))
        let path = "\(data)/\(GatewayConfiguration.fileName)"
        try Files.write(Array(configuration.text(in: data).utf8), to: path)
        output.show(
            [
                "data": .text(data), "configuration": .text(path), "clock": .text(clock.rawValue), "at": .of(instant),
                "hostCertificate": .of(certificate.fingerprint), "officers": .list(officers.map { .encoded($0) }),
            ], text(officers, path, instant))
    }

    private func text(_ officers: [Officer], _ path: String, _ instant: Timestamp) -> String {
        let names = officers.map { "\($0.name) (\($0.roles.map { $0.rawValue.lowercased() }.joined(separator: ", ")))" }
        return """
            \(data) is a data directory on the \(clock.rawValue) clock from \(instant)
            officers: \(names.joined(separator: ", "))
            configuration: \(path)
            """
    }

    /// The host's own certificate must be one that partners can verify.
    private func check(_ certificate: Certificate, _ authorities: [Certificate], at instant: Timestamp) throws {
        let trust = try TrustStore(
            roots: authorities.filter(\.isSelfIssued), intermediates: authorities.filter { !$0.isSelfIssued },
            revocationLists: [], revocation: .notChecked)
        let verdict = trust.judge(certificate, purposes: [.hostSigning], at: instant)
        guard let problem = verdict.problems.first else { return }
        throw UsageError(
            "\(hostCert) cannot sign for the host: \(problem.detail)",
            action: "issue one with 'coalition pki issue --profile host-signing'")
    }
}

/// A clock by name.
enum ClockArgument: String, ExpressibleByArgument, CaseIterable {
    case system, test
}

/// An officer as a command line names one: `ROLE[,ROLE][:NAME]=CERTIFICATE`.
struct OfficerArgument: ExpressibleByArgument {
    private let roles: [OfficerRole]
    private let name: String?
    private let certificate: String

    init?(argument: String) {
        let halves = argument.split(separator: "=", maxSplits: 1)
        guard halves.count == 2 else { return nil }
        let names = halves[0].split(separator: ":", maxSplits: 1).map(String.init)
        let roles = names[0].split(separator: ",").map { OfficerRole(rawValue: $0.uppercased()) }
        guard !roles.isEmpty, !roles.contains(nil) else { return nil }
        self.roles = roles.compactMap { $0 }
        name = names.count == 2 ? names[1] : nil
        certificate = String(halves[1])
    }

    /// The officer, with the certificate read where it is a file.
    ///
    /// - Throws: `UsageError` when the file holds no certificate.
    func officer() throws -> Officer {
        let role = roles[0].rawValue.lowercased()
        if let fingerprint = Digest32(hex: certificate) {
            return Officer(name: name ?? role, fingerprint: fingerprint, roles: roles)
        }
        let file = try Files.certificate(certificate)
        let common = file.subject.split(separator: ",").first { $0.hasPrefix("CN=") }.map { String($0.dropFirst(3)) }
        return Officer(name: name ?? common ?? role, fingerprint: file.fingerprint, roles: roles)
    }
}
