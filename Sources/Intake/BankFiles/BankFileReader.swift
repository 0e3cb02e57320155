public import BankMessages
public import Primitives
import XMLKit

/// Reads what a bank reports: camt.053.001.08 (statement) and camt.054.001.08 (notification), with the hardened parser.
///
/// All other versions are refused, and so is a file with an entry that is not booked, or a batch without details:
/// nothing is guessed.
public struct BankFileReader {
    /// The largest file that is read.
    public static let fileBytes = 16 << 20
    /// The most movements of one file.
    public static let entries = 500

    /// What the file calls itself: the message's id.
    public let messageID: String
    /// Every movement, in the order of the file.
    public let movements: [BankEntry]

    /// Reads a file.
    ///
    /// - Throws: `Refusal` with BNK-002 for what it is not, with the lines of all entries that cannot be read.
    public init(_ bytes: [UInt8]) throws(Refusal) {
        let root: XMLElement
        do throws(XMLFault) {
            root = try XMLDocument.parse(bytes, maximumBytes: Self.fileBytes)
        } catch {
            throw Refusal(.bnk002, at: Finding.Place(line: error.line), detail: "\(error)")
        }
        let reports: [XMLElement]
        switch root.namespace {
        case "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08":
            reports = root.child("BkToCstmrStmt")?.children("Stmt") ?? []
        case "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08":
            reports = root.child("BkToCstmrDbtCdtNtfctn")?.children("Ntfctn") ?? []
        default:
            throw Refusal(.bnk002, value: root.namespace, detail: "the file is no camt.053 or camt.054 of version 08")
        }
        messageID = root.children.first?.child("GrpHdr")?.text("MsgId") ?? ""
        var found: [BankEntry] = []
        var findings: [Finding] = []
        for report in reports {
            let account = report.child("Acct")?.child("Id")
            let number = account?.text("IBAN") ?? account?.child("Othr")?.text("Id") ?? ""
            for entry in report.children("Ntry") {
                do throws(Refusal) {
                    found += try Self.movements(entry, number)
                } catch {
                    findings += error.findings
                }
                guard found.count <= Self.entries, findings.count <= 100 else {
                    throw Refusal(findings + [Finding(.bnk002, detail: "more than \(Self.entries) entries")])
                }
            }
        }
        guard findings.isEmpty else { throw Refusal(findings) }
        guard !found.isEmpty else { throw Refusal(.bnk002, value: messageID, detail: "the file has no entry") }
        movements = found
    }

    /// One entry is one movement, or as many as its batch has transactions, whose amounts add up to its own.
    private static func movements(_ entry: XMLElement, _ account: String) throws(Refusal) -> [BankEntry] {
        func refuse(_ value: String, _ detail: String) -> Refusal {
            Refusal(.bnk002, at: Finding.Place(line: entry.line), value: value, detail: detail)
        }
        let status = entry.child("Sts")?.text("Cd") ?? entry.child("Sts")?.text("Prtry") ?? ""
        guard status == "BOOK" else { throw refuse(status, "the entry is not booked") }
        guard let date = day(entry.child("BookgDt")) else { throw refuse("", "the entry has no booking date") }
        guard let total = money(entry.child("Amt")) else {
            throw refuse(entry.text("Amt") ?? "", "the entry has no amount that can be read")
        }
        let isReversed = entry.text("RvslInd") == "true" || entry.text("RvslInd") == "1"
        let transactions = entry.children("NtryDtls").flatMap { $0.children("TxDtls") }
        guard !transactions.isEmpty else { throw refuse("", "the entry has no details with an end-to-end id") }
        let isBatch = transactions.count > 1
        var out: [BankEntry] = []
        for (index, transaction) in transactions.enumerated() {
            let references = transaction.child("Refs")
            guard let id = references?.text("EndToEndId"), (1...35).contains(id.utf8.count), id != "NOTPROVIDED" else {
                throw refuse("", "a transaction has no end-to-end id")
            }
            let own = references?.text("AcctSvcrRef")
            let shared = entry.text("AcctSvcrRef") ?? entry.text("NtryRef")
            guard let reference = own ?? shared.map({ isBatch ? "\($0)/\(index + 1)" : $0 }), !reference.isEmpty else {
                throw refuse(id, "the entry has no reference of the bank")
            }
            guard let amount = transaction.child("Amt").map(money) ?? (isBatch ? nil : total) else {
                throw refuse(id, "a transaction of the batch has no amount that can be read")
            }
            guard let side = transaction.text("CdtDbtInd") ?? entry.text("CdtDbtInd"), ["CRDT", "DBIT"].contains(side)
            else { throw refuse(id, "the entry is neither a credit nor a debit") }
            let returned = transaction.child("RtrInf")
            let reason = returned?.child("Rsn")
            out.append(
                BankEntry(
                    account: account, amount: amount, isCredit: side == "CRDT", isReturn: isReversed || returned != nil,
                    reason: reason?.text("Cd") ?? reason?.text("Prtry") ?? "", reference: reference, endToEndID: id,
                    bookingDate: date, line: transaction.line))
        }
        guard out.allSatisfy({ $0.amount.currency == total.currency }) else {
            throw refuse(total.description, "a transaction is in another currency than its entry")
        }
        let sides = out.reduce(Int64(0)) { $0 + ($1.isCredit ? $1.amount.minorUnits : -$1.amount.minorUnits) }
        let stated = entry.text("CdtDbtInd") == "CRDT" ? total.minorUnits : -total.minorUnits
        guard sides == stated else { throw refuse(total.description, "the transactions do not add up to the entry") }
        return out
    }

    private static func money(_ element: XMLElement?) -> Money? {
        guard let element, let code = element.attribute("Ccy"), let currency = CurrencyCode(code),
            let digits = currency.minorUnits
        else { return nil }
        // Banks may write more fraction digits than the currency has, and fewer.
        var parts = element.text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let whole = parts.first, (1...13).contains(whole.utf8.count) else { return nil }
        if parts.count == 1 { parts.append("") }
        var fraction = parts[1]
        while fraction.utf8.count > digits, fraction.last == "0" { fraction.removeLast() }
        guard fraction.utf8.count <= digits, (whole + fraction).utf8.allSatisfy(\.isDigit) else { return nil }
        fraction += String(repeating: "0", count: digits - fraction.utf8.count)
        guard let units = Int64(whole + fraction), units > 0 else { return nil }
        return Money(minorUnits: units, currency: currency)
    }

    private static func day(_ element: XMLElement?) -> BusinessDate? {
        guard let text = element?.text("Dt") ?? element?.text("DtTm") else { return nil }
        return BusinessDate(String(text.prefix(10)))
    }
}
