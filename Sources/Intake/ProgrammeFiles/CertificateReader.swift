import Primitives
import ProgrammeModel

/// Reads the certificates of an agreement and compares each with its fingerprint.
struct CertificateReader {
    /// SHA-256 of bytes.
    let sha256: ([UInt8]) -> Digest32

    func grant(_ map: MapReader) -> CertificateGrant? {
        let usage = map.required("usage")?.choice(CertificateUsage.self, later: ["ENCRYPT"])
        let fingerprintField = map.required("fingerprint")
        let fingerprint = fingerprintField?.digest()
        let from = map.required("activeFrom")?.instant()
        let toField = map.optional("activeTo")
        let to = toField?.instant()
        let pemField = map.required("pem")
        let pem = pemField?.raw("a certificate as PEM")
        guard let usage, let fingerprint, let from, let pem, let pemField, toField == nil || to != nil else {
            return nil
        }
        guard let der = PEM.certificate(pem) else {
            pemField.refuse("expected exactly one PEM block CERTIFICATE", value: "")
            return nil
        }
        let actual = sha256(der)
        guard actual == fingerprint else {
            fingerprintField?.refuse("the certificate's SHA-256 fingerprint is \(actual)")
            return nil
        }
        if let to, to <= from { toField?.refuse("activeTo lies after activeFrom") }
        return CertificateGrant(fingerprint: fingerprint, usage: usage, pem: pem, activeFrom: from, activeTo: to)
    }
}

/// PEM text (RFC 7468) as bytes.
enum PEM {
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// The DER bytes of the one certificate that the text holds, or nil when it holds anything else.
    static func certificate(_ text: String) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            Substring(line.reversed().drop { $0 == " " }.reversed())
        }
        guard lines.count >= 3, lines.first == Substring(begin), lines.last == Substring(end) else { return nil }
        return base64(lines.dropFirst().dropLast().joined())
    }

    /// Strict base64 of RFC 4648 with padding, or nil.
    static func base64(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count % 4 == 0 else { return nil }
        let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count / 4 * 3)
        var bits: UInt32 = 0
        for (index, byte) in bytes.enumerated() {
            let isPadding = index >= bytes.count - padding
            guard let value = isPadding && byte == UInt8(ascii: "=") ? 0 : digit(byte) else { return nil }
            bits = bits << 6 | value
            if index % 4 == 3 {
                out += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                bits = 0
            }
        }
        guard out.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
        return Array(out.dropLast(padding))
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
