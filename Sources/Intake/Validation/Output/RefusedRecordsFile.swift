public import Primitives

/// Makes a file of the refused records of another, in the same format, ready to be corrected and sent.
///
/// The records are the partner's own bytes, unchanged. The header is new: number of records and control sums are
/// those of the refused records whose amount could be read, and `CorrectsReceiptId` names the receipt that refused
/// them. Message id and sequence number are proposals that the partner may change.
public struct RefusedRecordsFile {
    /// A refused record's place in the original.
    public struct Entry: Hashable, Sendable {
        /// The offset of its first byte.
        public let offset: Int64
        /// Its length in bytes.
        public let length: Int
        /// Its amount, where it could be read.
        public let amount: UnitAmount?

        /// Takes what the reader said about a refused record.
        public init(offset: Int64, length: Int, amount: UnitAmount?) {
            self.offset = offset
            self.length = length
            self.amount = amount
        }

        /// Takes what the reader said about a refused record.
        public init(_ record: RefusedRecord) {
            self.init(offset: record.place.offset, length: record.place.length, amount: record.amount)
        }
    }

    /// The header of the new file.
    public let header: BatchHeader
    /// Number of records and sums of the new file.
    public let totals: BatchTotals

    /// Plans the file.
    ///
    /// - Parameters:
    ///   - original: the header of the file that held the records.
    ///   - receipt: the receipt that refused them.
    ///   - sequenceNumber: a number for the new file, such as the partner's next.
    ///   - createdAt: when the new file is made.
    ///   - entries: the refused records in the order of the original.
    public init(
        correcting original: BatchHeader, receipt: MessageID, sequenceNumber: Int64, createdAt: Timestamp,
        entries: some Sequence<Entry>
    ) {
        var header = original
        header.messageID = Self.derived(original.messageID)
        header.createdAt = createdAt
        header.sequenceNumber = sequenceNumber
        header.replacesReceiptID = nil
        header.correctsReceiptID = receipt
        var totals = BatchTotals()
        for entry in entries {
            if let amount = entry.amount { totals.add(amount) } else { totals.records += 1 }
        }
        header.declared = original.format == .xml ? totals : nil
        self.header = header
        self.totals = totals
    }

    /// The original's id with `-C` behind it, cut to 35 characters.
    private static func derived(_ id: MessageID) -> MessageID {
        var stem = id.text.utf8.prefix(33)
        while let last = stem.last, last == UInt8(ascii: "/") || last == UInt8(ascii: " ") { stem = stem.dropLast() }
        return MessageID(unchecked: String(decoding: Array(stem), as: UTF8.self) + "-C")
    }

    /// Writes the file, one record at a time.
    ///
    /// - Parameters:
    ///   - entries: the same records as before.
    ///   - read: gives bytes of the original: offset and length, at most 64 KiB.
    ///   - write: takes the next bytes of the new file.
    /// - Throws: what `read` or `write` throw.
    public func write<Failure: Error>(
        _ entries: some Sequence<Entry>, reading read: (Int64, Int) throws(Failure) -> [UInt8],
        to write: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        try write(beginning())
        for entry in entries {
            var bytes = try read(entry.offset, entry.length)
            if header.format == .xml { bytes = Array("  ".utf8) + bytes }
            bytes.append(0x0A)
            try write(bytes)
        }
        try write(ending())
    }

    private func beginning() -> [UInt8] {
        var writer = BatchWriter(header: header, totals: totals)
        let bytes = writer.drain()
        guard header.format == .xml, !header.rootTag.isEmpty else { return bytes }
        // The root's own tag, so that the prefixes that records use stay declared. The header takes the root's prefix.
        let prefix = Array(header.rootTag.dropFirst().prefix { $0 != UInt8(ascii: ":") && !$0.isTagEnd })
        let hasPrefix = header.rootTag.dropFirst(1 + prefix.count).first == UInt8(ascii: ":")
        guard let declaration = bytes.firstIndex(of: 0x0A),
            let root = bytes[(declaration + 1)...].firstIndex(of: 0x0A)
        else { preconditionFailure("the writer begins with two lines") }
        var out = Array(bytes[...declaration]) + header.rootTag + [0x0A]
        let rest = bytes[(root + 1)...]
        guard hasPrefix else { return out + rest }
        for byte in rest {
            // Every `<` of the header begins a tag: its texts have none.
            if out.last == UInt8(ascii: "<"), byte != UInt8(ascii: "/") {
                out += prefix + [UInt8(ascii: ":")]
            } else if out.last == UInt8(ascii: "/"), out.dropLast().last == UInt8(ascii: "<") {
                out += prefix + [UInt8(ascii: ":")]
            }
            out.append(byte)
        }
        return out
    }

    private func ending() -> [UInt8] {
        switch header.format {
        case .xml:
            let name = header.rootTag.dropFirst().prefix { !$0.isTagEnd }
            let root = name.isEmpty ? Array(XMLName.loyaltyTransactionBatch.rawValue.utf8) : Array(name)
            return Array("</".utf8) + root + Array(">\n".utf8)
        case .csv:
            var writer = CSVWriter()
            writer.finish(totals)
            return writer.drain()
        }
    }
}

extension UInt8 {
    /// A byte that ends the name of a tag.
    fileprivate var isTagEnd: Bool { isXMLBlank || self == UInt8(ascii: ">") || self == UInt8(ascii: "/") }
}
