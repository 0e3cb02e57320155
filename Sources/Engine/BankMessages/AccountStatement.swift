public import Primitives

/// A partner's account with the host over a window, for the partner's books: camt.053.001.08. Money only; points never
/// stand in messages of banks.
public struct AccountStatement: Hashable, Sendable {
    /// The settlement statement's id.
    public var id: String
    /// Its number.
    public var sequence: String
    /// The window's opening, RFC 3339.
    public var from: String
    /// The window's cut-off, RFC 3339.
    public var to: String
    /// When the statement was made, RFC 3339.
    public var createdAt: String
    /// The window.
    public var window: String
    /// Who keeps the account: the host.
    public var keeper: String
    /// Whose account it is.
    public var owner: String
    /// The partner's id, by which the account is named.
    public var partner: String
    /// The balance before; plus means that the host owes, which is the partner's credit.
    public var opening: Money
    /// The balance after.
    public var closing: Money
    /// What moved it, in order.
    public var entries: [Entry]

    /// What moved an account.
    public struct Entry: Hashable, Sendable {
        /// Plus is the partner's credit.
        public var amount: Money
        /// A line's kind, `TAX`, or an account entry's type.
        public var kind: String
        /// Its reference within the statement.
        public var reference: String
        /// Whether it undoes an earlier one.
        public var isReversal: Bool
        /// The payment's end-to-end id, where it is one.
        public var endToEndID: String?
        /// In words, such as quantity and price.
        public var information: String

        /// Makes an entry; the parameters are the properties of the same names.
        public init(
            amount: Money, kind: String, reference: String, isReversal: Bool, endToEndID: String?, information: String
        ) {
            self.amount = amount
            self.kind = kind
            self.reference = reference
            self.isReversal = isReversal
            self.endToEndID = endToEndID
            self.information = information
        }
    }

    /// Makes a statement; the parameters are the properties of the same names.
    public init(
        id: String, sequence: String, from: String, to: String, createdAt: String, window: String, keeper: String,
        owner: String, partner: String, opening: Money, closing: Money, entries: [Entry]
    ) {
        self.id = id
        self.sequence = sequence
        self.from = from
        self.to = to
        self.createdAt = createdAt
        self.window = window
        self.keeper = keeper
        self.owner = owner
        self.partner = partner
        self.opening = opening
        self.closing = closing
        self.entries = entries
    }

    /// The message.
    ///
    /// - Throws: `Refusal` with BNK-001 when the entries do not lead from the opening to the closing balance.
    public func message() throws(Refusal) -> [UInt8] {
        guard entries.reduce(opening, { $0 + $1.amount }) == closing else {
            throw Refusal(.bnk001, value: id, detail: "the entries do not lead from the opening to the closing balance")
        }
        var out = XMLWriter(message: "camt.053.001.08")
        out.open("BkToCstmrStmt")
        out.open("GrpHdr")
        out.element("MsgId", ISOText.limited(id, 35))
        out.element("CreDtTm", createdAt)
        out.close()
        out.open("Stmt")
        out.element("Id", ISOText.limited(id, 35))
        out.element("ElctrncSeqNb", sequence)
        out.element("CreDtTm", createdAt)
        out.open("FrToDt")
        out.element("FrDtTm", from)
        out.element("ToDtTm", to)
        out.close()
        account(to: &out)
        balance("OPBD", opening, day: from, to: &out)
        balance("CLBD", closing, day: to, to: &out)
        summary(to: &out)
        for entry in entries { add(entry, to: &out) }
        out.close()
        out.close()
        out.close()
        return out.bytes
    }

    private func account(to out: inout XMLWriter) {
        out.open("Acct")
        out.open("Id")
        out.nested("Othr", "Id", "\(partner)-\(opening.currency)")
        out.close()
        out.element("Ccy", opening.currency.description)
        out.party("Ownr", owner)
        out.open("Svcr")
        out.nested("FinInstnId", "Nm", ISOText.limited(keeper, 140))
        out.close()
        out.close()
    }

    private func balance(_ code: String, _ amount: Money, day: String, to out: inout XMLWriter) {
        out.open("Bal")
        out.open("Tp")
        out.nested("CdOrPrtry", "Cd", code)
        out.close()
        out.amount("Amt", amount)
        out.element("CdtDbtInd", Self.side(amount))
        out.nested("Dt", "DtTm", day)
        out.close()
    }

    private func summary(to out: inout XMLWriter) {
        let zero = Money.zero(opening.currency)
        out.open("TxsSummry")
        for (name, side) in [("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")] {
            let some = entries.filter { Self.side($0.amount) == side }
            out.open(name)
            out.element("NbOfNtries", "\(some.count)")
            out.element("Sum", some.reduce(zero) { $0 + $1.amount.magnitude }.amountText)
            out.close()
        }
        out.close()
    }

    private func add(_ entry: Entry, to out: inout XMLWriter) {
        out.open("Ntry")
        out.element("NtryRef", ISOText.limited(entry.reference, 35))
        out.amount("Amt", entry.amount)
        out.element("CdtDbtInd", Self.side(entry.amount))
        if entry.isReversal { out.element("RvslInd", "true") }
        out.nested("Sts", "Cd", "BOOK")
        out.nested("BookgDt", "DtTm", createdAt)
        out.open("BkTxCd")
        out.nested("Prtry", "Cd", ISOText.limited(entry.kind, 35))
        out.close()
        if let id = entry.endToEndID {
            out.open("NtryDtls")
            out.open("TxDtls")
            out.nested("Refs", "EndToEndId", id)
            out.amount("Amt", entry.amount)
            out.element("CdtDbtInd", Self.side(entry.amount))
            out.close()
            out.close()
        }
        out.element("AddtlNtryInf", ISOText.limited(entry.information, 500))
        out.close()
    }

    private static func side(_ amount: Money) -> String { amount.minorUnits < 0 ? "DBIT" : "CRDT" }
}
