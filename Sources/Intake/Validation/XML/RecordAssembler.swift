import Primitives
import XMLKit

/// Turns the steps within a `Transaction` element into the fields of a record, and notes what breaks its structure.
///
/// After a break it goes on: an element that does not belong is passed over, one out of order is still read, so that
/// all findings of the record are reported together.
struct RecordAssembler {
    /// Bytes of one record. Larger ones are no records; who keeps or shows a record's bytes can rely on it.
    static let recordBytes: Int64 = 64 << 10

    private struct Rule {
        let order: Int
        var column: RecordColumn?
        var attribute: (number: Int16, column: RecordColumn)?
        var container: Container?
    }

    private enum Container {
        case account
        case original
        case triggering
        case interaction
        case subSource

        /// The field without which the container is not complete.
        var mandatory: RecordColumn? {
            switch self {
            case .account: .account
            case .original: .originalID
            case .triggering: .triggeringID
            case .interaction: .store
            case .subSource: nil
            }
        }
    }

    private(set) var raw = RawRecord(isXML: true)
    private var lastOrder = 0
    private var container: Container?
    private var lastOrderInContainer = 0
    private var leaf: RecordColumn?
    private var leafIsBroken = false
    private var leafLine: Int32 = 0
    private var leafOffset: Int64 = 0
    private var skipped = 0

    /// Begins a record at its start tag.
    mutating func begin(_ event: XMLEvent, _ events: XMLEvents, number: Int) {
        let label = events.label(of: event)
        raw.begin(number: number, line: label?.line ?? Int(event.line), offset: label?.offset ?? event.offset)
        lastOrder = 0
        container = nil
        leaf = nil
        skipped = 0
        if event.attributeCount > 0 {
            for attribute in events.attributes(of: event) { refuse(attribute, events, at: event) }
        }
    }

    /// Takes a start tag within the record.
    ///
    /// - Throws: `Refusal` with SYN-005 when the record is too large.
    mutating func start(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        guard event.offset - raw.offset <= Self.recordBytes else { throw tooLarge() }
        if skipped > 0 {
            skipped += 1
            return
        }
        if leaf != nil {
            leafIsBroken = true
            return skip(event, events, "an element within a value")
        }
        checkBlank(event, events)
        guard let rule = rule(event.name) else { return skip(event, events, "an element that does not belong here") }
        let last = container == nil ? lastOrder : lastOrderInContainer
        if rule.order == last { return skip(event, events, "an element that occurs twice") }
        if rule.order < last { note(event, events, "an element out of order") }
        if container == nil { lastOrder = max(last, rule.order) } else { lastOrderInContainer = max(last, rule.order) }
        if let column = rule.column, raw.has(column) { return skip(event, events, "an element that occurs twice") }
        read(attributesOf: event, events, rule)
        if let column = rule.column {
            leaf = column
            leafIsBroken = false
            leafLine = event.line
            leafOffset = event.offset
        } else {
            container = rule.container
            lastOrderInContainer = 0
        }
    }

    /// Takes an end tag within the record, its own included, and answers whether the record ends with it.
    mutating func end(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) -> Bool {
        if skipped > 0 {
            skipped -= 1
            return false
        }
        if let column = leaf {
            leaf = nil
            if leafIsBroken {
                raw.setBroken(column)
            } else {
                raw.set(column, events.text(of: event), line: leafLine, offset: leafOffset)
            }
            return false
        }
        checkBlank(event, events)
        if let ended = container {
            container = nil
            if let column = ended.mandatory, !raw.has(column) {
                raw.note(Finding(.fmt001, at: raw.place(column)))
                raw.setBroken(column)
                if column == .account { raw.setBroken(.accountKind) }
            }
            return false
        }
        guard event.offset - raw.offset <= Self.recordBytes else { throw tooLarge() }
        return true
    }

    private func tooLarge() -> Refusal {
        Refusal(
            .syn005, at: Finding.Place(record: raw.number, line: raw.line, offset: raw.offset),
            detail: "a record has at most \(Self.recordBytes) bytes")
    }

    // MARK: structure

    private mutating func read(attributesOf event: XMLEvent, _ events: XMLEvents, _ rule: Rule) {
        guard event.attributeCount > 0 else { return }
        for attribute in events.attributes(of: event) {
            if let expected = rule.attribute, attribute.name == expected.number {
                raw.set(expected.column, events.value(of: attribute), line: event.line, offset: event.offset)
            } else {
                refuse(attribute, events, at: event)
            }
        }
    }

