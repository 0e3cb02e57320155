/// The rules of the house that a program can check. `Specs/style.md` has their reasons.
enum TidyRules {
    static let all: [TidyRule] =
        [fileLength, lineLength, functionLength, debt, safety, unsafeCode, forcedUnwrapping, oldTests] + calls

    // MARK: Size

    static let fileLength = TidyRule("a file has at most 500 lines") { file in
        file.lines.count <= 500 ? [] : ["\(file.path):501: \(file.lines.count) lines; split the file by purpose"]
    }

    /// Text of several lines cannot be broken at will.
    static let lineLength = TidyRule("a line has at most 120 characters") { file in
        file.lines.indices.compactMap { number in
            let line = file.lines[number]
            // Characters are counted only where there are more bytes.
            guard line.utf8.count > 120, line.count > 120 else { return nil }
            let isText = file.code[number].allSatisfy(\.isWhitespace)
            if isText, !line.drop(while: \.isWhitespace).hasPrefix("//") { return nil }
            return file.violation(number, "\(line.count) characters")
        }
    }

    static let functionLength = TidyRule("a function has at most 70 lines") { file in
        Functions.of(file).filter { $0.lines > 70 }.map { file.violation($0.start, "\($0.name) has \($0.lines) lines") }
    }

    // MARK: Words

    /// Marks of debt, put together so that this file has none.
    private static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    static let debt = TidyRule("nothing is left to be done later") { file in
        file.lines.enumerated().flatMap { number, line in
            marks.filter { Words.contains(line, $0) }.map {
                file.violation(number, "\($0): do it, or write a decision")
            }
        }
    }

    /// Folders that exist on one machine only.
    private static let places = ["ro" + "ot", "ho" + "me", "wo" + "rk", "Us" + "ers"].map { "/\($0)/" }

    /// Holds for all text files, not only Swift.
    static let machinePaths = TidyRule("no path of somebody's machine") { file in
        file.lines.enumerated().flatMap { number, line in
            places.filter { place in
                line.ranges(of: place).contains { range in
                    // A folder within a path or an address is another matter.
                    guard range.lowerBound > line.startIndex else { return true }
                    let before = line[line.index(before: range.lowerBound)]
                    return !before.isLetter && !before.isNumber && !"._-)~}".contains(before)
                }
            }.map { file.violation(number, "\($0)…: use a path relative to the repository") }
        }
    }

    // MARK: Calls

    private struct Ban: Sendable {
        var word: String
        var instead: String
        var isMember = true
        var holds: @Sendable (SourceFile) -> Bool = { $0.isIn("Sources") }
    }

    private static let bans: [Ban] = [
        Ban(word: "try!", instead: "let the error through, or refuse"),
        Ban(word: "as!", instead: "use as? and say what happens otherwise"),
        Ban(
            word: "print(", instead: "libraries return values or take a logger", isMember: false,
            holds: { $0.isIn("Sources") && !$0.isIn("Sources/Shell/coalition") }),
        Ban(word: "debugPrint(", instead: "take a logger", isMember: false),
        Ban(
            word: "Date()", instead: "time is a parameter; HouseClock reads the machine's",
            holds: { $0.isIn("Sources") && $0.path != "Sources/Shell/Gateway/HouseClock.swift" }),
        Ban(word: "DispatchQueue", instead: "an actor, a task group, or an event loop"),
        Ban(word: "fatalError", instead: "preconditionFailure with the reason"),
        Ban(word: "Task.detached", instead: "a child task, so that somebody waits for it"),
        Ban(word: "localizedDescription", instead: "the error's own description"),
        Ban(word: "@_exported", instead: "import what you use"),
        Ban(word: "Double", instead: "integers and Fraction", holds: isExact),
        Ban(word: "Float", instead: "integers and Fraction", holds: isExact),
    ]

    @Sendable private static func isExact(_ file: SourceFile) -> Bool {
        ["Sources/Primitives", "Sources/Engine", "Sources/Intake"].contains { file.isIn($0) }
    }

    static let calls: [TidyRule] =
        bans.map { ban in
            TidyRule("no \(ban.word)") { file, line in
                guard ban.holds(file), Words.contains(line, ban.word, isMember: ban.isMember) else { return nil }
                return "\(ban.word): \(ban.instead)"
            }
        } + [machineTime]

