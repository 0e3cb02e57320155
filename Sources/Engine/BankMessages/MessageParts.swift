import Primitives

/// The parts that messages of ISO 20022 share.
extension XMLWriter {
    /// Begins a message.
    init(message name: String) {
        self.init()
        open("Document", ["xmlns": "urn:iso:std:iso:20022:tech:xsd:\(name)"])
    }

    /// An amount with its currency, unsigned, in the currency's own fraction digits.
    mutating func amount(_ name: String, _ amount: Money) {
        element(name, amount.magnitude.amountText, ["Ccy": amount.currency.description])
    }

    /// A party by its name.
    mutating func party(_ name: String, _ words: String) {
        open(name)
        element("Nm", ISOText.limited(words, 140))
        close()
    }

    /// A bank by its BIC.
    mutating func bank(_ name: String, bic: String) {
        open(name)
        open("FinInstnId")
        element("BICFI", bic)
        close()
        close()
    }

    /// An account by its IBAN, or by another number.
    mutating func account(_ name: String, _ number: String, currency: CurrencyCode? = nil) {
        open(name)
        open("Id")
        if ISOText.isIBAN(number) {
            element("IBAN", number)
        } else {
            open("Othr")
            element("Id", number)
            close()
        }
        close()
        element("Ccy", ifPresent: currency?.description)
        close()
    }

    /// An element that holds one element with text.
    mutating func nested(_ outer: String, _ inner: String, _ text: String) {
        open(outer)
        element(inner, text)
        close()
    }

    /// Which statement a payment settles: a statement of account by its number.
    mutating func remittance(statement: String) {
        open("RmtInf")
        open("Strd")
        open("RfrdDocInf")
        open("Tp")
        nested("CdOrPrtry", "Cd", "SOAC")
        close()
        element("Nb", statement)
        close()
        close()
        close()
    }
}

/// Rules of ISO 20022 for texts.
enum ISOText {
    /// The text without what lies beyond a field's length.
    static func limited(_ text: String, _ characters: Int) -> String {
        var out = ""
        for character in text where out.unicodeScalars.count + character.unicodeScalars.count <= characters {
            out.append(character)
        }
        return out
    }

    /// Whether a number has the form of an IBAN: country, two digits, then capital letters and digits.
    static func isIBAN(_ number: String) -> Bool {
        let bytes = Array(number.utf8)
        return (15...34).contains(bytes.count) && bytes[0].isUppercase && bytes[1].isUppercase && bytes[2].isDigit
            && bytes[3].isDigit && bytes.allSatisfy { $0.isUppercase || $0.isDigit }
    }
}
