import Primitives
import Yams

/// A value of a YAML file with its line: text, a list or a mapping. YAML's own typing is not used, so that `NO` stays
/// Norway and `0.10` keeps its digits.
struct YAMLValue {
    let line: Int
    let content: Content

    indirect enum Content {
        case text(String)
        case list([YAMLValue])
        case map([YAMLEntry])
    }
}

/// A key of a mapping with its value.
struct YAMLEntry {
    let key: String
    let line: Int
    let value: YAMLValue
}

/// Reads the subset of YAML that a programme's files use: one document of mappings, lists and text.
///
/// Anchors, aliases, tags, keys that are not text and repeated keys are findings (CFG-005), each with its line.
/// A repeated key does not end the reading: see `distinguish`.
struct YAMLDocument {
    private let file: String
    private let log: FindingLog
    private var nodes = 0
    private var told: Set<Int> = []
    /// The names of repeated keys whose earlier occurrences were renamed, by the number in the new name.
    private var repeated: [String] = []

    /// The file's root, or nil when it cannot be read at all; the log then says why.
    static func read(_ bytes: [UInt8], file: String, log: FindingLog) -> YAMLValue? {
        var document = YAMLDocument(file: file, log: log)
        return document.read(bytes)
    }

    private init(file: String, log: FindingLog) {
        self.file = file
        self.log = log
    }

    private func fault(_ line: Int, value: String = "", _ detail: String) {
        log.add(.cfg005, Spot(file: file, line: line), value: value, detail: detail)
    }

    private mutating func read(_ bytes: [UInt8]) -> YAMLValue? {
        guard bytes.count <= ProgrammeLimits.fileBytes else {
            fault(0, "the file is larger than \(ProgrammeLimits.fileBytes) bytes")
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            fault(0, "the file is not UTF-8")
            return nil
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let (aliases, keys) = Self.lookalikes(bytes)
        guard aliases <= ProgrammeLimits.lookalikes, keys <= ProgrammeLimits.lookalikes else {
            fault(0, "YAML aliases and keys that are not text are not used in a programme")
            return nil
        }
        while true {
            do {
                // The parser keeps the anchors alive; without it the nodes would no longer say that they had one.
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    fault(1, "the file is empty")
                    return nil
                }
                return withExtendedLifetime(parser) { value(root, depth: 1) }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                guard let next = distinguish(names, at: context.mark, in: text) else { return nil }
                text = next
            } catch {
                tell(error)
                return nil
            }
        }
    }

    /// Renames the earlier of two equal keys, so that the rest of the file can be read; nil when that is not possible.
    private mutating func distinguish(_ names: [String], at mark: Mark, in text: String) -> String? {
        guard let name = names.first, repeated.count < ProgrammeLimits.repeatedKeys,
            let start = text.unicodeScalars.index(of: mark)
        else {
            fault(mark.line, value: names.first ?? "", "a key stands twice in one mapping")
            return nil
        }
        var begin = start
        if let quote = text.unicodeScalars[safe: start], quote == "\"" || quote == "'" {
            begin = text.unicodeScalars.index(after: start)
        }
        guard !name.isEmpty, text[begin...].unicodeScalars.starts(with: name.unicodeScalars) else {
            fault(mark.line, value: name, "a key stands twice in one mapping")
            return nil
        }
        let end = text.unicodeScalars.index(begin, offsetBy: name.unicodeScalars.count)
        repeated.append(name)
        return String(text[..<begin]) + Self.marker + String(repeated.count - 1) + String(text[end...])
    }

    /// A character of the private area: no key of a programme begins with it.
    private static let marker = "\u{E000}"

