import Foundation
import Inquiry

/// What a bench found, as medians of its rounds.
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
        func whole(_ figure: Double) -> JSONValue { .integer(Int64(figure.rounded())) }
        return [
            "messages": .number(messages), "connections": .number(connections), "inFlight": .number(inFlight),
            "rounds": .number(results.count), "cores": .number(ProcessInfo.processInfo.activeProcessorCount),
            "messagesPerSecond": whole(rate), "latencyP50Microseconds": whole(latency(500)),
            "latencyP99Microseconds": whole(latency(990)), "latencyP999Microseconds": whole(latency(999)),
            "gatewayMicrosecondsPerMessage": whole(perMessage(\.gatewayCPU)),
            "clientMicrosecondsPerMessage": whole(perMessage(\.clientCPU)),
            "gatewayPeakMiB": whole(median(\.peakMiB)),
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
        table.add(["memory of the gateway, at most", String(format: "%.0f MiB", median(\.peakMiB))])
        return """
            \(messages) messages over \(connections) connections, \(inFlight) in flight on each, medians of \
            \(results.count) rounds, on \(ProcessInfo.processInfo.activeProcessorCount) cores with the client

            """ + table.text
    }
}
