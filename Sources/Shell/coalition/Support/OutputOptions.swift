import ArgumentParser
import Inquiry

/// How a command prints its result.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON with sorted keys.")
    var json = false

    /// Prints a result for people or for programs.
    func show(_ value: @autoclosure () -> JSONValue, _ text: @autoclosure () -> String) {
        Console.write(json ? value().rendered : text())
    }
}

extension OutputOptions {
    /// Prints a report.
    func show(_ report: Report) { show(report.json, report.text) }
}
