import FileStore
import Gateway
import House
import Inquiry
import Journal
import Primitives
import ProgrammeModel

/// Counts what the log took after a fact.
struct LogChanges {
    private var kinds: [String: Int] = [:]
    private var files: [String: Int] = [:]
    private var acts: [String: Int] = [:]
    private var closed: [WindowID] = []
    private var versions: [Report] = []
    private var keys: [Report] = []

    /// Reads the facts after one.
    ///
    /// - Throws: `Fault` when the log is damaged.
    init(_ reader: HouseReader, after sequence: UInt64) throws {
        try reader.log.replay(from: sequence + 1) { (envelope) throws(Fault) in
            kinds[envelope.fact.kind, default: 0] += 1
            switch envelope.fact {
            case .fileReceived: files["received", default: 0] += 1
            case .fileDecided(let fact): files[fact.status.rawValue, default: 0] += 1
            case .fileRefused: files["refused at the door", default: 0] += 1
            case .fileCancelled: files["withdrawn", default: 0] += 1
            case .actCarriedOut(let fact):
                acts[fact.act.word, default: 0] += 1
                if case .suspendKey(let suspension) = fact.act {
                    changeKey(
                        "\(suspension.partner) \(suspension.fingerprint)", "suspended by officers", envelope.sequence)
                }
            case .windowClosed(let fact): closed.append(fact.window)
            case .programmeLoaded(let fact): take(fact, envelope, reader.house.programme(version: fact.version - 1))
            case .keyChanged(let fact):
                changeKey("\(fact.partner) \(fact.change.words)", "by the partner", envelope.sequence)
            default: break
            }
        }
    }

    private mutating func changeKey(_ key: String, _ change: String, _ sequence: UInt64) {
        var item = Report()
        item.add("key", key)
        item.add("change", "\(change), fact \(sequence)")
        keys.append(item)
    }

    private mutating func take(_ fact: ProgrammeLoaded, _ envelope: FactEnvelope, _ before: Programme?) {
        var item = Report()
        item.add("version", fact.version)
        item.add("loaded", "\(envelope.time), fact \(envelope.sequence)")
        versions.append(item)
        let (old, new) = (Self.registrations(before), Self.registrations(fact.programme))
        let ended = old.subtracting(new).sorted().map { ("ended or changed", $0) }
        for (change, key) in ended + new.subtracting(old).sorted().map({ ("registered", $0) }) {
            var item = Report()
            item.add("key", key)
            item.add("change", "\(change) by programme version \(fact.version)")
            keys.append(item)
        }
    }

    /// Whose keys count for what and how long, as a programme registers them, one text for each.
    private static func registrations(_ programme: Programme?) -> Set<String> {
        guard let programme else { return [] }
        let officers = programme.officers.map { officer in
            "\(officer.name) \(officer.roles.map(\.rawValue).joined(separator: "+")) \(officer.fingerprint)"
        }
        let partners = programme.agreements.flatMap { agreement in
            agreement.certificates.map { grant in
                "\(agreement.partner) \(grant.usage.rawValue) \(grant.fingerprint) from \(grant.activeFrom)"
                    + (grant.activeTo.map { " to \($0)" } ?? "")
            }
        }
        return Set(officers + partners)
    }

    func add(to report: inout Report) {
        report.add("new facts", kinds.values.reduce(0, +))
        report.add("facts by kind", items: Self.items(kinds, "kind"))
        report.add("files", items: Self.items(files, "result"))
        report.add(
            "windows closed",
            items: closed.map { window in
                var item = Report()
                item.add("window", window)
                return item
            })
        report.add("acts", items: Self.items(acts, "act"))
        report.add("programme versions", items: versions)
        report.add("key changes", items: keys)
    }

    private static func items(_ counts: [String: Int], _ label: String) -> [Report] {
        counts.sorted { $0.key < $1.key }.map { name, count in
            var item = Report()
            item.add(label, name)
            item.add("count", count)
            return item
        }
    }
}
