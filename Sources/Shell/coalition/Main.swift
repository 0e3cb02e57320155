import ArgumentParser

/// The program's entry: parses, runs, and turns every error into a line on standard error and an exit status.
@main
enum Main {
    static func main() async {
        do {
            var command = try Coalition.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            ErrorReport(error).leave()
        }
    }
}
