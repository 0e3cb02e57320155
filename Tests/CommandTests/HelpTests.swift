import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `--help` is the manual: nothing is missing in it, and the pages name every command.
    @Suite struct HelpTests {
        /// A command with its place in the tree.
        struct Command {
            let words: [String]
            let node: JSON
            var name: String { words.joined(separator: " ") }
        }

        /// The tree of commands, as the parser itself describes it.
        private func commands() throws -> [Command] {
            let tree = try JSON(try DemoHouse.shared.help)
            func below(_ node: JSON, _ words: [String]) -> [Command] {
                node["subcommands"].items.flatMap { child -> [Command] in
                    let words = words + [child["commandName"].text ?? ""]
                    return [Command(words: words, node: child)] + below(child, words)
                }
            }
            // The parser's own `help` is not ours to describe.
            let all = below(tree["command"], []).filter { $0.words.first != "help" }
            try #require(all.count > 40)
            return all
        }

        @Test func everyCommandOptionAndArgumentSaysWhatItIs() throws {
            for command in try commands() {
                #expect(!(command.node["abstract"].text ?? "").isEmpty, "\(command.name)")
                if command.node["subcommands"].items.isEmpty {
                    let text = command.node["discussion"].text ?? ""
                    #expect(text.contains("EXAMPLE"), "\(command.name) has no example")
                }
                for argument in command.node["arguments"].items {
                    let abstract = argument["abstract"].text ?? ""
                    #expect(!abstract.isEmpty, "\(command.name): \(argument["valueName"].text ?? "")")
                    #expect(abstract.hasSuffix("."), "\(command.name): \(abstract)")
                }
            }
        }

        @Test func helpIsPrintedOnStandardOutputAndEndsWell() throws {
            let place = try DemoHouse.place
            // The whole tree is described by the test above; here one of each kind is printed.
            for command in try commands() where command.words.count == 1 {
                let text = try place.done("\(command.name) --help").text
                #expect(text.contains("USAGE: coalition \(command.name)"), "\(command.name)")
            }
            #expect(try place.done("help pki issue").text == place.done("pki issue --help").text)
        }

        @Test func thePageOfCommandsNamesEveryCommandAndNoOther() throws {
            let commands = try commands()
            let page = try CommandPage.shared()
            let leaves = commands.filter { $0.node["subcommands"].items.isEmpty }
            #expect(page.commands == Set(leaves.map(\.name)))
            let printing = leaves.filter { $0.node["arguments"].items.contains { $0["valueName"].text == "json" } }
            #expect(page.printing == Set(printing.map(\.name)))
        }

        @Test func theExamplesOfHelpUseOptionsThatExist() throws {
            let commands = try commands()
            for command in commands {
                let text = command.node["discussion"].text ?? ""
                let joined = text.replacingOccurrences(of: "\\\n", with: " ")
                for line in joined.split(separator: "\n") {
                    let words = line.split(separator: " ").map(String.init)
                    guard words.first == "coalition" else { continue }
                    let named = commands.filter { words.dropFirst().starts(with: $0.words) }
                        .max { $0.words.count < $1.words.count }
                    let example = try #require(named, "\(command.name): \(line)")
                    let known = example.node["arguments"].items.flatMap { $0["names"].items }.map { name in
                        (name["kind"].text == "long" ? "--" : "-") + (name["name"].text ?? "")
                    }
                    for word in words where word.hasPrefix("--") {
                        #expect(known.contains(word), "\(command.name): \(line)")
                    }
                }
            }
        }

        @Test func theVersionIsPrinted() throws {
            #expect(try DemoHouse.place.done("--version").text.hasPrefix("coalition "))
        }
    }
}
