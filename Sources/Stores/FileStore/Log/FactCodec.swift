import FoundationEssentials
public import Journal
public import Primitives

/// The bytes of a fact at its place: JSON with sorted keys, without spaces and without escaped slashes.
///
/// The members are `at` (RFC 3339, UTC), `fact`, `seq` and `v` (the version of this form, 1). These bytes are the
/// leaves of the log: they are written once and kept, and never made anew from a decoded fact.
public enum FactCodec {
    /// The version of the form that is written.
    public static let version = 1

    /// The bytes of a fact.
    ///
    /// - Throws: `Fault` when it cannot be written as JSON.
    public static func encode(_ envelope: FactEnvelope) throws(Fault) -> [UInt8] {
        do throws(Fault) {
            return try json(Form(v: version, seq: envelope.sequence, at: envelope.time, fact: envelope.fact))
        } catch {
            throw Fault("fact \(envelope.sequence) (\(envelope.fact.kind)): \(error)")
        }
    }

    /// A value in the form of facts: JSON with sorted keys, without spaces and without escaped slashes.
    ///
    /// - Throws: `Fault` when it cannot be written as JSON.
    public static func json(_ value: some Encodable) throws(Fault) -> [UInt8] {
        do {
            return try CanonicalJSON.bytes(of: value)
        } catch {
            throw Fault("it cannot be written as JSON: \(error)")
        }
    }

    /// Reads the bytes of a fact.
    ///
    /// - Throws: `Fault` when they are not a fact of a known version.
    public static func decode(_ bytes: ArraySlice<UInt8>) throws(Fault) -> FactEnvelope {
        let form: Form
        do {
            form = try JSONDecoder().decode(Form.self, from: Data(bytes))
        } catch {
            throw Fault("the bytes are not a fact: \(error)")
        }
        guard form.v == version else { throw Fault("fact \(form.seq) has version \(form.v), which is not known") }
        return FactEnvelope(sequence: form.seq, time: form.at, fact: form.fact)
    }

    private struct Form: Codable {
        let v: Int
        let seq: UInt64
        let at: Timestamp
        let fact: Fact
    }
}
