public import Journal
public import Primitives

/// What partners said to their settlement statements, each with its latest word. A fold of the log.
public struct AnswerRegister: Hashable, Sendable, Codable {
    /// The latest answer to a statement.
    public struct Standing: Hashable, Sendable, Codable {
        /// Whether the partner agrees.
        public var verdict: AnswerVerdict
        /// In how many places it differs.
        public var differences: Int
        /// When it answered.
        public var at: Timestamp
        /// The fact that says so.
        public var sequence: UInt64
    }

    private var standings: [String: Standing] = [:]
    private var facts: [Digest32: UInt64] = [:]

    /// No answers.
    public init() {}

    /// The latest answer to a statement, or nil while there is none.
    ///
    /// - Parameter statement: its id, such as `STL-W-2026-03B-MARCHE`.
    public func standing(of statement: String) -> Standing? { standings[statement] }

    /// The fact that took an answer, or nil for one that never came.
    ///
    /// - Parameter digest: SHA-256 of the answer without its signature.
    public func find(_ digest: Digest32) -> UInt64? { facts[digest] }

    /// The facts that took answers, in the order of the log.
    public var sequences: [UInt64] { facts.values.sorted() }

    mutating func apply(_ fact: StatementAnswered, sequence: UInt64, time: Timestamp) {
        facts[fact.digest] = sequence
        standings[fact.statement] = Standing(
            verdict: fact.verdict, differences: fact.differences.count, at: time, sequence: sequence)
    }
}
