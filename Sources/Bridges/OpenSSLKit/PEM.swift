import Primitives

/// The text form of certificates, keys and revocation lists (RFC 7468): base64 between two lines that name what it is.
public enum PEM {
    /// One block of a text.
    public struct Block: Hashable, Sendable {
        /// What the block says it is, such as `CERTIFICATE`.
        public let label: String
        /// The decoded bytes.
        public let bytes: [UInt8]
    }

    /// The text of one block, with lines of 64 characters and a line feed at the end of each.
    public static func encode(_ bytes: [UInt8], label: String) -> String {
        var text = "-----BEGIN \(label)-----\n"
        let body = Array(Base64.encode(bytes).utf8)
        var start = 0
        while start < body.count {
            let end = min(start + 64, body.count)
            text += String(decoding: body[start..<end], as: UTF8.self) + "\n"
            start = end
        }
        return text + "-----END \(label)-----\n"
    }

    /// Every block of a text, in its order. Text between blocks is ignored, as is usual.
    ///
    /// - Throws: `CryptoError` of kind malformed when a block has no end or holds what is not base64.
    public static func decode(_ text: String) throws(CryptoError) -> [Block] {
        var blocks: [Block] = []
        var label: String?
        var body: [UInt8] = []
        for raw in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = trimmed(raw)
            if let name = marker(line, "-----BEGIN ") {
                guard label == nil else { throw CryptoError(.malformed, "PEM: a block begins within another") }
                label = name
                body = []
            } else if let name = marker(line, "-----END ") {
                guard let open = label, open == name, let bytes = Base64.decode(body) else {
                    throw CryptoError(.malformed, "PEM: the block '\(name)' does not end as it began, or is not base64")
                }
                blocks.append(Block(label: open, bytes: bytes))
                label = nil
            } else if label != nil {
                body += line
            }
        }
        guard label == nil else { throw CryptoError(.malformed, "PEM: the last block has no end") }
        return blocks
    }

    /// Whether bytes look like PEM text rather than DER, which begins with the tag of a sequence. Text may stand
    /// before the first block.
    public static func looksLikePEM(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, first != 0x30 else { return false }
        let mark = Array("-----BEGIN ".utf8)
        return bytes.indices.contains { index in
            bytes[index] == mark[0] && (index == 0 || bytes[index - 1] == 0x0A || bytes[index - 1] == 0x20)
                && bytes[index...].starts(with: mark)
        }
    }

    private static func trimmed(_ line: Substring.UTF8View) -> [UInt8] {
        var bytes = Array(line)
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    private static func marker(_ line: [UInt8], _ start: String) -> String? {
        let prefix = Array(start.utf8)
        let suffix = Array("-----".utf8)
        guard line.starts(with: prefix), line.count > prefix.count + suffix.count, line.suffix(5).elementsEqual(suffix)
        else { return nil }
        return String(decoding: line[prefix.count..<(line.count - 5)], as: UTF8.self)
    }
}
