import Gateway
import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel

/// Who made and who checked what, and who did both in one window.
struct PeopleBook {
    /// What was signed by two officers: an act, or a version of the programme.
    private struct Deed {
        let what: String
        let sequence: UInt64
        let window: WindowID?
        let makers: Set<String>
        let checkers: Set<String>
    }

    private let cutOffs: [(window: WindowID, sequence: UInt64)]
    private var deeds: [Deed] = []

    init(_ reader: HouseReader) {
        cutOffs = reader.house.evidence.cutOffs.map { ($0.key, $0.value) }.sorted { $0.sequence < $1.sequence }
    }

    mutating func take(_ fact: ActCarriedOut, _ sequence: UInt64) {
        let evidence = fact.evidence
        add(fact.act.word, sequence, makers: [evidence.maker.signer], checkers: [evidence.checker.signer])
    }

    mutating func take(_ fact: ProgrammeLoaded, _ sequence: UInt64) {
        func signers(_ part: String) -> Set<String> {
            Set(fact.files.flatMap { $0.approvals.filter { $0.part == part }.map(\.signer) })
        }
        add("programme version \(fact.version)", sequence, makers: signers("maker"), checkers: signers("checker"))
    }

    private mutating func add(_ what: String, _ sequence: UInt64, makers: Set<String>, checkers: Set<String>) {
        let window = cutOffs.first { $0.sequence > sequence }?.window
        deeds.append(Deed(what: what, sequence: sequence, window: window, makers: makers, checkers: checkers))
    }

    /// Officers' acts by person; then acts whose maker checked something else in the same window, which is allowed.
    var reports: [Report] {
        var people = ExceptionSection("officers' acts", limit: .max)
        people.count(Int64(deeds.count))
        for person in Set(deeds.flatMap { $0.makers.union($0.checkers) }).sorted() {
            let made = deeds.filter { $0.makers.contains(person) }
            let checked = deeds.filter { $0.checkers.contains(person) }
            people.list { item in
                item.add("officer", person)
                item.add("made", made.count)
                item.add("checked", checked.count)
                if !made.isEmpty { item.add("makes", Self.words(made)) }
                if !checked.isEmpty { item.add("checks", Self.words(checked)) }
            }
        }
        var both = ExceptionSection(
            "acts whose maker was checker elsewhere in the window (for information)", limit: .max)
        for deed in deeds {
            for maker in deed.makers.sorted() {
                let others = deeds.filter {
                    $0.window == deed.window && $0.sequence != deed.sequence && $0.checkers.contains(maker)
                }
                guard !others.isEmpty else { continue }
                both.count()
                both.list { item in
                    item.add("officer", maker)
                    item.add("window", deed.window?.text ?? "open now")
                    item.add("made", "\(deed.what), fact \(deed.sequence)")
                    item.add("checked", others.map { "\($0.what), fact \($0.sequence)" }.joined(separator: "; "))
                }
            }
        }
        return [people.report, both.report]
    }

    /// Kinds of acts with their counts.
    private static func words(_ deeds: [Deed]) -> String {
        Dictionary(grouping: deeds, by: \.what).sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
            .joined(separator: ", ")
    }
}

extension ActCarriedOut.Act {
    /// The kind of act in one word.
    var word: String {
        switch self {
        case .fixing: "fixing"
        case .adjustment: "adjustment"
        case .settlement(.approved): "approve"
        case .settlement(.sent): "send"
        case .settlement(.confirmed): "confirm"
        case .settlement(.returned): "return"
        case .settlement(.resent): "resend"
        case .settlement(.cancelled): "cancel"
        case .settlement(.writtenOff): "write-off"
        case .erasure: "erase"
        case .forgetting: "forget"
        case .suspendKey: "suspend-key"
        }
    }
}

extension KeyChanged.Change {
    /// The change in words.
    var words: String {
        switch self {
        case .rotated(let rotation):
            "registers \(rotation.grant.fingerprint) from \(rotation.grant.activeFrom)"
                + (rotation.replaces.map { " in the place of \($0)" } ?? "")
        case .suspended(let fingerprint): "suspends \(fingerprint)"
        }
    }
}
