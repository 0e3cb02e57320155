import Synchronization
import Validation
import XMLKit

/// Our own checks of batch files beside libxml2's validator with the published schema.
enum SchemaFuzz {
    private static let schema = Mutex<XMLSchema?>(nil)

    static func compare(_ reading: BatchReading, _ bytes: [UInt8]) throws(BrokenPromise) {
        // A file that is refused may be so for rules beyond the schema.
        guard reading.summary != nil else { return }
        let (fault, errors) = try validate(bytes)
        try hold(fault == nil, "what is read has no fault for libxml2: \(fault.debugDescription)")
        let follows = reading.refused.allSatisfy(\.followsSchema)
        try hold(follows == errors.isEmpty, "the schema's verdict is ours (\(follows)): \(errors)")
    }

    private static func validate(_ bytes: [UInt8]) throws(BrokenPromise) -> (fault: XMLFault?, errors: [String]) {
        try schema.withLock { schema throws(BrokenPromise) in
            if schema == nil { schema = try? XMLSchema(BatchSchema.text) }
            guard let schema else { throw BrokenPromise(description: "the schema is one") }
            let vocabulary = XMLVocabulary(namespace: BatchSchema.namespace, names: ["Transaction"])
            let parser = XMLStreamParser(vocabulary: vocabulary, schema: schema)
            var errors: [String] = []
            let consume = { (events: borrowing XMLEvents) -> Void in
                for event in events.events where event.kind == .schemaError {
                    errors.append(String(decoding: events.text(of: event), as: UTF8.self))
                }
            }
            parser.feed(bytes.span, consume)
            parser.finish(consume)
            return (parser.fault, errors)
        }
    }
}
