import Clearing
import FileStore
import House
import Journal
import Primitives

/// A document of the log with its signature, as it was issued.
struct KeptDocument {
    let name: String
    let bytes: [UInt8]
    /// The host's detached signature; nil where the document's own CMS encloses it.
    let signature: [UInt8]?

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

extension HouseReader {
    /// A closed window's documents by reference, signatures left out, in the order of issue.
    ///
    /// - Throws: `Fault` when the log is damaged.
    func statements(of window: WindowID) throws(Fault) -> [AttachmentReference] {
        guard let sequence = house.closings[window], case .windowClosed(let fact) = try fact(sequence).fact else {
            return []
        }
        return fact.attachments.filter { !$0.name.hasSuffix(".p7s") }
    }

    /// An issued statement by name, such as `STL-W-2026-03B-MARCHE.xml`.
    ///
    /// - Throws: `Refusal` with NET-005 when there is none; `Fault` when the log is damaged.
    func statement(_ name: String) throws -> KeptDocument {
        for window in house.windows.closed where name.dropFirst(4).hasPrefix(window.text) {
            guard let sequence = house.closings[window], try statements(of: window).contains(where: { $0.name == name })
            else { continue }
            return KeptDocument(
                name: name, bytes: try log.attachment(name, of: sequence),
                signature: try log.attachment(name + ".p7s", of: sequence))
        }
        throw Refusal(.net005, value: name, detail: "there is no such statement")
    }

    /// A receipt by id, such as `RCP-00000042`; that of a withdrawal is enclosed in its signature.
    ///
    /// - Throws: `Refusal` with NET-005 when there is none; `Fault` when the log is damaged.
    func receipt(_ id: String) throws -> KeptDocument {
        guard house.files.find(receipt: id) != nil, let sequence = UInt64(id.dropFirst(4)) else {
            throw Refusal(.net005, value: id, detail: "there is no such receipt")
        }
        if case .fileCancelled = try fact(sequence).fact {
            return KeptDocument(
                name: id + ".p7m", bytes: try log.attachment("cancelled.cms", of: sequence), signature: nil)
        }
        return KeptDocument(
            name: id + ".xml", bytes: try log.attachment("receipt.xml", of: sequence),
            signature: try log.attachment("receipt.xml.p7s", of: sequence))
    }
}
