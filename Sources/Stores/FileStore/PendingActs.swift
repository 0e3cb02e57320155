public import Primitives

/// Officers' acts that wait for their checker: small files that are written, listed, read and removed whole.
public struct PendingActs: Sendable {
    private let directory: String
    private let files: any FileSystem

    /// Takes the acts in a folder, which must exist.
    public init(_ directory: String, files: any FileSystem) {
        self.directory = directory
        self.files = files
    }

    /// The names of the files, in order.
    ///
    /// - Throws: `Fault` when the folder cannot be read.
    public func names() throws(Fault) -> [String] {
        try orFault(try files.list(directory)).filter { !$0.hasSuffix(".tmp") }
    }

    /// The bytes of a file; nil when there is none.
    ///
    /// - Throws: `Fault` when it cannot be read.
    public func read(_ name: String) throws(Fault) -> [UInt8]? {
        let path = "\(directory)/\(try FileName.checked(name))"
        return try orFault(try files.readWhole(path))
    }

    /// Writes a file at once and durably; one of that name is replaced.
    ///
    /// - Parameter name: Letters, digits, dots, dashes and underscores.
    /// - Throws: `Fault` when it cannot be written; then the old bytes stand, or the new ones.
    public func write(_ name: String, _ bytes: [UInt8]) throws(Fault) {
        let name = try FileName.checked(name)
        try orFault(try files.writeAtomically(bytes, to: name, in: directory))
    }

    /// Removes a file durably; it may be missing.
    ///
    /// - Throws: `Fault` when it cannot be removed.
    public func remove(_ name: String) throws(Fault) {
        let path = "\(directory)/\(try FileName.checked(name))"
        guard try orFault(try files.kind(path)) != nil else { return }
        try orFault(try files.remove(path))
        try orFault(try files.syncDirectory(directory))
    }
}
