import Primitives
import TestKit
import Testing
import Validation
import XMLKit

/// Our own checks against libxml2's validator with the schema of Specs, on files that were changed at random.
@Suite(.ownThreads) struct DifferentialTests {
    /// What libxml2 says about a file.
    struct Verdict: Equatable {
        /// The document is at fault.
        var fault: XMLFault.Kind?
        /// The schema is broken outside the records.
        var isEnvelopeBroken = false
        /// The records in which the schema is broken, counted from 1.
        var brokenRecords: Set<Int> = []
        var messages: [String] = []
    }

    private func verdict(_ bytes: [UInt8], _ schema: XMLSchema) -> Verdict {
        let vocabulary = XMLVocabulary(namespace: BatchSchema.namespace, names: ["Transaction"])
        var limits = XMLLimits()
        limits.attributesPerTag = 32
        let parser = XMLStreamParser(vocabulary: vocabulary, limits: limits, schema: schema)
        var out = Verdict()
        var depth = 0
        var records = 0
        var isInside = false
        var justEnded = false
        let consume = { (events: borrowing XMLEvents) -> Void in
            for event in events.events {
                switch event.kind {
                case .start:
                    depth += 1
                    justEnded = false
                    if depth == 2, event.name == 0 {
                        records += 1
                        isInside = true
                    }
                case .end:
                    // The validator speaks of an element's end after the end was told.
                    justEnded = depth == 2 && isInside
                    if depth == 2 { isInside = false }
                    depth -= 1
                case .schemaError:
                    let message = String(decoding: events.text(of: event), as: UTF8.self)
                    out.messages.append(message)
                    let isOwn = message.contains("}Transaction'")
                    let isMisplaced = isOwn && message.contains("This element is not expected") && depth == 2
                    if isInside && !isMisplaced || justEnded && isOwn {
                        out.brokenRecords.insert(records)
                    } else {
                        out.isEnvelopeBroken = true
                    }
                }
            }
            out.fault = events.fault?.kind
        }
        parser.feed(bytes.span, consume)
        parser.finish(consume)
        return out
    }

    /// Compares the verdicts on a file; answers what does not agree, and whether anything was compared.
    private func compare(_ bytes: [UInt8], _ schema: XMLSchema) -> (problem: String?, kind: String) {
        let ours = readBatch(bytes)
        let theirs = verdict(bytes, schema)
        if let refusal = ours.refusal {
            let detail = refusal.findings.first?.detail ?? ""
            // Rules of the envelope that the schema cannot state.
            if refusal.code == .syn005 || detail.contains("fraction digits") && !detail.contains("18 digits") {
                return (nil, "beyond")
            }
            if theirs.fault == nil, !theirs.isEnvelopeBroken { return ("refused: \(refusal)", "") }
            let isFault = [ReasonCode.syn001, .syn003, .syn004].contains(refusal.code)
            if isFault, theirs.fault == nil { return ("fault: \(refusal)", "") }
            return (nil, isFault ? "fault" : "envelope")
        }
        if let fault = theirs.fault { return ("libxml2 has a fault: \(fault)", "") }
        if theirs.isEnvelopeBroken { return ("libxml2 refuses the envelope: \(theirs.messages)", "") }
        let broken = Set(ours.refused.filter { !$0.followsSchema }.map(\.place.number))
        if broken != theirs.brokenRecords {
            let findings = ours.refused.map(\.findings).flatMap(\.self).map(\.code.code)
            return (
                "ours \(broken.sorted()) \(findings), theirs \(theirs.brokenRecords.sorted()) \(theirs.messages)", ""
            )
        }
        for record in ours.refused where record.followsSchema {
            // A rule beyond the schema refuses it: never one that the schema states.
            if record.findings.contains(where: { $0.code == .fmt004 || $0.code == .fmt005 || $0.code == .fmt007 }) {
                return ("a rule of the schema is called one beyond it: \(record.findings)", "")
            }
        }
        return (nil, broken.isEmpty ? "valid" : "records")
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `our verdicts agree with the schema validator's on files with changed elements`(_ seed: UInt64) throws {
        let schema = try XMLSchema(BatchSchema.text)
        var random = Seeded(seed)
        var kinds: [String: Int] = [:]
        var problems = 0
        for number in 0..<1_000 {
            let contents = try (0..<(1 + random.below(4))).map { try random.content($0) }
            let base = BatchWriter.file(header: try random.header(.xml), records: contents)
            let root = MutableElement(try XMLDocument.parse(base))
            root.attributes.insert(("xmlns", BatchSchema.namespace), at: 0)
            for element in root.all { element.text = escaped(element.text) }
            random.mutate(root)
            var text = ""
            root.write(into: &text)
            let (problem, kind) = compare(Array(text.utf8), schema)
            kinds[kind, default: 0] += 1
            if let problem, problems < 5 {
                problems += 1
                Issue.record("seed \(seed), mutant \(number): \(problem)\n\(text)")
            }
        }
        // All kinds of verdict must have been reached, or the comparison means little.
        for kind in ["valid", "records", "envelope"] { #expect(kinds[kind, default: 0] > 20, "\(kinds)") }
    }

    @Test(arguments: [UInt64(11), 12])
    func `our verdicts agree with the schema validator's on files with changed bytes`(_ seed: UInt64) throws {
        let schema = try XMLSchema(BatchSchema.text)
        var random = Seeded(seed)
        var kinds: [String: Int] = [:]
        var problems = 0
        for number in 0..<1_000 {
            let contents = try (0..<2).map { try random.content($0) }
            var file = BatchWriter.file(header: try random.header(.xml), records: contents)
            random.mutate(&file)
            let (problem, kind) = compare(file, schema)
            kinds[kind, default: 0] += 1
            if let problem, problems < 5 {
                problems += 1
                Issue.record("seed \(seed), mutant \(number): \(problem)\n\(String(decoding: file, as: UTF8.self))")
            }
        }
        for kind in ["valid", "records", "envelope", "fault"] { #expect(kinds[kind, default: 0] > 5, "\(kinds)") }
    }

    @Test func `CSV files with changed bytes never harm, whatever the pieces`() throws {
        var random = Seeded(21)
        var accepted = 0
        for _ in 0..<3_000 {
            let contents = try (0..<3).map { try random.content($0) }
            var file = BatchWriter.file(header: try random.header(.csv), records: contents)
            random.mutate(&file)
            let whole = readBatch(file, format: .csv)
            if whole.refusal == nil { accepted += 1 }
            #expect(readBatch(file, format: .csv, piece: 1 + random.below(40)) == whole)
        }
        #expect(accepted > 300)
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
