import Clearing
import Conversion
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement
import Validation

/// What an answer says; `Specs/xsd/realtime-response.xsd` is its form.
enum MessageResponse {
    /// The result of a record.
    case transaction(Result)
    /// What is known of an earlier message or record; nil when it never came.
    case status(Known?)
    /// A position by unit; plus means that the host owes.
    case position(WindowID, points: Int64, unit: CurrencyCode, money: [Money])
    /// The text that was sent.
    case echo(String)

    /// A record's result.
    struct Result {
        var transactionID: String
        var status: RecordStatus
        var reference: RecordLocation?
        var window: WindowID?
        var conversion: Conversion?
        var credited: (unit: CurrencyCode, units: Int64)?
        var findings: [Finding]
    }

    /// How units became points.
    struct Conversion {
        var from: (unit: CurrencyCode, units: Int64)
        var to: (unit: CurrencyCode, units: Int64)
        var ratio: Ratio?
    }

    /// What is known of an earlier message or record.
    struct Known {
        var received: Timestamp?
        var result: Result
    }

    /// The result of a judged record.
    static func transaction(
        transactionID: String, _ entry: RecordEntry, _ findings: [Finding], location: RecordLocation,
        window: WindowID, posting: Posting?, catalogue: Catalogue
    ) -> MessageResponse {
        var result = Result(
            transactionID: transactionID, status: entry.status,
            reference: entry.status == .accepted ? location : entry.status == .duplicate ? entry.original : nil,
            window: entry.status == .accepted ? window : nil, conversion: nil, credited: nil, findings: findings)
        if let key = posting?.lines.first?.key, let unit = entry.unit {
            let ratio = key.ratio.flatMap { catalogue.ratios[$0] }
            if key.kind == .transferOut, let ratio {
                result.credited = (ratio.to, ratio.convert(entry.units))
            } else if let ratio {
                result.conversion = Conversion(from: (unit, entry.units), to: (ratio.to, entry.points), ratio: ratio)
            }
        }
        return .transaction(result)
    }

    /// The answer's document.
    func document(id: String, created: Timestamp, original: MessageID) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("LoyaltyResponse", ["xmlns": RealtimeSchema.namespace, "version": RealtimeSchema.version])
        writer.open("MessageHeader")
        writer.element("MessageId", id)
        writer.element("CreationDateTime", created.description)
        writer.element("OriginalMessageId", original.text)
        writer.close()
        switch self {
        case .transaction(let result): Self.write(result, to: &writer)
        case .status(let known):
            writer.open("StatusReport")
            writer.element("Known", known == nil ? "false" : "true")
            if let received = known?.received { writer.element("ReceivedDateTime", received.description) }
            if let known { Self.write(known.result, to: &writer) }
            writer.close()
        case .position(let window, let points, let unit, let money):
            writer.open("PositionReport")
            writer.element("WindowId", window.text)
            Self.position("\(abs(points))", unit, isCredit: points >= 0, to: &writer)
            for amount in money {
                Self.position(
                    amount.magnitude.amountText, amount.currency, isCredit: amount.minorUnits >= 0, to: &writer)
            }
            writer.close()
        case .echo(let text):
            writer.open("Echo")
            if !text.isEmpty { writer.element("Text", text) }
            writer.close()
        }
        writer.close()
        return writer.bytes
    }

    private static func position(_ text: String, _ unit: CurrencyCode, isCredit: Bool, to writer: inout XMLWriter) {
        let direction = isCredit ? Direction.credit : .debit
        writer.element("Position", text, ["unit": unit.description, "creditDebit": direction.rawValue])
    }

    private static func write(_ result: Result, to writer: inout XMLWriter) {
        writer.open("TransactionStatus")
        if !result.transactionID.isEmpty { writer.element("TransactionId", String(result.transactionID.prefix(35))) }
        writer.element("Status", result.status.rawValue)
        if let reference = result.reference { writer.element("ClearingReference", reference.description) }
        if let window = result.window { writer.element("WindowId", window.text) }
        if let conversion = result.conversion, let ratio = conversion.ratio {
            writer.open(
                "Conversion",
                [
                    "rateVersion": ratio.id.text, "fromUnits": "\(ratio.fromUnits)", "toUnits": "\(ratio.toUnits)",
                    "exact": ratio.exact(conversion.from.units).description, "rounding": ratio.rounding.rawValue,
                ])
            writer.element("From", "\(conversion.from.units)", ["unit": conversion.from.unit.description])
            writer.element("To", "\(conversion.to.units)", ["unit": conversion.to.unit.description])
            writer.close()
        }
        if let credited = result.credited {
            writer.element("OwnUnitsCredited", "\(credited.units)", ["unit": credited.unit.description])
        }
        for finding in result.findings {
            writer.element(
                "StatusReason", finding.detail.isEmpty ? finding.code.entry.rule : finding.detail,
                [
                    "code": finding.code.code, "severity": finding.severity.rawValue, "iso": finding.code.entry.iso,
                    "response": finding.code.entry.response, "field": finding.place.field, "value": finding.value,
                    "action": finding.code.entry.action,
                ])
        }
        writer.close()
    }
}

