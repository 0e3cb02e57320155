import ArgumentParser
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transport
import Validation
import Wire

/// The statement that is answered, who signs, and where the answer goes.
struct AnswerOptions: ParsableArguments {
    @Argument(help: "The settlement statement's id.")
    var id: String

    @Option(help: ArgumentHelp("The statement as fetched, XML, its signature (.p7s) beside it.", valueName: "file"))
    var from: String

    @OptionGroup var signer: SignerOptions

    @Option(help: ArgumentHelp("Where to write the reply as it was signed (.p7m).", valueName: "file"))
    var out: String?

    @OptionGroup var place: PlaceOptions

    func validate() throws {
        guard id.hasPrefix("STL-") else { throw ValidationError("'\(id)' is no settlement statement: STL-...") }
    }

    /// Verifies the statement, makes the answer, signs and sends it, and prints the host's reply.
    ///
    /// - Parameter answer: makes the answer from the statement's figures.
    /// - Throws: `VerificationFailure` when the statement is not the host's or the answer's maker finds it wrong.
    func send(_ answer: @escaping @Sendable (SettlementFigures) throws -> StatementDraft) async throws {
        let signer = try signer.signer()
        let xml = try Files.read(from)
        let signature = try Files.read(from + ".p7s")
        let reply: [UInt8]
        let content: [UInt8]
        if let house = try place.house() {
            let authorities = await house.state.genesis?.authorities.flatMap { Array($0.utf8) } ?? []
            try HostDocuments(try Certificate.all(inFile: authorities)).verify(xml, signature: signature)
            let figures = try figures(xml)
            let document = try answer(figures).document(figures, xml, at: await house.now)
            let cms = try signer.signAttached(document, at: await house.now)
            reply = try await house.answer(cms, from: figures.partner).answer
            content = try CMSSignature(ber: reply, maximumBytes: reply.count).content ?? []
        } else {
            let host = try HostDocuments(authority: place.connection.ca ?? "")
            try host.verify(xml, signature: signature)
            let figures = try figures(xml)
            let draft = try answer(figures)
            reply = try await place.connection.connected { connection in
                let document = draft.document(figures, xml, at: connection.welcome.time)
                let cms = try signer.signAttached(document, at: connection.welcome.time)
                return try await connection.send(SignedMessage(cms: cms)).cms
            }
            content = try host.content(of: reply)
        }
        if let out { try Files.write(reply, to: out) }
        Console.write(content)
    }

    private func figures(_ xml: [UInt8]) throws -> SettlementFigures {
        let figures = try SettlementFigures(xml)
        guard figures.statement == id else {
            throw UsageError("\(from) is the statement \(figures.statement)", action: "give the file of \(id)")
        }
        return figures
    }
}

/// What is said to a statement, before it is dated and signed.
struct StatementDraft: Sendable {
    var verdict: AnswerVerdict
    var totals: AnswerTotals
    var differences: [StatementDifference] = []

    func document(_ figures: SettlementFigures, _ xml: [UInt8], at time: Timestamp) -> [UInt8] {
        StatementAnswer(
            partner: figures.partner, statement: figures.statement, digest: SHA256.digest(xml), createdAt: time,
            verdict: verdict, totals: totals, differences: differences
        ).document
    }
}

