import Foundation

/// JSON as the commands print it: keys sorted, no floating point.
package enum JSONValue: Encodable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])
    case encoded(any Encodable & Sendable)

    /// A text, or null.
    package static func optional(_ value: (some CustomStringConvertible)?) -> JSONValue {
        value.map { .text($0.description) } ?? .null
    }

    /// The text of a value.
    package static func of(_ value: some CustomStringConvertible) -> JSONValue { .text(value.description) }

    /// A list of texts.
    package static func texts(_ values: some Sequence<some CustomStringConvertible>) -> JSONValue {
        .list(values.map { .text($0.description) })
    }

    /// A whole number.
    package static func number(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(value)) }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .encoded(let value): try value.encode(to: encoder)
        case .list(let values): try values.encode(to: encoder)
        case .object(let members): try members.encode(to: encoder)
        case .null, .bool, .integer, .text:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            default: try container.encodeNil()
            }
        }
    }

    /// The text that is printed.
    package var rendered: String { text([.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]) }

    /// The same on one line, for lists that are printed as they are read.
    package var line: String { text([.sortedKeys, .withoutEscapingSlashes]) }

    private func text(_ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        guard let data = try? encoder.encode(self) else { preconditionFailure("texts and numbers always encode") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }

    package init(arrayLiteral elements: JSONValue...) { self = .list(elements) }

    package init(stringLiteral value: String) { self = .text(value) }
}
