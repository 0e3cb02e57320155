import Foundation
import Journal
public import Primitives
import ProgrammeModel

/// The document that an officer signs: JSON with one member for each field, and no others. Specs/formats.md lists them.
public struct ActDocument: Hashable, Sendable, Codable {
    /// `fixing`, `adjustment`, `approve`, `send`, `confirm`, `return`, `resend`, `cancel`, `write-off`,
    /// `suspend-key`, `erase`, `forget`.
    public var act: String
    /// A reference of the maker's own, so that two equal acts are two documents.
    public var reference: String
    /// The window of a fixing or settlement.
    public var window: String?
    /// The currency of prices, of a fixing.
    public var base: String?
    /// The settlement currency, of a fixing.
    public var quote: String?
    /// Quote per base, six significant figures.
    public var rate: String?
    /// Who published the rate.
    public var source: String?
    /// Whose account is adjusted.
    public var partner: String?
    /// `DBIT` or `CRDT`.
    public var direction: String?
    /// The shared currency or the settlement currency.
    public var unit: String?
    /// Points, or money as a decimal.
    public var amount: String?
    /// Why, as a code.
    public var reason: String?
    /// Why, in words.
    public var narrative: String?
    /// The day that an adjustment belongs to.
    public var businessDate: String?
    /// The tax category of a money adjustment.
    public var taxCategory: String?
    /// Its rate; none for category `O`.
    public var taxRate: String?
    /// The settlement line that a money adjustment corrects.
    public var correctedLine: String?
    /// The end-to-end id of an instruction.
    public var instruction: String?
    /// The bank's reference of an entry.
    public var bankReference: String?
    /// The day on which the bank booked it.
    public var bookingDate: String?
    /// SHA-256 of the certificate of a key that is suspended.
    public var fingerprint: String?
    /// The file that is erased: `PARTNER/SERIES/SEQUENCE`.
    public var file: String?
    /// The files that are closed, each `PARTNER/SERIES/SEQUENCE`.
    public var files: [String]?
    /// The messages that are closed, each `PARTNER/MESSAGE-ID`.
    public var messages: [String]?
    /// The set that the act belongs to, `NAME/COUNT`: all its acts are carried out together, or none. Of `confirm` and
    /// `return`.
    public var set: String?

    /// Begins a document; its fields are set one by one.
    public init(act: String, reference: String) {
        self.act = act
        self.reference = reference
    }

    /// The bytes that are signed: one line of JSON with sorted members.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("text fields always encode") }
        return Array(data) + [0x0A]
    }

    /// Reads a document.
    ///
    /// - Throws: `Refusal` with ACT-003 when it is no JSON object, names an unknown member or lacks `act` or
    ///   `reference`.
    public init(_ bytes: [UInt8]) throws(Refusal) {
        do {
            let members = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
            if let unknown = members.keys.sorted().first(where: { !Self.fields.contains($0) }) {
                throw Refusal(.act003, at: .whole.field(unknown), detail: "there is no such field")
            }
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.act003, detail: "the document is not a JSON object of text fields and lists of texts")
        }
        guard (1...64).contains(reference.utf8.count) else {
            throw Refusal(.act003, at: .whole.field("reference"), detail: "1 to 64 bytes")
        }
    }

    private static let fields: Set<String> = [
        "act", "reference", "window", "base", "quote", "rate", "source", "partner", "direction", "unit", "amount",
        "reason", "narrative", "businessDate", "taxCategory", "taxRate", "correctedLine", "instruction",
        "bankReference", "bookingDate", "fingerprint", "file", "files", "messages", "set",
    ]

    // MARK: Fields with their types

    func text(_ name: String, _ value: String?, atMost limit: Int = 200) throws(Refusal) -> String {
        guard let value, !value.isEmpty, value.utf8.count <= limit else {
            throw Refusal(.act003, at: .whole.field(name), detail: "1 to \(limit) bytes of text are needed")
        }
        guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw Refusal(.act003, at: .whole.field(name), detail: "control characters are not allowed")
        }
        return value
    }

    func value<Value>(_ name: String, _ text: String?, _ parse: (String) -> Value?) throws(Refusal) -> Value {
        let given = try self.text(name, text)
        guard let value = parse(given) else { throw Refusal(.act003, at: .whole.field(name), value: given) }
        return value
    }

    func windowID() throws(Refusal) -> WindowID { try value("window", window) { try? WindowID($0) } }
    func day(_ name: String, _ text: String?) throws(Refusal) -> BusinessDate {
        try value(name, text) { BusinessDate($0) }
    }

    /// The number of the file that an `erase` act names.
    func batch() throws(Refusal) -> BatchID {
        try value("file", file) { Self.batch($0) }
    }

    /// The number of a file that is named as `PARTNER/SERIES/SEQUENCE`.
    static func batch(_ text: String) -> BatchID? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let partner = try? PartnerID(parts[0]), let series = Series(rawValue: parts[1]),
            let sequence = Int64(parts[2]), sequence > 0
        else { return nil }
        return BatchID(partner: partner, series: series, sequence: sequence)
    }

    /// The step that a settlement act takes.
    ///
    /// - Parameter currency: the currency of an instruction by its id.
    func settlementStep(currency: (String) -> CurrencyCode?) throws(Refusal) -> SettlementStep? {
        switch act {
        case "approve": return .approved(window: try windowID())
        case "send": return .sent(window: try windowID())
        case "confirm":
            let id = try text("instruction", instruction, atMost: 35)
            guard let currency = currency(id) else {
                throw Refusal(.act004, value: id, detail: "there is no such instruction")
            }
            return .confirmed(
                instruction: id, amount: try value("amount", amount) { Money($0, currency: currency) },
                bankReference: try text("bankReference", bankReference),
                bookingDate: try day("bookingDate", bookingDate))
        case "return":
            return .returned(
                instruction: try text("instruction", instruction, atMost: 35),
                bankReference: try text("bankReference", bankReference),
                bookingDate: try day("bookingDate", bookingDate), reason: try text("reason", reason))
        case "resend": return .resent(instruction: try text("instruction", instruction, atMost: 35))
        case "cancel":
            return .cancelled(
                instruction: try text("instruction", instruction, atMost: 35), bankReference: bankReference)
        case "write-off":
            return .writtenOff(
                instruction: try text("instruction", instruction, atMost: 35), reason: try text("reason", reason))
        default: return nil
        }
    }

    /// The fixing that a `fixing` act adds. Rule R6.
    func fixing() throws(Refusal) -> Fixing {
        let rate = try value("rate", rate) { DecimalNumber($0) }
        let digits = String(abs(rate.unscaled)).utf8.count
        guard rate.unscaled > 0, digits <= 6 || rate.scale == 0 else {
            throw Refusal(
                .act003, at: .whole.field("rate"), value: rate.description,
                detail: "a rate is positive and has at most six significant figures")
        }
        return Fixing(
            window: try windowID(), base: try value("base", base) { CurrencyCode($0) },
            quote: try value("quote", quote) { CurrencyCode($0) }, rate: rate, source: try text("source", source))
    }
}
