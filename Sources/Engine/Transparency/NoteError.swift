/// Why a text is no verifier key, note, checkpoint or proof, or is not signed as it must be.
public enum NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A key's name is empty, or has a plus sign, white space or a control character.
    case badName(String)
    /// The text is not a verifier key; the reason follows.
    case badKey(String)
    /// The bytes are not a signed note; the reason follows.
    case badNote(String)
    /// The note's text is not a checkpoint; the reason follows.
    case badCheckpoint(String)
    /// The text is not a proof; the reason follows.
    case badProof(String)
    /// A signature of the named key does not belong to the text.
    case wrongSignature(String)
    /// None of the keys that are known has signed.
    case notSigned

    /// What was found and what was expected.
    public var description: String {
        switch self {
        case .badName(let name):
            "'\(name)' is no name of a key: it is empty, or has a plus sign, white space or a control character"
        case .badKey(let reason): "not a verifier key: \(reason)"
        case .badNote(let reason): "not a signed note: \(reason)"
        case .badCheckpoint(let reason): "not a checkpoint: \(reason)"
        case .badProof(let reason): "not a proof of a log: \(reason)"
        case .wrongSignature(let name): "the signature of \(name) does not belong to the note's text"
        case .notSigned: "no key that is known has signed the note"
        }
    }
}
