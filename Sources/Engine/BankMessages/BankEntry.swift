public import Primitives

/// One movement that a bank reports on an account of the host: an entry, or one transaction of a batch entry.
public struct BankEntry: Hashable, Sendable {
    /// The account, as the file names it.
    public var account: String
    /// The unsigned amount.
    public var amount: Money
    /// Whether it is a credit of the host's account.
    public var isCredit: Bool
    /// Whether it undoes an earlier movement: it is marked as a reversal or names a reason of return.
    public var isReturn: Bool
    /// The bank's reason of a return, such as `AC04`; empty where it gives none.
    public var reason: String
    /// The bank's reference, unique with the instruction.
    public var reference: String
    /// The end-to-end id.
    public var endToEndID: String
    /// The day on which it was booked.
    public var bookingDate: BusinessDate
    /// Where it stands in the file: the line of its start tag.
    public var line: Int

    /// Makes an entry; the parameters are the properties of the same names.
    public init(
        account: String, amount: Money, isCredit: Bool, isReturn: Bool, reason: String, reference: String,
        endToEndID: String, bookingDate: BusinessDate, line: Int
    ) {
        self.account = account
        self.amount = amount
        self.isCredit = isCredit
        self.isReturn = isReturn
        self.reason = reason
        self.reference = reference
        self.endToEndID = endToEndID
        self.bookingDate = bookingDate
        self.line = line
    }
}