    private mutating func refuse(_ attribute: XMLAttribute, _ events: XMLEvents, at event: XMLEvent) {
        if attribute.isSchemaHint { return }
        let name = events.shownName(attribute)
        raw.note(
            Finding(
                .fmt008, at: place(event, events, "\(events.shownName(event))/@\(name)"),
                value: TextRule.shown(events.value(of: attribute)), detail: "an attribute that does not belong here"))
    }

    private mutating func skip(_ event: XMLEvent, _ events: XMLEvents, _ detail: String) {
        skipped = 1
        note(event, events, detail)
    }

    private mutating func note(_ event: XMLEvent, _ events: XMLEvents, _ detail: String) {
        let name = events.shownName(event)
        raw.note(
            Finding(
                .fmt008, at: place(event, events, name), value: TextRule.shown(Array(name.utf8)[...]), detail: detail))
    }

    private mutating func checkBlank(_ event: XMLEvent, _ events: XMLEvents) {
        if event.isBlank { return }
        let text = events.text(of: event)
        raw.note(
            Finding(
                .fmt008, at: place(event, events, ""), value: TextRule.shown(text.trimmedXMLBlanks),
                detail: "text between elements"))
    }

    private func place(_ event: XMLEvent, _ events: XMLEvents, _ field: String) -> Finding.Place {
        let label = events.label(of: event)
        return Finding.Place(
            record: raw.number, line: label?.line ?? Int(event.line), offset: label?.offset ?? event.offset,
            field: field)
    }

    // MARK: the order of the schema

    private func rule(_ name: Int16) -> Rule? {
        guard name >= 0 else { return nil }
        switch container {
        case nil: return Self.rules[Int(name)]
        case .account: return Self.accountRules[Int(name)]
        case .original: return Self.originalRules[Int(name)]
        case .triggering: return Self.triggeringRules[Int(name)]
        case .interaction: return Self.interactionRules[Int(name)]
        case .subSource: return Self.subSourceRules[Int(name)]
        }
    }

    private static let rules = table([
        (.transactionID, Rule(order: 1, column: .transactionID)),
        (.loyaltyTransactionType, Rule(order: 2, column: .type)),
        (.transactionDateTime, Rule(order: 3, column: .transactionDateTime)),
        (.businessDate, Rule(order: 4, column: .businessDate)),
        (.loyaltyAccount, Rule(order: 5, container: .account)),
        (.entryMode, Rule(order: 6, column: .entryMode)),
        (.loyaltyAmount, Rule(order: 7, column: .amount, attribute: (XMLName.unit.number, .unit))),
        (.creditDebit, Rule(order: 8, column: .creditDebit)),
        (.saleAmount, Rule(order: 9, column: .saleAmount, attribute: (XMLName.currency.number, .saleCurrency))),
        (.earnBasis, Rule(order: 10, column: .earnBasis, attribute: (XMLName.quantity.number, .earnQuantity))),
        (.originalTransaction, Rule(order: 11, container: .original)),
        (.triggeringTransaction, Rule(order: 12, container: .triggering)),
        (.promotionID, Rule(order: 13, column: .promotionID)),
        (.reasonCode, Rule(order: 14, column: .reason)),
        (.narrative, Rule(order: 15, column: .narrative)),
        (.productCode, Rule(order: 16, column: .productCode)),
        (.counterAccountID, Rule(order: 17, column: .counterAccount)),
        (.approvalCode, Rule(order: 18, column: .approvalCode)),
        (.pointOfInteraction, Rule(order: 19, container: .interaction)),
        (.subSource, Rule(order: 20, container: .subSource)),
    ])
    private static let accountRules = table([
        (.loyaltyAccountID, Rule(order: 1, column: .account, attribute: (XMLName.type.number, .accountKind)))
    ])
    private static let originalRules = table([(.transactionID, Rule(order: 1, column: .originalID))])
    private static let triggeringRules = table([(.transactionID, Rule(order: 1, column: .triggeringID))])
    private static let interactionRules = table([
        (.storeID, Rule(order: 1, column: .store)), (.terminalID, Rule(order: 2, column: .terminal)),
    ])
    private static let subSourceRules = table([
        (.brand, Rule(order: 1, column: .brand)), (.channel, Rule(order: 2, column: .channel)),
        (.businessLine, Rule(order: 3, column: .businessLine)),
    ])

    private static func table(_ rules: [(XMLName, Rule)]) -> [Rule?] {
        var out = [Rule?](repeating: nil, count: XMLName.allCases.count)
        for (name, rule) in rules { out[Int(name.number)] = rule }
        return out
    }
}
