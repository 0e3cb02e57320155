import Foundation
import TestKit

/// The tables of `Specs/commands.md`: every command, and the keys of what it prints with `--json`.
struct CommandPage {
    /// The names of commands, such as `programme show`.
    let commands: Set<String>
    /// What each prints with `--json`.
    private let shapes: [String: Shape]

    /// The keys of an object, of each object of a list, or of each line.
    struct Shape: Equatable {
        enum Form: String {
            case object
            case list
            case lines
        }

        let form: Form
        let keys: Set<String>
        let optional: Set<String>
    }

    static func shared() throws -> CommandPage {
        try CommandPage(GoldenScenario.specs.appending(path: "commands.md"))
    }

    init(_ page: URL) throws {
        let rows = String(decoding: try Data(contentsOf: page), as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        var commands: Set<String> = []
        var shapes: [String: Shape] = [:]
        for row in rows where row.count >= 4 {
            guard row[1].hasPrefix("`"), let name = Self.quoted(row[1]).first else { continue }
            commands.insert(name)
            guard let form = row[2].split(separator: ":").first.flatMap({ Shape.Form(rawValue: String($0)) }) else {
                continue
            }
            let keys = Self.quoted(row[2])
            shapes[name] = Shape(
                form: form, keys: Set(keys.filter { !$0.hasSuffix("?") }),
                optional: Set(keys.filter { $0.hasSuffix("?") }.map { String($0.dropLast()) }))
        }
        self.commands = commands
        self.shapes = shapes
    }

    /// The commands with a shape.
    var printing: Set<String> { Set(shapes.keys) }

    /// What is printed and not described, or described and not printed.
    func problems(of text: String, printedBy line: String) -> [String] {
        let words = line.split(separator: " ").prefix(2).joined(separator: " ")
        let name = shapes[words] == nil ? String(line.prefix { $0 != " " }) : words
        guard let shape = shapes[name] else { return ["\(name): not described"] }
        guard let json = try? JSON(text) else { return ["\(name): no JSON: \(text)"] }
        let objects: [JSON]
        switch shape.form {
        case .object: objects = [json]
        case .list:
            guard json.isList else { return ["\(name): no list: \(text)"] }
            objects = json.items
        case .lines: objects = json.isList ? json.items : [json]
        }
        return objects.flatMap { object -> [String] in
            guard let members = object.object else { return ["\(name): no object in \(text)"] }
            let found = Set(members.keys)
            return found.subtracting(shape.keys).subtracting(shape.optional).map { "\(name): \($0) is not described" }
                + shape.keys.subtracting(found).map { "\(name): \($0) is missing" }
        }
    }

    /// The words of a cell that stand in backticks.
    private static func quoted(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }
}
