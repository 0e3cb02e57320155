import Primitives

/// Names that the stores may give to files on the word of a caller.
enum FileName {
    /// The name, if it is 1 to 150 letters, digits, dots, dashes and underscores, begins with no dot and does not end
    /// like the stores' own temporary files.
    ///
    /// - Throws: `Fault` otherwise.
    static func checked(_ name: String) throws(Fault) -> String {
        let allowed = name.utf8.allSatisfy { $0.isAlphanumeric || ".-_".utf8.contains($0) }
        guard (1...150).contains(name.utf8.count), allowed, !name.hasPrefix("."), !name.hasSuffix(".tmp") else {
            throw Fault("'\(name.prefix(64))' is no name for a file of the store")
        }
        return name
    }
}
