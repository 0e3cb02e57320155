public import Primitives

// What a certificate says of its subject, for those who register it.
extension Certificate {
    /// The subject's common name; nil where it has none, or more than one.
    public var commonName: String? {
        guard let relative = try? BERElement(whole: subjectDER).children() else { return nil }
        var found: [String] = []
        for set in relative {
            for attribute in (try? set.children()) ?? [] {
                guard let parts = try? attribute.children(), parts.count == 2, (try? parts[0].oid()) == .commonName,
                    // UTF8String and PrintableString: what profiles use. Names in other alphabets are nobody's.
                    parts[1].tag == 0x0C || parts[1].tag == 0x13
                else { continue }
                found.append(String(decoding: parts[1].contentBytes, as: UTF8.self))
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    /// SHA-256 of the public key with its algorithm, which two certificates of one key have in common; nil where the
    /// certificate is not built as it should be.
    public var publicKeyDigest: Digest32? {
        guard let signed = try? BERElement(whole: der).children().first, let fields = try? signed.children() else {
            return nil
        }
        // Version, serial number, algorithm, issuer, validity, subject, key; the version has a tag of its own.
        let index = fields.first?.tag == 0xA0 ? 6 : 5
        return fields.count > index ? SHA256.digest(fields[index].raw) : nil
    }
}

extension RevocationList {
    /// What the list says of a certificate, or nil when it does not revoke it.
    public func entry(for certificate: Certificate) -> Entry? {
        guard issuerDER == certificate.issuerDER else { return nil }
        return entries.first { $0.serialHex == certificate.serialHex }
    }
}
