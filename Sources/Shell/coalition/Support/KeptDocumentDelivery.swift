import Inquiry

extension KeptDocument {
    /// Prints it, or writes it with its signature beside it.
    ///
    /// - Parameter out: a file, or a directory that exists.
    func deliver(_ out: String?) throws {
        guard let out else { return Console.write(bytes) }
        let path = Files.isDirectory(out) ? "\(out)/\(name)" : out
        try Files.write(bytes, to: path)
        if let signature { try Files.write(signature, to: path + ".p7s") }
        Console.note(signature == nil ? path : "\(path) and \(path).p7s")
    }
}
