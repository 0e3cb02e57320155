import Foundation
import OpenSSLKit
import Primitives

/// Files that a command line names.
enum Files {
    /// The bytes of a file.
    ///
    /// - Throws: `UsageError` when it cannot be read.
    static func read(_ path: String) throws(UsageError) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw UsageError("the file \(path) cannot be read", action: "check the path and its permissions")
        }
    }

    /// The text of a file.
    ///
    /// - Throws: `UsageError` when it cannot be read.
    static func text(_ path: String) throws(UsageError) -> String { String(decoding: try read(path), as: UTF8.self) }

    /// Calls the closure with the bytes of a file, piece by piece.
    ///
    /// - Throws: `UsageError` when it cannot be read; what the closure throws.
    static func forEachPiece(_ path: String, count: Int = 1 << 18, _ body: ([UInt8]) throws -> Void) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw UsageError("the file \(path) cannot be read", action: "check the path and its permissions")
        }
        defer { try? handle.close() }
        func next() throws(UsageError) -> [UInt8] {
            do {
                return [UInt8](try handle.read(upToCount: count) ?? Data())
            } catch {
                throw UsageError("the file \(path) cannot be read", action: "check the path and its permissions")
            }
        }
        while case let piece = try next(), !piece.isEmpty { try body(piece) }
    }

    /// Writes a file; one of that name is replaced.
    ///
    /// - Throws: `UsageError` when it cannot be written.
    static func write(_ bytes: [UInt8], to path: String) throws(UsageError) {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw UsageError("the file \(path) cannot be written", action: "check the path and its permissions")
        }
    }

    /// Writes a file that only its owner can read and that must not exist yet.
    ///
    /// - Throws: `UsageError` when it exists or cannot be written.
    static func writeSecret(_ bytes: [UInt8], to path: String) throws(UsageError) {
        guard !exists(path) else { throw UsageError("\(path) exists already", action: "name another file") }
        // The file is made with this mask, so that it is never readable for others, not even for a moment.
        let mask = umask(0o077)
        defer { umask(mask) }
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: attributes) else {
            throw UsageError("the file \(path) cannot be written", action: "check the path and its permissions")
        }
    }

    /// Whether something is at a path.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Whether a directory is at a path.
    static func isDirectory(_ path: String) -> Bool {
        (try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
    }

    /// Makes a directory and those above it; it may exist.
    ///
    /// - Throws: `UsageError` when it cannot be made.
    static func makeDirectory(_ path: String) throws(UsageError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw UsageError("the directory \(path) cannot be made", action: "check the path and its permissions")
        }
    }

    /// A path that does not depend on the working directory.
    static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// The path of a file as seen from a directory; absolute when the two have nothing in common.
    static func relative(_ path: String, from directory: String) -> String {
        let target = absolute(path).split(separator: "/").map(String.init)
        let base = absolute(directory).split(separator: "/").map(String.init)
        let common = zip(target, base).prefix { $0 == $1 }.count
        guard common > 0 else { return absolute(path) }
        let up = [String](repeating: "..", count: base.count - common)
        return (up + target[common...]).joined(separator: "/")
    }

    /// The names in a directory, in order.
    ///
    /// - Throws: `UsageError` when it cannot be read.
    static func names(in directory: String) throws(UsageError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw UsageError("the directory \(directory) cannot be read", action: "check the path and its permissions")
        }
    }

    /// Judges a directory that is to be made.
    ///
    /// - Throws: `UsageError` when the directory that it is to lie in is not there.
    static func requireParent(of directory: String) throws(UsageError) {
        let parent = URL(filePath: absolute(directory)).deletingLastPathComponent().path
        guard isDirectory(parent) else {
            throw UsageError("\(directory) would lie in a directory that is not there", action: "make \(parent) first")
        }
    }

    // MARK: Certificates and keys

    /// The certificates of a file, PEM or DER, at least one.
    ///
    /// - Throws: `UsageError` that names the file.
    static func certificates(_ path: String) throws(UsageError) -> [Certificate] {
        let bytes = try read(path)
        guard let found = try? Certificate.all(inFile: bytes), !found.isEmpty else {
            throw UsageError("\(path) holds no certificate", action: "give a certificate in PEM or DER")
        }
        return found
    }

    /// The first certificate of a file.
    ///
    /// - Throws: `UsageError` that names the file.
    static func certificate(_ path: String) throws(UsageError) -> Certificate { try certificates(path)[0] }

    /// A private key.
    ///
    /// - Throws: `UsageError` that names the file and never shows what is in it.
    static func key(_ path: String, passwordFile: String? = nil) throws(UsageError) -> PrivateKey {
        var password = ""
        if let passwordFile {
            password =
                try text(passwordFile).split(separator: "\n", omittingEmptySubsequences: false)
                .first.map(String.init) ?? ""
        }
        let pem = try text(path)
        guard let key = try? PrivateKey(pem: pem, password: password) else {
            let sentence = "\(path) is no private key in PEM, or its password is wrong"
            throw UsageError(sentence, action: "give the key, with --key-password-file where it is encrypted")
        }
        return key
    }

    /// The revocation lists of files.
    ///
    /// - Throws: `UsageError` that names the file.
    static func revocationLists(_ paths: [String]) throws(UsageError) -> [RevocationList] {
        var out: [RevocationList] = []
        for path in paths {
            let bytes = try read(path)
            guard let lists = try? RevocationList.all(inFile: bytes), !lists.isEmpty else {
                throw UsageError("\(path) holds no revocation list", action: "give a list in PEM or DER")
            }
            out += lists
        }
        return out
    }
}