    private func tell(_ error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            fault(mark.line, "not well-formed YAML: \(problem)")
        case YamlError.reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count { $0.isNewline } + 1 } ?? 0
            fault(line, "not well-formed YAML: \(problem)")
        default:
            fault(0, "not well-formed YAML")
        }
    }

    private mutating func value(_ node: Node, depth: Int) -> YAMLValue? {
        let line = node.mark?.line ?? 0
        nodes += 1
        guard nodes <= ProgrammeLimits.nodes, depth <= ProgrammeLimits.depth else {
            if told.insert(-1).inserted {
                fault(line, "more than \(ProgrammeLimits.nodes) values or \(ProgrammeLimits.depth) levels")
            }
            return nil
        }
        guard node.anchor == nil else {
            if told.insert(line).inserted { fault(line, "YAML anchors and aliases are not used in a programme") }
            return nil
        }
        switch node {
        case .scalar(let scalar):
            guard node.tag.description == Tag.Name.str.rawValue else { return tagged(line) }
            return YAMLValue(line: line, content: .text(scalar.string))
        case .sequence(let sequence):
            guard node.tag.description == Tag.Name.seq.rawValue else { return tagged(line) }
            return YAMLValue(line: line, content: .list(sequence.compactMap { value($0, depth: depth + 1) }))
        case .mapping(let mapping):
            guard node.tag.description == Tag.Name.map.rawValue else { return tagged(line) }
            return YAMLValue(line: line, content: .map(entries(mapping, depth: depth)))
        case .alias:
            fault(line, "YAML anchors and aliases are not used in a programme")
            return nil
        }
    }

    private func tagged(_ line: Int) -> YAMLValue? {
        fault(line, "YAML tags are not used in a programme")
        return nil
    }

    private mutating func entries(_ mapping: Node.Mapping, depth: Int) -> [YAMLEntry] {
        var out: [YAMLEntry] = []
        var earlier: [(name: String, line: Int)] = []
        for (key, node) in mapping {
            let line = key.mark?.line ?? 0
            guard case .scalar(let scalar) = key, key.anchor == nil else {
                fault(line, "a key is plain text")
                continue
            }
            if scalar.string.hasPrefix(Self.marker), let number = Int(scalar.string.dropFirst()),
                repeated.indices.contains(number)
            {
                tellRepeat(of: repeated[number], at: line, after: earlier)
                earlier.append((repeated[number], line))
                continue
            }
            tellRepeat(of: scalar.string, at: line, after: earlier)
            if let content = value(node, depth: depth + 1) {
                out.append(YAMLEntry(key: scalar.string, line: line, value: content))
            }
        }
        return out
    }

    private func tellRepeat(of name: String, at line: Int, after earlier: [(name: String, line: Int)]) {
        guard let first = earlier.first(where: { $0.name == name }) else { return }
        fault(line, value: name, "the key stands already on line \(first.line)")
    }

    /// Counts what outside quotes and comments would be an alias, `*word`, or a key of any kind, `? `.
    ///
    /// Both can make a short file cost minutes before its values can be looked at: aliases multiply what they stand
    /// for, and keys within keys are hashed again on every level.
    private static func lookalikes(_ bytes: [UInt8]) -> (aliases: Int, keys: Int) {
        var (aliases, keys) = (0, 0)
        var previous = UInt8(ascii: "\n")
        for (byte, next) in zip(bytes, bytes.dropFirst() + [UInt8(ascii: "\n")]) {
            let nextIsWord = next.isAlphanumeric || next == UInt8(ascii: "_") || next == UInt8(ascii: "-")
            if byte == UInt8(ascii: "*"), nextIsWord { aliases += 1 }
            if byte == UInt8(ascii: "?"), !previous.isAlphanumeric, !nextIsWord { keys += 1 }
            previous = byte
        }
        return (aliases, keys)
    }
}

extension String.UnicodeScalarView {
    /// The place of a mark, by the line breaks that YAML 1.1 knows; nil beyond the end.
    fileprivate func index(of mark: Mark) -> Index? {
        var (line, column) = (1, 1)
        var current = startIndex
        while current < endIndex {
            if line == mark.line, column == mark.column { return current }
            let scalar = self[current]
            formIndex(after: &current)
            let isPair = scalar == "\r" && current < endIndex && self[current] == "\n"
            if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar), !isPair {
                (line, column) = (line + 1, 1)
            } else if !isPair {
                column += 1
            }
        }
        return nil
    }

    fileprivate subscript(safe index: Index) -> Unicode.Scalar? { index < endIndex ? self[index] : nil }
}