    /// A clock's own `now`, as a member of its type or with the type left out. Event loops have a clock for deadlines.
    static let machineTime = TidyRule("no clock's now") { file, line in
        guard file.isIn("Sources"), file.path != "Sources/Shell/Gateway/HouseClock.swift" else { return nil }
        let clocks = [
            "Date.now", "ContinuousClock.now", "SuspendingClock.now", "DispatchTime.now", "ContinuousClock()",
        ]
        // A command may measure how long it takes, for its progress bar.
        if file.isIn("Sources/Shell/coalition"), Words.contains(line, "ContinuousClock()") { return nil }
        if let clock = clocks.first(where: { Words.contains(line, $0) }) { return "\(clock): time is a parameter" }
        let isImplicit = Words.positions(of: ".now", in: line).contains { start in
            start == 0 || [UInt8(ascii: " "), UInt8(ascii: "(")].contains(Array(line.utf8)[start - 1])
        }
        return isImplicit ? ".now: time is a parameter" : nil
    }

    static let forcedUnwrapping = TidyRule("no forced unwrapping") { file, line in
        guard file.isIn("Sources"), Words.forcesUnwrapping(line) else { return nil }
        return "!: bind the value, or say with guard what happens without it"
    }

    static let oldTests = TidyRule("tests are written with Swift Testing") { file, line in
        Words.contains(line, "XCTest") && file.isIn("Tests") ? "XCTest: use Swift Testing" : nil
    }

    // MARK: Unsafe code

    /// The compiler does not ask for a proof of these two, so that we do.
    static let safety = TidyRule("what the compiler cannot check has its proof beside it") { file in
        guard file.isIn("Sources") else { return [] }
        return file.code.enumerated().compactMap { number, line in
            guard let claim = ["@unchecked Sendable", "nonisolated(unsafe)"].first(where: line.contains) else {
                return nil
            }
            // The comment above, or the two lines below.
            var first = number
            while first > 0, file.code[first - 1].allSatisfy(\.isWhitespace) || file.code[first - 1].hasPrefix("@") {
                first -= 1
            }
            let near = file.lines[first...min(number + 2, file.lines.count - 1)]
            return near.contains { $0.contains("// SAFETY:") }
                ? nil : file.violation(number, "\(claim): say why in a line // SAFETY:")
        }
    }

    static let unsafeCode = TidyRule("unsafe code stays in the bridges and the file layer") { file, line in
        guard file.isIn("Sources"), !file.isIn("Sources/Bridges"), !file.isIn("Sources/Stores/FileStore/Files") else {
            return nil
        }
        guard line.contains("nsafe") else { return nil }
        let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        let word = words.first { $0 == "unsafe" || $0.hasPrefix("Unsafe") || $0.hasPrefix("withUnsafe") }
        return word.map { "\($0): it belongs into Sources/Bridges" }
    }
}

/// The functions of a file and their lengths, found by counting braces.
enum Functions {
    struct Found {
        let name: String
        let start: Int
        let lines: Int
    }

    static func of(_ file: SourceFile) -> [Found] {
        file.code.indices.compactMap { number -> Found? in
            guard let name = name(declaredIn: file.code[number]) else { return nil }
            guard let end = end(from: number, in: file.code) else { return nil }
            return Found(name: name, start: number, lines: end - number + 1)
        }
    }

    /// The name of the function or initialiser that a line declares.
    private static func name(declaredIn line: String) -> String? {
        for word in ["func", "init"] {
            guard let start = Words.positions(of: word, in: line, isMember: false).first else { continue }
            let rest = String(decoding: Array(line.utf8)[(start + word.utf8.count)...], as: UTF8.self)
            if word == "func" { return rest.split { "(< ".contains($0) }.first.map(String.init) ?? "func" }
            let words = line.split(separator: " ").prefix { !$0.hasPrefix("init") }
            let modifiers: Set<Substring> = [
                "public", "private", "package", "internal", "fileprivate", "convenience", "required",
            ]
            if rest.hasPrefix("(") || rest.hasPrefix("?("), words.allSatisfy(modifiers.contains) { return "init" }
        }
        return nil
    }

    /// The line on which a declaration's body ends; nil where it has none.
    private static func end(from start: Int, in code: [String]) -> Int? {
        var (round, curly, begun) = (0, 0, false)
        for number in start..<code.count {
            if number > start, !begun, round == 0, name(declaredIn: code[number]) != nil { return nil }
            for byte in code[number].utf8 {
                switch byte {
                case UInt8(ascii: "("): round += 1
                case UInt8(ascii: ")"): round -= 1
                case UInt8(ascii: "{") where begun || round == 0: (curly, begun) = (curly + 1, true)
                case UInt8(ascii: "}") where begun:
                    curly -= 1
                    if curly == 0 { return number }
                case UInt8(ascii: "}") where round == 0: return nil
                default: break
                }
            }
        }
        return nil
    }
}
