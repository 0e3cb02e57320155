import OpenSSLKit
import Testing

@Suite("Object identifiers") struct OIDTests {
    @Test(
        "the text is taken back as it stands, up to the largest numbers that are read",
        arguments: [
            "0.0", "1.39", "2.40", "1.2.840.113549.1.7.2", "2.9151314442816847668.3", "2.9223372036854775727",
            "2.5.9223372036854775807",
        ])
    func taken(_ text: String) throws {
        #expect(try #require(OID(text)).description == text)
    }

    @Test(
        "other texts are refused: an identifier has one text, and numbers have a limit",
        arguments: [
            "", "1", "1.", ".1", "3.1", "1.40", "1.-2", "1.+2", "1.02", "01.2", "1.2.", "1.2 ", "1.x",
            "2.9223372036854775728", "2.5.9223372036854775808", "2.18446744073709551615", "1.2.99999999999999999999",
        ])
    func refused(_ text: String) { #expect(OID(text) == nil) }
}
