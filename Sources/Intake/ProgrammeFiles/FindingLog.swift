import Primitives

/// A place in a programme's file: the file, the line and the path of keys down to the value.
struct Spot: Hashable {
    var file: String
    var line = 0
    /// Keys and list positions, such as `ratios[2].validFrom`; positions count from 1.
    var keys = ""

    /// The place as a finding states it: `agreements/MARCHE.yaml: ratios[2].validFrom`.
    var place: Finding.Place {
        Finding.Place(line: line, field: keys.isEmpty ? file : "\(file): \(keys)")
    }

    func key(_ name: String, line: Int) -> Spot {
        Spot(file: file, line: line, keys: keys.isEmpty ? name : "\(keys).\(name)")
    }

    func item(_ position: Int, line: Int) -> Spot { Spot(file: file, line: line, keys: "\(keys)[\(position)]") }
}

/// A value with the place it was read from, for checks that compare values of several places.
struct Located<Value> {
    let value: Value
    let spot: Spot
}

/// Collects findings while a programme is read: reading never stops at the first.
final class FindingLog {
    private(set) var findings: [Finding] = []

    func add(
        _ code: ReasonCode, _ spot: Spot, value: String = "", detail: String, severity: Severity? = nil
    ) {
        guard findings.count < ProgrammeLimits.findings else { return }
        var finding = Finding(code, at: spot.place, value: value, detail: detail)
        if let severity { finding.severity = severity }
        findings.append(finding)
    }

    /// Findings in order of files and lines; those of one line keep their order.
    func sorted() -> [Finding] {
        func file(_ finding: Finding) -> Substring { finding.place.field.prefix { $0 != ":" } }
        return findings.enumerated().sorted { a, b in
            let (x, y) = (file(a.element), file(b.element))
            if x != y { return x.utf8.lexicographicallyPrecedes(y.utf8) }
            return (a.element.place.line, a.offset) < (b.element.place.line, b.offset)
        }.map(\.element)
    }
}
