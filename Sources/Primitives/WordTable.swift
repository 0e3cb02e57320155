/// A long array of words that is coded beside its owner's form and not in it.
///
/// JSON of a hundred million numbers would take minutes: with a `WordTableKeeper` in the coder's `userInfo` an array is
/// handed over there and its owner's form names it by its place. Without one it is coded as an array like any other.
public struct WordTable: Hashable, Sendable, Codable {
    /// The words.
    public var words: [UInt64]

    /// Under which a coder's `userInfo` has the keeper of tables.
    public static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "coalition.word-tables") else {
            preconditionFailure("a key can be made of any text")
        }
        return key
    }()

    /// Takes words.
    public init(_ words: [UInt64] = []) { self.words = words }

    /// Takes the words of the named table, or reads the array.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let tables = decoder.userInfo[WordTable.key] as? any WordTableKeeper else {
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
        if let tables = encoder.userInfo[WordTable.key] as? any WordTableKeeper {
            try container.encode(tables.add(words))
        } else {
            try container.encode(words)
        }
    }
}

/// Keeps the arrays beside a coded form, in the order in which it names them.
public protocol WordTableKeeper: AnyObject, Sendable {
    /// Keeps an array and answers its place.
    func add(_ words: [UInt64]) -> Int
    /// Gives the array of a place away, so that it is not kept twice; nil when there is none.
    func take(_ index: Int) -> [UInt64]?
}
