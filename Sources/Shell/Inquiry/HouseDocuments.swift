import Clearing
import FileStore
package import Gateway
import House
package import Journal
package import Primitives

/// A document of the log with its signature, as it was issued.
package struct KeptDocument {
    package let name: String
    package let bytes: [UInt8]
    /// The host's detached signature; nil where the document's own CMS encloses it.
    package let signature: [UInt8]?

    package init(name: String, bytes: [UInt8], signature: [UInt8]?) {
        self.name = name
        self.bytes = bytes
        self.signature = signature
    }
}

extension HouseReader {
    /// A closed window's documents by reference, signatures left out, in the order of issue.
    ///
    /// - Throws: `Fault` when the log is damaged.
    package func statements(of window: WindowID) throws(Fault) -> [AttachmentReference] {
        guard let sequence = house.closings[window], case .windowClosed(let fact) = try fact(sequence).fact else {
            return []
        }
        return fact.attachments.filter { !$0.name.hasSuffix(".p7s") }
    }

    /// An issued statement by name, such as `STL-W-2026-03B-MARCHE.xml`.
    ///
    /// - Throws: `Refusal` with NET-005 when there is none; `Fault` when the log is damaged.
    package func statement(_ name: String) throws -> KeptDocument {
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
    package func receipt(_ id: String) throws -> KeptDocument {
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
