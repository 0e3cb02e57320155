import XMLKit

/// Finds the fields of an ordinary record in the bytes of a `Transaction` element that is written plainly.
enum OrdinaryElement {
    /// Bytes that an ordinary record has at most, with the blanks before it. A longer one goes the full way.
    static let bytes = 4096

    /// The template of the element; values are numbered as in `OrdinaryFields.Field`.
    static let template: PlainTemplate = {
        var out = PlainTemplate()
        func leaf(_ name: String, _ field: OrdinaryFields.Field, _ out: inout PlainTemplate, otherwise: Int? = nil) {
            out.add("<\(name)>", afterBlanks: true, value: field.rawValue, otherwise: otherwise)
            out.add("</\(name)>", afterBlanks: false)
        }
        func leaf(
            _ name: String, _ attribute: (name: String, field: OrdinaryFields.Field), _ field: OrdinaryFields.Field,
            _ out: inout PlainTemplate, otherwise: Int? = nil
        ) {
            out.add(
                "<\(name) \(attribute.name)=\"", afterBlanks: true, value: attribute.field.rawValue,
                stop: UInt8(ascii: "\""), otherwise: otherwise)
            out.add("\">", afterBlanks: false, value: field.rawValue)
            out.add("</\(name)>", afterBlanks: false)
        }
        out.add("<Transaction>", afterBlanks: true)
        leaf("TransactionId", .transactionID, &out)
        leaf("LoyaltyTransactionType", .type, &out)
        leaf("TransactionDateTime", .instant, &out)
        leaf("BusinessDate", .day, &out)
        out.add("<LoyaltyAccount>", afterBlanks: true)
        leaf("LoyaltyAccountId", ("type", .accountKind), .account, &out)
        out.add("</LoyaltyAccount>", afterBlanks: true)
        leaf("LoyaltyAmount", ("unit", .unit), .amount, &out)
        leaf("SaleAmount", ("currency", .saleCurrency), .sale, &out, otherwise: 3)
        out.add("<PointOfInteraction>", afterBlanks: true, otherwise: 6)
        leaf("StoreId", .store, &out)
        leaf("TerminalId", .terminal, &out, otherwise: 2)
        out.add("</PointOfInteraction>", afterBlanks: true)
        out.add("</Transaction>", afterBlanks: true)
        return out
    }()
}
