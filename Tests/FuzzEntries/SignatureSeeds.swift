import OpenSSLKit
import Primitives

/// Signatures, certificates and revocation lists of an authority that is made for the purpose and forgotten.
enum SignatureSeeds {
    private static let content = Array("a batch file".utf8)

    static func all() throws -> [Seed] {
        let validity = try Validity(
            from: Timestamp(milliseconds: 1_577_836_800_000), to: Timestamp(milliseconds: 2_840_140_800_000))
        let authority = try CertificateAuthority.root(
            subject: try DistinguishedName(commonName: "Root", organization: "Coalition"), key: try .generate(.p256),
            validity: validity)
        let revoked = RevocationList.Entry(serialHex: "0123", since: validity.notBefore)
        let list = try authority.revocationList(
            revoking: [revoked], number: 7, thisUpdate: validity.notBefore, nextUpdate: validity.notAfter)
        let root = authority.certificate
        var out = [
            Seed(name: "root-der", bytes: root.der), Seed(name: "root-pem", bytes: Array(root.pem.utf8)),
            Seed(name: "list-der", bytes: list.der), Seed(name: "list-pem", bytes: Array(list.pem.utf8)),
            Seed(name: "text", bytes: Array((root.pem + "remark\n" + list.pem).utf8)),
            Seed(name: "base64", bytes: Array("AAECAwQFBg==".utf8)),
            Seed(name: "base64-loose", bytes: Array("AAECAwQFBh==".utf8)),
        ]
        let kinds: [(String, PrivateKey.Generation, CertificateProfile)] = [
            ("p256", .p256, .partnerSigning), ("p384", .p384, .hostSigning), ("rsa", .rsa(bits: 2048), .partnerSigning),
            ("tls", .p256, .partnerTLS), ("gateway", .p256, .gatewayTLS),
        ]
        for (name, generation, profile) in kinds {
            let key = try PrivateKey.generate(generation)
            let certificate = try authority.issue(
                CertificateOrder(
                    profile, subject: try DistinguishedName(commonName: "RAILCO", organization: "Coalition"),
                    key: key.publicKey, validity: validity,
                    alternativeNames: profile == .gatewayTLS ? [.dns("localhost"), .init("127.0.0.1")] : []))
            out.append(Seed(name: "\(name)-certificate", bytes: certificate.der))
            for includesCertificate in [true, false] {
                let signer = try CMSSigner(
                    certificate: certificate, key: key, includesCertificate: includesCertificate)
                let forms = [
                    ("detached", try signer.signDetached(content, at: SignatureFuzz.noon)),
                    ("attached", try signer.signAttached(content, at: SignatureFuzz.noon)),
                ]
                for (form, signature) in forms {
                    let stem = "\(name)-\(form)-\(includesCertificate ? "full" : "slim")"
                    for (encoding, bytes) in [("der", signature), ("ber", indefinite(signature[...]))] {
                        out.append(Seed(name: "\(stem)-\(encoding)", bytes: bytes))
                        let bundle = SignatureBundle(
                            signature: bytes, content: content, authorities: root.der, revocationLists: list.der,
                            signer: certificate.der)
                        out.append(Seed(name: "\(stem)-\(encoding)-bundle", bytes: bundle.bytes))
                    }
                }
            }
        }
        return out
    }

    /// Values in DER again with indefinite lengths in the outer levels, down to the set of certificates, which stay as
    /// they were signed. Only for what the seeds hold: tags of one byte, lengths of up to three.
    private static func indefinite(_ der: ArraySlice<UInt8>, levels: Int = 4) -> [UInt8] {
        var rest = der
        var out: [UInt8] = []
        while let tag = rest.popFirst(), let first = rest.popFirst() {
            var count = Int(first)
            if first >= 0x80 {
                count = 0
                for _ in 0..<(first & 0x7F) { count = count << 8 | Int(rest.popFirst() ?? 0) }
            }
            let content = rest.prefix(count)
            rest = rest.dropFirst(count)
            if tag & 0x20 != 0, levels > 0 {
                out += [tag, 0x80] + indefinite(content, levels: levels - 1) + [0, 0]
            } else {
                out += der[(content.startIndex - 2 - (first >= 0x80 ? Int(first & 0x7F) : 0))..<content.endIndex]
            }
        }
        return out
    }
}
