import Primitives

/// The decoders that read bytes of strangers, each with what must hold for every input.
///
/// The same functions run under libFuzzer (`Tests/Fuzz`) and, over its corpus, in the ordinary tests
/// (`FuzzReplayTests`).
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// Frames, messages and sessions of the wire protocol, both sides.
    case wire
    /// Signatures, certificates and revocation lists.
    case cms
    /// Batch files and real-time messages in XML.
    case xml
    /// Batch files in CSV.
    case csv
    /// A programme's directory in YAML.
    case programme

    /// Feeds bytes to the decoder. Any bytes are allowed.
    ///
    /// - Throws: `BrokenPromise` when the decoder did not keep what it promises. A trap or a fault of memory is told by
    ///   the process's end.
    public func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        switch self {
        case .wire: try WireFuzz.run(bytes)
        case .cms: try SignatureFuzz.run(bytes)
        case .xml: try BatchFuzz.run(bytes, .xml)
        case .csv: try BatchFuzz.run(bytes, .csv)
        case .programme: try ProgrammeFuzz.run(bytes)
        }
    }

    /// Inputs to begin with, made anew in each call: keys among them are new and their private halves are forgotten.
    ///
    /// - Throws: whatever the makers of keys, signatures and files throw.
    public func seeds() throws -> [Seed] {
        switch self {
        case .wire: WireSeeds.all()
        case .cms: try SignatureSeeds.all()
        case .xml: BatchSeeds.xml()
        case .csv: BatchSeeds.csv()
        case .programme: ProgrammeSeeds.all()
        }
    }
}

/// An input to begin with.
public struct Seed: Sendable {
    /// Its name among those of its target.
    public let name: String
    /// The input.
    public let bytes: [UInt8]
}

/// A decoder did something that it promises never to do.
public struct BrokenPromise: Error, CustomStringConvertible {
    /// What was promised, and what happened.
    public let description: String
}

/// Goes on when a promise is kept.
func hold(_ isKept: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    guard !isKept else { return }
    throw BrokenPromise(description: promise())
}
