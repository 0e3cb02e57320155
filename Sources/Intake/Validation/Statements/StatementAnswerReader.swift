import Journal
public import Primitives
import XMLKit

/// Reads an answer to a settlement statement. Whether it fits the statement is not looked at.
public enum StatementAnswerReader {
    /// Whether a document is an answer of some version, and no message of another kind.
    public static func recognizes(_ bytes: [UInt8], limits: Limits = Limits()) -> Bool {
        var interpreter = AnswerInterpreter()
        try? feed(bytes, limits, &interpreter)
        return interpreter.isAnswer
    }

    /// Reads an answer.
    ///
    /// - Parameter limits: the gateway's.
    /// - Throws: `Refusal` with a SYN code.
    public static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(Refusal) -> StatementAnswer {
        guard bytes.count <= limits.messageBytes else {
            throw Refusal(
                .syn005, at: Finding.Place(offset: Int64(limits.messageBytes)),
                detail: "an answer has at most \(limits.messageBytes) bytes")
        }
        var interpreter = AnswerInterpreter()
        try feed(bytes, limits, &interpreter)
        return try interpreter.answer()
    }

    private static func feed(
        _ bytes: [UInt8], _ limits: Limits, _ interpreter: inout AnswerInterpreter
    ) throws(Refusal) {
        let parser = XMLStreamParser(vocabulary: AnswerName.vocabulary, limits: XMLEnvelope.limits(limits))
        try parser.feed(bytes.span) { (events) throws(Refusal) in try interpreter.take(events) }
        try parser.finish { (events) throws(Refusal) in try interpreter.take(events) }
    }
}

/// The names of elements and attributes. Its number is a name's place in the vocabulary.
private enum AnswerName: String, CaseIterable {
    case root = "StatementAnswer"
    case partner = "PartnerId"
    case statement = "StatementId"
    case digest = "StatementDigest"
    case created = "CreationDateTime"
    case verdict = "Verdict"
    case totals = "Totals"
    case difference = "Difference"
    case version, currency, lines, credits, debits, net, closing, item, own, reason

    static let vocabulary = XMLVocabulary(
        namespace: StatementAnswerSchema.namespace, names: allCases.map(\.rawValue))

    static func named(_ number: Int16) -> AnswerName? { number < 0 ? nil : allCases[Int(number)] }

    /// The attributes that an element has, all of them mandatory.
    var attributes: [AnswerName] {
        switch self {
        case .root: [.version]
        case .totals: [.currency, .lines, .credits, .debits, .net, .closing]
        case .difference: [.item, .own, .reason]
        default: []
        }
    }
}

/// The machine of an answer: a root, and within it fields in one order.
private struct AnswerInterpreter {
    private static let order: [AnswerName] = [
        .partner, .statement, .digest, .created, .verdict, .totals, .difference,
    ]

    private(set) var isAnswer = false
    private var depth = 0
    private var next = 0
    private var field = AnswerName.root
    private var values: [AnswerName: String] = [:]
    private var place = Finding.Place.whole

    private var texts: [AnswerName: String] = [:]
    private var totals: AnswerTotals?
    private var differences: [StatementDifference] = []

    mutating func take(_ events: XMLEvents) throws(Refusal) {
        for event in events.events {
            switch event.kind {
            case .start: try start(event, events)
            case .end: try end(event, events)
            case .schemaError: break
            }
        }
        if let fault = events.fault { throw XMLEnvelope.refusal(fault) }
    }

    // MARK: Tags

    private mutating func start(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        defer { depth += 1 }
        place = Finding.Place(line: Int(event.line), offset: event.offset)
        if depth > 0, !event.isBlank { throw refusal("text between elements") }
        guard let name = AnswerName.named(event.name) else {
            let label = events.label(of: event)
            let isOther = label?.namespace.hasPrefix(StatementAnswerSchema.namespaceStem) == true
            if depth == 0, label?.name == AnswerName.root.rawValue, isOther {
                isAnswer = true
                throw Refusal(.syn006, at: place, detail: "the namespace is of another version")
            }
            throw refusal("an element that does not belong here", value: label?.name ?? "")
        }
        switch depth {
        case 0:
            guard name == .root else { throw refusal("the root is not StatementAnswer", value: name.rawValue) }
            isAnswer = true
        case 1:
            let expected = Self.order[min(next, Self.order.count - 1)]
            guard name == expected else {
                throw refusal("\(expected.rawValue) is expected here", value: name.rawValue)
            }
            next += 1
        default: throw refusal("a field holds text only", value: name.rawValue)
        }
        field = name
        try takeAttributes(event, events)
        guard depth == 0, values[.version] != StatementAnswerSchema.version else { return }
        throw Refusal(
            .syn006, at: place.field("version"), value: values[.version] ?? "",
            detail: "version \(StatementAnswerSchema.version) is supported")
    }

