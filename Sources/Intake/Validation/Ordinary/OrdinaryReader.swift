import Primitives

/// Reads ordinary records from the ranges of their fields, allocating nothing.
///
/// It judges by the rules of `RecordChecker`, and answers nil for everything that is not beyond doubt a record without
/// a finding: the checker then reads it anew. Tests hold both to each other.
struct OrdinaryReader {
    private let lane: OrdinaryLane
    private var content = [UInt8](repeating: 0, count: 512)
    /// The lane's prefix, with room behind it for an id.
    private var identity: [UInt8]
    private var days = KnownDay()
    private var instants = KnownDay()

    init(_ lane: OrdinaryLane) {
        self.lane = lane
        identity = lane.identityPrefix + [UInt8](repeating: 0, count: 36)
    }

    /// What the fields say.
    mutating func read(
        _ bytes: Span<UInt8>, _ fields: OrdinaryFields, _ place: RecordPlace, _ currencies: inout CurrencyCache,
        _ twins: inout TwinWindow?
    ) -> OrdinaryRecord? {
        let id = bytes.extracting(fields[.transactionID])
        guard FieldParser.isID(id), let type = FieldParser.recordType(bytes.extracting(fields[.type])),
            type == .accrual || type == .redemption,
            let instant = instants.instant(bytes.extracting(fields[.instant])),
            let day = days.day(bytes.extracting(fields[.day])), Self.isKind(bytes.extracting(fields[.accountKind])),
            let member = MemberNumber(bytes: bytes.extracting(fields[.account])),
            let unit = currencies.entry(bytes.extracting(fields[.unit])), unit.minorUnits == nil,
            let units = FieldParser.whole(bytes.extracting(fields[.amount]), digits: 12), units > 0
        else { return nil }
        let (store, terminal) = (bytes.extracting(fields[.store]), bytes.extracting(fields[.terminal]))
        guard Self.isText(store), Self.isText(terminal), terminal.isEmpty || !store.isEmpty else { return nil }

        var out = content.mutableSpan
        var cursor = ContentCursor(&out)
        cursor.put(.transactionID, id, &out)
        cursor.put(.type, bytes.extracting(fields[.type]), &out)
        cursor.put(.transactionDateTime, instant.milliseconds, &out)
        cursor.put(.businessDate, Int64(day.daysSince1970), &out)
        cursor.put(.accountKind, bytes.extracting(fields[.accountKind]), &out)
        cursor.put(.account, bytes.extracting(fields[.account]), &out)
        cursor.put(.unit, bytes.extracting(fields[.unit]), &out)
        cursor.put(.amount, units, &out)
        let sale = bytes.extracting(fields[.sale])
        if !sale.isEmpty || !fields[.saleCurrency].isEmpty {
            let text = bytes.extracting(fields[.saleCurrency])
            guard let currency = currencies.entry(text), let digits = currency.minorUnits,
                let minor = FieldParser.decimal(sale)?.scaled(to: digits)
            else { return nil }
            cursor.put(.saleCurrency, text, &out)
            cursor.put(.saleAmount, minor, &out)
        }
        if !store.isEmpty { cursor.put(.store, store, &out) }
        if !terminal.isEmpty { cursor.put(.terminal, terminal, &out) }

        // Last, because it remembers.
        let isTwin = twins?.remember(
            member: member, store: store, occurredAt: instant, unit: unit.code, units: units, type: type, id: id)
        guard isTwin == false else { return nil }
        return OrdinaryRecord(
            place: place, type: type, member: member, businessDate: day, unit: unit.code, units: units,
            contentDigest: ContentDigest(lane.hash(content.span.extracting(0..<cursor.count))),
            identity: identity(of: id))
    }

    private mutating func identity(of id: Span<UInt8>) -> Digest32 {
        let start = lane.identityPrefix.count
        identity[start] = UInt8(id.count)
        for index in id.indices { identity[start + 1 + index] = id[index] }
        return lane.hash(identity.span.extracting(0..<start + 1 + id.count))
    }

    private static func isKind(_ text: Span<UInt8>) -> Bool {
        switch text.count {
        case 4: text[0] == 0x43 && text[1] == 0x41 && text[2] == 0x52 && text[3] == 0x44
        case 7: text.isEqual(to: MemberAccount.Kind.account.rawValue.utf8)
        default: false
        }
    }

    /// Whether the text is at most 35 printable characters of ASCII.
    private static func isText(_ text: Span<UInt8>) -> Bool {
        guard text.count <= 35 else { return false }
        for index in text.indices where text[index] < 0x20 || text[index] > 0x7E { return false }
        return true
    }
}

/// Writes the content of a record as `ContentEncoder` does: the fields in their order, those that the record has.
private struct ContentCursor {
    private(set) var count = 1

    /// Begins with the version.
    init(_ out: inout MutableSpan<UInt8>) { out[0] = 1 }

    @inline(__always)
    mutating func put(_ column: RecordColumn, _ value: Span<UInt8>, _ out: inout MutableSpan<UInt8>) {
        putHead(column, value.count, &out)
        for index in value.indices { out[count + index] = value[index] }
        count += value.count
    }

    @inline(__always)
    mutating func put(_ column: RecordColumn, _ value: Int64, _ out: inout MutableSpan<UInt8>) {
        putHead(column, 8, &out)
        let bits = UInt64(bitPattern: value)
        for place in 0..<8 { out[count + place] = UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * place)) }
        count += 8
    }

    @inline(__always)
    private mutating func putHead(_ column: RecordColumn, _ length: Int, _ out: inout MutableSpan<UInt8>) {
        out[count] = UInt8(truncatingIfNeeded: column.rawValue + 1)
        out[count + 1] = UInt8(truncatingIfNeeded: length >> 8)
        out[count + 2] = UInt8(truncatingIfNeeded: length)
        count += 3
    }
}

/// Remembers the last day that was read: the records of a file are mostly of one.
private struct KnownDay {
    private var text: [10 of UInt8] = .init(repeating: 0)
    private var value: BusinessDate?

    /// Reads `YYYY-MM-DD`.
    mutating func day(_ bytes: Span<UInt8>) -> BusinessDate? {
        guard bytes.count == 10 else { return nil }
        if let value, isKnown(bytes) { return value }
        guard let day = FieldParser.day(bytes) else { return nil }
        for index in 0..<10 { text[index] = bytes[index] }
        value = day
        return day
    }

    /// Reads `YYYY-MM-DDThh:mm:ssZ`; other forms of an instant the slow way.
    mutating func instant(_ bytes: Span<UInt8>) -> Timestamp? {
        guard bytes.count == 20, bytes[19] == 0x5A, bytes[10] == 0x54, bytes[13] == 0x3A, bytes[16] == 0x3A,
            let day = day(bytes.extracting(0..<10))
        else { return FieldParser.instant(bytes) }
        guard let hour = FieldParser.two(bytes, 11), let minute = FieldParser.two(bytes, 14),
            let second = FieldParser.two(bytes, 17), hour < 24, minute < 60, second < 60
        else { return nil }
        return Timestamp(date: day, secondOfDay: hour * 3600 + minute * 60 + second, offsetSeconds: 0)
    }

    private func isKnown(_ bytes: Span<UInt8>) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<10 { difference |= bytes[index] ^ text[index] }
        return difference == 0
    }
}
