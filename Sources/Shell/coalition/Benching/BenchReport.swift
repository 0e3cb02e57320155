import Foundation
import Inquiry
import Primitives

/// What a bench of messages found, as medians of its rounds.
struct BenchReport {
    private let results: [MessageLoad.Result]
    private let messages: Int
    private let connections: Int
    private let inFlight: Int

    init(_ results: [MessageLoad.Result], messages: Int, connections: Int, inFlight: Int) {
        self.results = results
        self.messages = messages
        self.connections = connections
        self.inFlight = inFlight
    }

    private func median(_ figure: (MessageLoad.Result) -> Double) -> Double {
        results.map(figure).sorted()[results.count / 2]
    }

    private var rate: Double { median { Double(messages) / $0.seconds } }

    /// Microseconds of the latency below which so many thousandths were answered.
    private func latency(_ thousandths: Int) -> Double { median { $0.latency(thousandths) } * 1_000_000 }

    private func perMessage(_ seconds: (MessageLoad.Result) -> Double) -> Double {
        median { seconds($0) / Double(messages) } * 1_000_000
    }

    /// All figures as whole numbers in the units that their names say.
    var json: JSONValue {
        [
            "messages": .number(messages), "connections": .number(connections), "inFlight": .number(inFlight),
            "rounds": .number(results.count), "cores": .number(ProcessInfo.processInfo.activeProcessorCount),
            "messagesPerSecond": .whole(rate), "latencyP50Microseconds": .whole(latency(500)),
            "latencyP99Microseconds": .whole(latency(990)), "latencyP999Microseconds": .whole(latency(999)),
            "gatewayMicrosecondsPerMessage": .whole(perMessage(\.gatewayCPU)),
            "clientMicrosecondsPerMessage": .whole(perMessage(\.clientCPU)),
            "flushes": .whole(median { Double($0.flushes) }), "gatewayPeakMiB": .whole(median(\.peakMiB)),
        ]
    }

    /// The same as a table.
    var text: String {
        func milliseconds(_ microseconds: Double) -> String { String(format: "%.2f ms", microseconds / 1000) }
        var table = TextTable([], right: [1])
        table.add(["messages a second", String(format: "%.0f", rate)])
        table.add(["answered within, half of them", milliseconds(latency(500))])
        table.add(["99 of 100", milliseconds(latency(990))])
        table.add(["999 of 1000", milliseconds(latency(999))])
        table.add(["CPU of the gateway a message", String(format: "%.0f µs", perMessage(\.gatewayCPU))])
        table.add(["CPU of the client a message", String(format: "%.0f µs", perMessage(\.clientCPU))])
        table.add(["flushes of the log", String(format: "%.0f", median { Double($0.flushes) })])
        table.add([
            "messages a flush", String(format: "%.1f", median { Double(messages) / Double(max(1, $0.flushes)) }),
        ])
        table.add(["memory of the gateway, at most", String(format: "%.0f MiB", median(\.peakMiB))])
        return """
            \(messages) messages over \(connections) connections, \(inFlight) in flight on each, medians of \
            \(results.count) rounds, on \(ProcessInfo.processInfo.activeProcessorCount) cores with the client

            """ + table.text
    }
}

/// What a bench of files found, as medians of its rounds.
struct FileBenchReport {
    private let results: [FileLoad.Result]
    private let records: Int
    private let format: String

    init(_ results: [FileLoad.Result], records: Int, format: BatchFormat) {
        self.results = results
        self.records = records
        self.format = format.rawValue
    }

    private func median(_ figure: (FileLoad.Result) -> Double) -> Double {
        results.map(figure).sorted()[results.count / 2]
    }

    /// All figures as whole numbers in the units that their names say.
    var json: JSONValue {
        [
            "records": .number(records), "format": .text(format), "rounds": .number(results.count),
            "cores": .number(ProcessInfo.processInfo.activeProcessorCount),
            "bytes": .whole(median { Double($0.bytes) }),
            "recordsPerSecond": .whole(median { Double(records) / $0.seconds }),
            "milliseconds": .whole(median { $0.seconds * 1000 }),
            "gatewayMilliseconds": .whole(median { $0.gatewayCPU * 1000 }),
            "flushes": .whole(median { Double($0.flushes) }), "gatewayPeakMiB": .whole(median(\.peakMiB)),
        ]
    }

    /// The same as a table.
    var text: String {
        var table = TextTable([], right: [1])
        table.add(["file", String(format: "%.1f MiB", median { Double($0.bytes) / 1_048_576 })])
        table.add(["until the receipt VALIDATED", String(format: "%.2f s", median(\.seconds))])
        table.add(["records a second", String(format: "%.0f", median { Double(records) / $0.seconds })])
        table.add(["CPU of the gateway", String(format: "%.2f s", median(\.gatewayCPU))])
        table.add(["flushes of the log", String(format: "%.0f", median { Double($0.flushes) })])
        table.add(["memory of the gateway, at most", String(format: "%.0f MiB", median(\.peakMiB))])
        return """
            a file of \(records) records in \(format), medians of \(results.count) rounds, on \
            \(ProcessInfo.processInfo.activeProcessorCount) cores with the client

            """ + table.text
    }
}

extension JSONValue {
    /// A figure rounded to a whole number.
    fileprivate static func whole(_ figure: Double) -> JSONValue { .integer(Int64(figure.rounded())) }
}