    private mutating func takeAttributes(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        values = [:]
        for attribute in events.attributes(of: event) where !attribute.isSchemaHint {
            guard let name = AnswerName.named(attribute.name), field.attributes.contains(name) else {
                throw refusal("an attribute that does not belong here", value: attribute.unknownName)
            }
            values[name] = String(decoding: events.value(of: attribute), as: UTF8.self)
        }
        for name in field.attributes where values[name] == nil {
            throw refusal("the attribute \(name.rawValue) is missing")
        }
    }

    private mutating func end(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        depth -= 1
        place = Finding.Place(line: Int(event.line), offset: event.offset, field: depth == 1 ? field.rawValue : "")
        guard depth == 1 else {
            guard depth == 0, !event.isBlank else { return }
            throw refusal("text between elements")
        }
        let bytes = Array(events.text(of: event))
        let text = String(decoding: bytes, as: UTF8.self)
        switch field {
        case .totals:
            guard text.isEmpty else { throw refusal("Totals has no text") }
            totals = try readTotals()
        case .difference:
            guard text.isEmpty || TextRule.judge(bytes.span, maximum: 140) == .fine else {
                throw refusal("the words are at most 140 characters of text")
            }
            differences.append(try readDifference(text))
        default: texts[field] = text
        }
    }

    // MARK: Values

    func answer() throws(Refusal) -> StatementAnswer {
        guard let totals else { throw Refusal(.syn002, detail: "the answer is not complete") }
        let partner = text(.partner)
        guard FieldParser.isPartner(Array(partner.utf8).span) else { throw wrong(.partner, partner) }
        let statement = text(.statement)
        guard Self.isStatement(statement) else { throw wrong(.statement, statement) }
        let hex = text(.digest)
        guard hex.utf8.count == 64, hex == hex.lowercased(), let digest = Digest32(hex: hex) else {
            throw wrong(.digest, hex)
        }
        let instant = text(.created)
        guard let created = FieldParser.instant(Array(instant.utf8).span) else { throw wrong(.created, instant) }
        guard let verdict = AnswerVerdict(rawValue: text(.verdict)) else { throw wrong(.verdict, text(.verdict)) }
        guard (verdict == .differs) == !differences.isEmpty else {
            throw Refusal(
                .syn002, at: .whole.field(AnswerName.difference.rawValue),
                detail: verdict == .differs ? "who differs says where" : "who agrees lists no difference")
        }
        return StatementAnswer(
            partner: PartnerID(unchecked: partner), statement: statement, digest: digest, createdAt: created,
            verdict: verdict, totals: totals, differences: differences)
    }

    private func text(_ name: AnswerName) -> String { texts[name] ?? "" }

    private static func isStatement(_ text: String) -> Bool {
        guard text.hasPrefix("STL-"), (5...64).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { $0.isUppercase || $0.isDigit || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
    }

    private func readTotals() throws(Refusal) -> AnswerTotals {
        guard let currency = CurrencyCode(values[.currency] ?? "") else { throw wrong(.currency) }
        guard let lines = Self.count(values[.lines] ?? "") else { throw wrong(.lines) }
        for name in [AnswerName.credits, .debits, .net, .closing] {
            guard Self.isAmount(values[name] ?? "") else { throw wrong(name) }
        }
        return AnswerTotals(
            currency: currency, lines: lines, credits: values[.credits] ?? "", debits: values[.debits] ?? "",
            net: values[.net] ?? "", closing: values[.closing] ?? "")
    }

    private func readDifference(_ words: String) throws(Refusal) -> StatementDifference {
        let text = values[.item] ?? ""
        guard text.utf8.count <= 13, let item = StatementItem(text), Self.isNamed(item) else { throw wrong(.item) }
        guard let own = values[.own], Self.isAmount(own) else { throw wrong(.own) }
        guard let reason = DifferenceReason(rawValue: values[.reason] ?? "") else { throw wrong(.reason) }
        return StatementDifference(item: item, own: own, reason: reason, words: words)
    }

    private static func isNamed(_ item: StatementItem) -> Bool {
        if case .line(let number) = item { return number <= 999_999_999 }
        return true
    }

    private static func count(_ text: String) -> Int? {
        guard text.utf8.count <= 9, let number = Int(text), "\(number)" == text, number >= 0 else { return nil }
        return number
    }

    /// At most 14 digits, a point and at most 4 more.
    private static func isAmount(_ text: String) -> Bool {
        guard let number = DecimalNumber(text) else { return false }
        let digits = text.utf8.count { $0.isDigit }
        return number.scale <= 4 && digits - number.scale <= 14
    }

    private func wrong(_ name: AnswerName) -> Refusal { wrong(name, values[name] ?? "") }

    private func wrong(_ name: AnswerName, _ value: String) -> Refusal {
        Refusal(
            .syn002, at: place.field(name.rawValue), value: TextRule.shown(Array(value.utf8)[...]),
            detail: "\(name.rawValue) has a value that its type does not allow")
    }

    private func refusal(_ detail: String, value: String = "") -> Refusal {
        Refusal(.syn002, at: place, value: TextRule.shown(Array(value.utf8)[...]), detail: detail)
    }
}
