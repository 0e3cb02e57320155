import ArgumentParser
import FileStore
import Gateway
import Inquiry
import Logging
import OpenSSLKit
import Primitives

/// The data directory that a command looks at.
struct DataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String

    /// The house as it stands, read without the directory's lock.
    func reader() throws -> HouseReader { try HouseReader(data) }
}

/// The data directory that a command writes to, under its lock.
struct WritingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String

    @Option(
        help: ArgumentHelp("The configuration with the host's keys; DIR/gateway.yaml by default.", valueName: "file"))
    var config: String?

    /// Takes the directory's lock and opens the house.
    func house() throws -> Clearinghouse { try HouseAccess.open(data, config: config) }
}

/// Opens houses for writing.
enum HouseAccess {
    /// Takes a directory's lock and opens the house.
    ///
    /// - Throws: `DataDirectoryError` when another process has the directory, `Fault` when it is damaged,
    ///   `UsageError` or
    ///   `Refusal` for the configuration.
    static func open(_ data: String, config: String?) throws -> Clearinghouse {
        try require(data)
        let configuration = try GatewayConfiguration.read(config ?? "\(data)/\(GatewayConfiguration.fileName)")
        let signer = try configuration.hostSigner()
        return try HouseOpening.open(
            data, holder: "coalition \(CommandLine.arguments.dropFirst().first ?? "")", signer: signer,
            revocationLists: try Files.revocationLists(configuration.revocationLists),
            revocationGraceSeconds: configuration.revocationGraceSeconds, logger: quietLogger)
    }

    /// Judges a path before anything else is read, so that a directory that is not there is what the user is told of.
    ///
    /// - Throws: `DataDirectoryError` when there is no data directory.
    static func require(_ data: String) throws(DataDirectoryError) {
        _ = try DataDirectory.inspect(data, files: PosixFileSystem())
    }

    /// A logger for commands: what they have to say stands on their own output.
    static var quietLogger: Logger { Logger(label: "coalition") { _ in SwiftLogNoOpLogHandler() } }
}
