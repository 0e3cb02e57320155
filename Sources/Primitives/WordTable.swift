import Synchronization

/// A long array of words that is coded beside its owner's form and not in it.
///
/// JSON of a hundred million numbers would take minutes: with a `WordTables` in the coder's `userInfo` an array is
/// handed over there and its owner's form names it by its place. Without one it is coded as an array like any other.
public struct WordTable: Hashable, Sendable, Codable {
    /// The words.
    public var words: [UInt64]

    /// Takes words.
    public init(_ words: [UInt64] = []) { self.words = words }

    /// Takes the words of the named table, or reads the array.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let tables = decoder.userInfo[WordTables.key] as? WordTables else {
            words = try container.decode([UInt64].self)
            return
        }
        guard let taken = tables.take(try container.decode(Int.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no such table of words")
        }
        words = taken
    }

    /// Hands the words over and writes their place, or writes the array.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let tables = encoder.userInfo[WordTables.key] as? WordTables {
            try container.encode(tables.add(words))
        } else {
            try container.encode(words)
        }
    }
}

/// The arrays beside a coded form, in the order in which it names them.
public final class WordTables: Sendable {
    /// Under which a coder's `userInfo` has them.
    public static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "coalition.word-tables") else {
            preconditionFailure("a key can be made of any text")
        }
        return key
    }()

    private let kept: Mutex<[[UInt64]?]>

    /// Takes arrays; none for a form that is to be written.
    public init(_ tables: [[UInt64]] = []) { kept = Mutex(tables) }

    /// The arrays added so far that were not taken.
    public var all: [[UInt64]] { kept.withLock { $0.compactMap(\.self) } }

    fileprivate func add(_ words: [UInt64]) -> Int {
        kept.withLock {
            $0.append(words)
            return $0.count - 1
        }
    }

    /// Gives an array away, so that it is not kept twice.
    fileprivate func take(_ index: Int) -> [UInt64]? {
        kept.withLock { kept in
            guard kept.indices.contains(index) else { return nil }
            defer { kept[index] = nil }
            return kept[index]
        }
    }
}