/// Agrees to a settlement statement.
struct StatementAgree: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agree",
        abstract: "Verify a settlement statement and sign that it is right, and print the signed reply.",
        discussion: """
            The statement must be signed by the host and must add up: lines, taxes, totals, net and balances. What \
            is signed is its digest with its totals. A later answer takes the place of an earlier one. No figure \
            changes by it, and no settlement waits for it.

            Exit status 3: the signature does not hold, or the figures do not follow from each other (STM-006).

            EXAMPLES
              coalition statement agree STL-W-2026-03B-MARCHE --from STL-W-2026-03B-MARCHE.xml \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key --gateway gateway.example:7443 \\
                --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @OptionGroup var options: AnswerOptions

    func run() async throws {
        try await options.send { figures in
            let contradictions = figures.contradictions
            guard contradictions.isEmpty else { throw VerificationFailure(contradictions) }
            return StatementDraft(verdict: .agreed, totals: figures.totals)
        }
    }
}

/// Says where a settlement statement differs from the partner's books.
struct StatementDiffer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "differ",
        abstract: "Sign where a settlement statement differs from your own books, and print the signed reply.",
        discussion: """
            Each --line has an --own value and a --reason; --words may be left out, else each has its own. A line is \
            named by its number, any other figure by its name: LINES, OPENING, CREDITS, DEBITS, TAX, NET, PAYMENTS, \
            RETURNS, CLOSING, DUE, IN_SETTLEMENT. Reasons: AMOUNT, QUANTITY, PRICE, FIXING, TAX, PAYMENT, MISSING, \
            UNEXPECTED, OTHER.

            Your own totals are the statement's with the lines that you name at your own values; the totals that \
            you name are as you give them.

            EXAMPLES
              coalition statement differ STL-W-2026-03B-MARCHE --from STL-W-2026-03B-MARCHE.xml \\
                --line 3 --own 12.40 --reason AMOUNT --words "12 sales of the 30th are missing" \\
                --line TAX --own 2.48 --reason TAX --words "tax of line 3" \\
                --cert MARCHE-signing.pem --key MARCHE-signing.key --gateway gateway.example:7443 \\
                --tls-cert MARCHE-tls.pem --tls-key MARCHE-tls.key --ca ca.pem
            """)

    @OptionGroup var options: AnswerOptions

    @Option(help: ArgumentHelp("A line's number, or the name of a figure; repeatable.", valueName: "line"))
    var line: [StatementItem]

    @Option(parsing: .unconditionalSingleValue, help: ArgumentHelp("Your own value of it.", valueName: "value"))
    var own: [String]

    @Option(help: "Why it differs.")
    var reason: [DifferenceReason]

    @Option(help: ArgumentHelp("The same in words, at most 140 characters.", valueName: "words"))
    var words: [String] = []

    func validate() throws {
        guard !line.isEmpty, own.count == line.count, reason.count == line.count,
            words.isEmpty || words.count == line.count
        else { throw ValidationError("each --line has its --own and --reason, and all or none have --words") }
    }

    func run() async throws {
        let differences = line.indices.map { index in
            StatementDifference(
                item: line[index], own: own[index], reason: reason[index], words: words.isEmpty ? "" : words[index])
        }
        try await options.send { figures in
            StatementDraft(
                verdict: .differs, totals: try OwnTotals(figures, differences).totals, differences: differences)
        }
    }
}

/// The totals of a partner's own books, as far as its differences tell.
struct OwnTotals {
    let totals: AnswerTotals

    /// - Throws: `UsageError` for a value that is none of its item; `Refusal` with STM-004 for an unknown line.
    init(_ figures: SettlementFigures, _ differences: [StatementDifference]) throws {
        let currency = figures.currency
        var credits = figures.amount(.credits)
        var debits = figures.amount(.debits)
        var stated: [StatementField: String] = [:]
        for difference in differences {
            guard let own = figures.normal(difference.own, of: difference.item) else {
                throw UsageError("'\(difference.own)' is no value of \(difference.item) in \(currency)")
            }
            switch difference.item {
            case .field(let field): stated[field] = own
            case .line(let number):
                guard let line = figures.lines.first(where: { $0.number == number }),
                    let amount = Money(own, currency: currency)
                else {
                    throw Refusal(
                        .stm004, value: "\(number)", detail: "the statement has \(figures.lines.count) lines")
                }
                if line.isCredit { credits = credits + amount - line.amount }
                if !line.isCredit { debits = debits + amount - line.amount }
            }
        }
        func money(_ field: StatementField, _ computed: Money) -> Money {
            stated[field].flatMap { Money($0, currency: currency) } ?? computed
        }
        credits = money(.credits, credits)
        debits = money(.debits, debits)
        let net = money(.net, credits - debits - money(.tax, figures.amount(.tax)))
        let balances: [StatementField] = [.opening, .payments, .returns]
        let closing = balances.reduce(net) { $0 + money($1, figures.amount($1)) }
        totals = AnswerTotals(
            currency: currency, lines: stated[.lines].flatMap { Int($0) } ?? figures.totals.lines,
            credits: credits.amountText, debits: debits.amountText, net: net.amountText,
            closing: money(.closing, closing).amountText)
    }
}
