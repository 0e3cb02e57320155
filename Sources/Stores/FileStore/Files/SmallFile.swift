import Primitives

extension FileSystem {
    /// Puts a small file in place at once and durably: whoever looks finds the old bytes or the new ones.
    func writeAtomically(_ bytes: [UInt8], to name: String, in directory: String) throws(FileError) {
        let path = "\(directory)/\(name)"
        let temporary = path + ".tmp"
        if try kind(temporary) != nil { try remove(temporary) }
        let file = try open(temporary, .create)
        try file.write(bytes[...], at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(directory)
    }

    /// The bytes of a small file; nil when there is none.
    func readWhole(_ path: String) throws(FileError) -> [UInt8]? {
        guard try kind(path) != nil else { return nil }
        let file = try open(path, .read)
        return try file.read(at: 0, count: Int(try file.size()))
    }

    /// Opens a file for writing and creates it if need be.
    func openOrCreate(_ path: String) throws(FileError) -> any OpenFile {
        try open(path, try kind(path) == nil ? .create : .write)
    }
}