/// Answers the questions that messages ask.
struct MessageQuestions {
    let house: HouseState
    let partner: PartnerID
    let history: History

    /// The answer to a question; a transaction is none.
    func response(to request: MessageRequest) throws -> MessageResponse {
        switch request.operation {
        case .transaction: preconditionFailure("a transaction is posted, not answered as a question")
        case .echo(let text): return .echo(text)
        case .messageStatus(let id): return .status(try known(message: id))
        case .transactionStatus(let id): return .status(try known(transaction: id))
        case .position(let window): return try position(window)
        }
    }

    func known(message id: MessageID) throws -> MessageResponse.Known? {
        guard let answered = try house.messages.find(id, of: partner, in: history) else { return nil }
        let location = RecordLocation(batch: answered.sequence, record: 1)
        return MessageResponse.Known(
            received: answered.at,
            result: MessageResponse.Result(
                transactionID: "", status: answered.status, reference: answered.status == .accepted ? location : nil,
                window: answered.window, conversion: nil, credited: nil, findings: []))
    }

    func known(transaction id: TransactionID) throws -> MessageResponse.Known? {
        let identity = RecordIdentity.of(id, partner: partner, hash: { SHA256.digest($0) })
        guard let location = try house.ledger.find(identity, of: partner, in: history) else { return nil }
        return MessageResponse.Known(
            received: nil,
            result: MessageResponse.Result(
                transactionID: id.text, status: .accepted, reference: location, window: nil, conversion: nil,
                credited: nil, findings: []))
    }

    private func position(_ asked: WindowID?) throws -> MessageResponse {
        guard let programme = house.programme, let window = asked ?? house.openWindow else {
            throw Refusal(.win002, detail: "no window is open")
        }
        guard programme.window(window) != nil else { throw Refusal(.win002, value: window.text) }
        let points = house.ledger.windows[window]?.position(of: partner) ?? 0
        let money = house.standing(of: partner).map { [$0.closing] } ?? []
        return .position(window, points: points, unit: programme.currency, money: money)
    }
}

/// The answer to a withdrawal.
enum CancellationAnswer {
    static func document(id: String, batch: BatchID, hadArrived: Bool, at time: Timestamp) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("Cancellation", ["xmlns": "urn:coalition:clearing:receipt:1", "version": "1.0"])
        writer.element("ReceiptId", id)
        writer.element("IssuedDateTime", time.description)
        writer.element("PartnerId", batch.partner.text)
        writer.element("Series", batch.series.rawValue)
        writer.element("SequenceNumber", "\(batch.sequence)")
        writer.element("HadArrived", hadArrived ? "true" : "false")
        writer.close()
        return writer.bytes
    }
}
