import Foundation
package import House
package import Primitives

/// Facts about one thing, told once and printed for people or as JSON.
package struct Report: Sendable {
    /// One fact, or a list of things with facts of their own.
    package enum Row: Sendable {
        case value(key: String, label: String, text: String)
        case list(key: String, label: String, items: [Report])
    }

    /// All facts, in the order in which they were told.
    package private(set) var rows: [Row] = []

    /// Nothing so far.
    package init() {}

    /// What a gateway answered to a query: an object of texts.
    ///
    /// - Throws: `Fault` when it is something else.
    package init(answer: [UInt8]) throws(Fault) {
        guard let members = try? JSONDecoder().decode([String: String].self, from: Data(answer)) else {
            throw Fault("the gateway's answer cannot be read")
        }
        for (key, text) in members.sorted(by: { $0.key < $1.key }) { add(key, text, key: key) }
    }

    /// Adds a fact; the JSON key is the label in camel case unless one is given.
    package mutating func add(_ label: String, _ value: (some CustomStringConvertible)?, key: String? = nil) {
        guard let value else { return }
        rows.append(.value(key: key ?? Self.key(label), label: label, text: value.description))
    }

    /// Adds what keeps an original from being shown, and the fact that brought it about.
    package mutating func add(_ withholding: Withholding?) {
        switch withholding {
        case .erased(let act): add("erased", "the original, by fact \(act)")
        case .closed(let act): add("closed", "the original, by fact \(act)")
        case nil: break
        }
    }

    /// Adds a list of things that have facts of their own.
    package mutating func add(_ label: String, items: [Report], key: String? = nil) {
        rows.append(.list(key: key ?? Self.key(label), label: label, items: items))
    }

    private static func key(_ label: String) -> String {
        let words = label.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() }
        return words.enumerated().map { index, word in
            index == 0 ? word : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [:]
        for row in rows {
            switch row {
            case .value(let key, _, let text): members[key] = .text(text)
            case .list(let key, _, let items): members[key] = .list(items.map(\.json))
            }
        }
        return .object(members)
    }

    package var text: String { lines("").map { $0 + "\n" }.joined() }

    private func lines(_ indent: String) -> [String] {
        let width = rows.map { if case .value(_, let label, _) = $0 { label.count } else { 0 } }.max() ?? 0
        return rows.flatMap { row -> [String] in
            switch row {
            case .value(_, let label, let text):
                return [indent + label + String(repeating: " ", count: width - label.count) + "  " + text]
            case .list(_, let label, let items):
                if items.isEmpty { return ["\(indent)\(label): none"] }
                return ["\(indent)\(label):"]
                    + items.flatMap { item -> [String] in
                        item.lines("").enumerated().map { index, line in indent + (index == 0 ? "  - " : "    ") + line
                        }
                    }
            }
        }
    }
}
