import Primitives

/// An ASN.1 object identifier, such as `2.16.840.1.101.3.4.2.1` for SHA-256.
public struct OID: Hashable, Sendable, CustomStringConvertible {
    /// The numbers, separated by dots.
    public let description: String
    /// The content bytes of its DER encoding, without tag and length.
    let content: [UInt8]

    /// Makes an identifier from its dotted text, or answers nil when the text is none, or a number of its encoding is
    /// 2^63 or more. Each identifier has one text: numbers have no sign and no leading zeros.
    public init?(_ text: String) {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false).map(Self.arc)
        guard arcs.count >= 2, let first = arcs[0], let second = arcs[1], first <= 2, second < 40 || first == 2 else {
            return nil
        }
        var bytes: [UInt8] = []
        for arc in [first * 40 + second] + arcs.dropFirst(2) {
            guard let arc, arc < 1 << 63 else { return nil }
            Self.append(arc, to: &bytes)
        }
        description = text
        content = bytes
    }

    init(literal text: StaticString) {
        guard let made = OID("\(text)") else { preconditionFailure("not an object identifier: \(text)") }
        self = made
    }

    /// Reads the content bytes, or answers nil when they are no minimal encoding of numbers below 2^63.
    init?(content: [UInt8]) {
        guard let last = content.last, last < 0x80 else { return nil }
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        var fresh = true
        for byte in content {
            if fresh && byte == 0x80 { return nil }
            guard value < 1 << 56 else { return nil }
            value = value << 7 | UInt64(byte & 0x7F)
            fresh = byte < 0x80
            if fresh {
                arcs.append(value)
                value = 0
            }
        }
        let first = min(arcs[0] / 40, 2)
        let parts = [first, arcs[0] - first * 40] + arcs.dropFirst()
        description = parts.map { String($0) }.joined(separator: ".")
        self.content = content
    }

    /// A number below 2^63, of digits only and without leading zeros.
    private static func arc(_ text: Substring) -> UInt64? {
        guard text.utf8.allSatisfy({ $0.isDigit }), text == "0" || !text.hasPrefix("0"), let value = UInt64(text),
            value < 1 << 63
        else { return nil }
        return value
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var groups: [UInt8] = [UInt8(value & 0x7F)]
        var rest = value >> 7
        while rest > 0 {
            groups.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes += groups.reversed()
    }
}

extension OID {
    // Content types and attributes of CMS (RFC 5652).
    static let data = OID(literal: "1.2.840.113549.1.7.1")
    static let signedData = OID(literal: "1.2.840.113549.1.7.2")
    static let contentType = OID(literal: "1.2.840.113549.1.9.3")
    static let messageDigest = OID(literal: "1.2.840.113549.1.9.4")
    static let signingTime = OID(literal: "1.2.840.113549.1.9.5")

    // Digests.
    static let sha1 = OID(literal: "1.3.14.3.2.26")
    static let sha256 = OID(literal: "2.16.840.1.101.3.4.2.1")
    static let sha384 = OID(literal: "2.16.840.1.101.3.4.2.2")
    static let sha512 = OID(literal: "2.16.840.1.101.3.4.2.3")

    // Signatures.
    static let rsaEncryption = OID(literal: "1.2.840.113549.1.1.1")
    static let sha1WithRSA = OID(literal: "1.2.840.113549.1.1.5")
    static let mgf1 = OID(literal: "1.2.840.113549.1.1.8")
    static let rsaPSS = OID(literal: "1.2.840.113549.1.1.10")
    static let sha256WithRSA = OID(literal: "1.2.840.113549.1.1.11")
    static let sha384WithRSA = OID(literal: "1.2.840.113549.1.1.12")
    static let sha512WithRSA = OID(literal: "1.2.840.113549.1.1.13")
    static let ecdsaWithSHA1 = OID(literal: "1.2.840.10045.4.1")
    static let ecdsaWithSHA256 = OID(literal: "1.2.840.10045.4.3.2")
    static let ecdsaWithSHA384 = OID(literal: "1.2.840.10045.4.3.3")
    static let ecdsaWithSHA512 = OID(literal: "1.2.840.10045.4.3.4")

    // Names and extensions of certificates (RFC 5280).
    static let commonName = OID(literal: "2.5.4.3")
    static let country = OID(literal: "2.5.4.6")
    static let organization = OID(literal: "2.5.4.10")
    static let organizationalUnit = OID(literal: "2.5.4.11")
    static let subjectKeyIdentifier = OID(literal: "2.5.29.14")
    static let keyUsage = OID(literal: "2.5.29.15")
    static let subjectAltName = OID(literal: "2.5.29.17")
    static let basicConstraints = OID(literal: "2.5.29.19")
    static let crlNumber = OID(literal: "2.5.29.20")
    static let authorityKeyIdentifier = OID(literal: "2.5.29.35")
    static let extendedKeyUsage = OID(literal: "2.5.29.37")

    /// Extended key usage of a TLS server.
    public static let serverAuth = OID(literal: "1.3.6.1.5.5.7.3.1")
    /// Extended key usage of a TLS client.
    public static let clientAuth = OID(literal: "1.3.6.1.5.5.7.3.2")
    /// Extended key usage of signed mail; plain `openssl cms -verify` asks for it.
    public static let emailProtection = OID(literal: "1.3.6.1.5.5.7.3.4")

    // The coalition's own extended key usages. This is the one place where their arc is written; Certs/README.md
    // documents it.
    /// Extended key usage of a partner that signs files and messages.
    public static let partnerSigning = OID(literal: "1.3.6.1.4.1.55555.1.1")
    /// Extended key usage of the host that signs receipts, answers and statements.
    public static let hostSigning = OID(literal: "1.3.6.1.4.1.55555.1.2")
    /// Extended key usage of an officer of the host who signs acts.
    public static let officer = OID(literal: "1.3.6.1.4.1.55555.1.3")
    /// Extended key usage of an auditor who reads.
    public static let auditor = OID(literal: "1.3.6.1.4.1.55555.1.4")
}
