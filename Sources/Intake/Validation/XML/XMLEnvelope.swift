import Primitives
import XMLKit

/// What the envelopes of batch files and messages have in common.
enum XMLEnvelope {
    /// The refusal that a fault of the document is.
    static func refusal(_ fault: XMLFault) -> Refusal {
        let code: ReasonCode =
            switch fault.kind {
            case .notWellFormed: .syn001
            case .forbidden, .limit: .syn003
            case .encoding: .syn004
            }
        return Refusal(code, at: Finding.Place(line: fault.line, offset: fault.offset), detail: fault.detail)
    }

    /// Limits of the parser from those of the gateway.
    static func limits(_ limits: Limits) -> XMLLimits {
        var out = XMLLimits()
        out.depth = limits.elementDepth
        out.tagBytes = limits.tagBytes
        out.textBytes = limits.fieldBytes
        return out
    }

    /// The place of a tag.
    static func place(_ event: XMLEvent, _ events: XMLEvents, _ field: String = "") -> Finding.Place {
        let label = events.label(of: event)
        return Finding.Place(
            line: label?.line ?? Int(event.line), offset: label?.offset ?? event.offset, field: field)
    }

    /// Checks the root: name, namespace, version, no other attributes.
    static func checkRoot(
        _ event: XMLEvent, _ events: XMLEvents, name: XMLName, namespaceStem: String, version: String
    ) throws(Refusal) {
        let place = place(event, events, name.rawValue)
        guard event.name == name.number else {
            let label = events.label(of: event)
            let isOtherVersion = label?.name == name.rawValue && label?.namespace.hasPrefix(namespaceStem) == true
            let shown = "{\(label?.namespace ?? "")}\(events.shownName(event))"
            throw Refusal(
                isOtherVersion ? .syn006 : .syn002, at: place, value: TextRule.shown(Array(shown.utf8)[...]),
                detail: isOtherVersion
                    ? "the namespace is of another version" : "the root is not \(name.rawValue) of \(namespaceStem)1")
        }
        var given: ArraySlice<UInt8>?
        for attribute in events.attributes(of: event) {
            if attribute.name == XMLName.version.number {
                given = events.value(of: attribute)
            } else {
                try check(attribute, events, at: event)
            }
        }
        guard let given else { throw Refusal(.syn002, at: place, detail: "the attribute version is missing") }
        guard given.elementsEqual(version.utf8) else {
            throw Refusal(.syn006, at: place, value: TextRule.shown(given), detail: "version \(version) is supported")
        }
    }

    /// Refuses an attribute of the envelope that does not belong.
    static func check(_ attribute: XMLAttribute, _ events: XMLEvents, at event: XMLEvent) throws(Refusal) {
        if attribute.isSchemaHint { return }
        throw Refusal(
            .syn002, at: place(event, events, "\(events.shownName(event))/@\(events.shownName(attribute))"),
            value: TextRule.shown(events.value(of: attribute)), detail: "an attribute that does not belong here")
    }

    /// Refuses all attributes.
    static func checkNoAttributes(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        guard event.attributeCount > 0 else { return }
        for attribute in events.attributes(of: event) { try check(attribute, events, at: event) }
    }

    /// Refuses text between the elements of the envelope.
    static func checkBlank(_ event: XMLEvent, _ events: XMLEvents) throws(Refusal) {
        if event.isBlank { return }
        let text = events.text(of: event)
        throw Refusal(
            .syn002, at: place(event, events), value: TextRule.shown(text.trimmedXMLBlanks),
            detail: "text between elements")
    }

    /// The refusal of an element that does not belong.
    static func unexpected(_ event: XMLEvent, _ events: XMLEvents, _ detail: String) -> Refusal {
        let name = events.shownName(event)
        return Refusal(
            .syn002, at: place(event, events, TextRule.shown(Array(name.utf8)[...])),
            value: TextRule.shown(Array(name.utf8)[...]), detail: detail)
    }
}
