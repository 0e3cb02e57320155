import Evidence
import FileStore
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements
import Transparency

/// A bundle whose archive and manifest are in order.
struct Bundle {
    let file: BundleFile
    let manifest: BundleManifest
    let pins: PinsFile
    let window: WindowID
    let partner: PartnerID?
    /// Whether the whole window of the host, or of the partner, is in it.
    let isWhole: Bool
    /// The facts that it shows, in order.
    let sequences: [UInt64]
    /// The batches whose originals officers erased or closed, by the facts that received or answered them.
    /// Specs/evidence.md, After erasure, and after a member was forgotten.
    let erased: Set<UInt64>
    /// The facts, but those of messages, by their numbers.
    private let facts: [UInt64: FactEnvelope]

    init(_ file: BundleFile, _ manifest: BundleManifest, _ pins: PinsFile) throws {
        self.file = file
        self.manifest = manifest
        self.pins = pins
        guard let window = manifest.scoped("window").flatMap({ try? WindowID($0) }) else {
            throw Fault("the manifest names no window")
        }
        self.window = window
        partner = manifest.scoped("partner").flatMap { try? PartnerID($0) }
        isWhole = manifest.scoped("file") == nil && manifest.scoped("record") == nil
        var facts: [UInt64: FactEnvelope] = [:]
        var sequences: [UInt64] = []
        for name in file.names(under: "log/facts/") {
            guard let sequence = UInt64(name.dropFirst("log/facts/".utf8.count).dropLast(5)) else {
                throw Defect(item: name, found: "it is not named by a fact's number")
            }
            sequences.append(sequence)
            let envelope = try Self.decode(file, name)
            guard envelope.sequence == sequence else {
                throw Defect(item: name, found: "it is fact \(envelope.sequence)")
            }
            if case .messageAnswered = envelope.fact { continue }
            facts[sequence] = envelope
        }
        self.facts = facts
        erased = Set(
            facts.values.flatMap { envelope -> [UInt64] in
                guard case .actCarriedOut(let fact) = envelope.fact else { return [] }
                return switch fact.act {
                case .erasure(let erasure): erasure.received
                case .forgetting(let forgetting): forgetting.received
                default: []
                }
            })
        self.sequences = sequences.sorted()
    }

    typealias Defect = BundleFile.BundleDefect

    private static func decode(_ file: BundleFile, _ name: String) throws -> FactEnvelope {
        guard let bytes = try file.small(name) else { throw Defect(item: name, found: "it is too long for a fact") }
        do {
            return try FactCodec.decode(bytes[...])
        } catch {
            throw Defect(item: name, found: "it cannot be read as a fact")
        }
    }

    static func number(_ sequence: UInt64) -> String { Padding.zeros(Int(sequence), 10) }

    /// The entry of a fact.
    static func name(ofFact sequence: UInt64) -> String { "log/facts/\(number(sequence)).json" }

    /// A fact that the bundle shows, or nil.
    func fact(_ sequence: UInt64) throws -> FactEnvelope? {
        if let known = facts[sequence] { return known }
        let name = Self.name(ofFact: sequence)
        return file[name] == nil ? nil : try Self.decode(file, name)
    }

    /// Calls the closure with every fact shown, in order.
    func forEachFact(_ body: (FactEnvelope) throws -> Void) throws {
        for sequence in sequences { if let envelope = try fact(sequence) { try body(envelope) } }
    }

    /// The leaf of a fact that the bundle shows.
    func leaf(_ sequence: UInt64) throws -> Digest32? {
        guard let bytes = try file.small(Self.name(ofFact: sequence)) else { return nil }
        return OpenSSLTreeHashing().leaf(bytes.span)
    }

    /// Whether a partner's own things are in the bundle.
    func shows(_ other: PartnerID) -> Bool { partner == nil || partner == other }
}

/// A partner's batch in a bundle.
struct BatchFolder {
    let bundle: Bundle
    /// The fact that received the file or answered the message.
    let received: UInt64

    var name: String { "batches/\(Bundle.number(received))/" }

    func bytes(_ entry: String) throws -> [UInt8]? { try bundle.file.small(name + entry) }

    func has(_ entry: String) -> Bool { bundle.file[name + entry] != nil }
}
