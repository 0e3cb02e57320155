import Foundation
import Primitives

/// The system's `openssl`, as a second opinion on our signatures.
enum Openssl {
    /// Whether `openssl cms -verify` confirms the detached signature beside a file.
    ///
    /// - Throws: `Fault` when openssl cannot be run.
    static func confirms(_ file: URL, authority: URL) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", file.path + ".p7s", "-content", file.path,
            "-CAfile", authority.path, "-out", "/dev/null",
        ]
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Fault("openssl cannot be run: \(error)")
        }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
