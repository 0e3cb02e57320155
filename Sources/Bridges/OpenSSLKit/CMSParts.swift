import Primitives

/// Runs the reader of encodings and tells its complaints as defects of the signature.
func reading<R>(_ body: () throws(CryptoError) -> R) throws(CMSDefect) -> R {
    do throws(CryptoError) {
        return try body()
    } catch {
        throw CMSDefect(.malformed, "the signature is not CMS as RFC 5652 says: \(error.detail)")
    }
}

/// The parts of a SignedData (RFC 5652, section 5.1).
struct CMSParts {
    let version: Int
    let digestAlgorithms: BERElement
    let content: [UInt8]?
    let certificates: [[UInt8]]
    let signerInfo: BERElement

    init(_ bytes: [UInt8]) throws(CMSDefect) {
        let whole = try reading { () throws(CryptoError) in try BERElement(whole: bytes) }
        guard whole.tag == 0x30 else {
            throw CMSDefect(.malformed, "the signature is not CMS: it begins with another tag")
        }
        let outer = try Self.children(whole)
        guard outer.count == 2, outer[1].tag == 0xA0, try Self.oid(outer[0]) == .signedData else {
            throw CMSDefect(.wrongContentType, "the structure is not a CMS SignedData")
        }
        let inner = try Self.children(outer[1])
        guard inner.count == 1, inner[0].tag == 0x30 else {
            throw CMSDefect(.malformed, "the SignedData is no sequence")
        }
        var fields = try Self.children(inner[0])[...]
        guard fields.count >= 4 else { throw CMSDefect(.malformed, "the SignedData has too few fields") }
        let version = fields.removeFirst()
        self.version = try reading { () throws(CryptoError) in try version.smallInteger() }
        digestAlgorithms = fields.removeFirst()
        content = try Self.content(fields.removeFirst())
        certificates = try Self.certificates(&fields)
        if let other = fields.first, other.tag == 0xA1 {
            throw CMSDefect(.foreignContents, "the signature carries revocation lists; send it without them")
        }
        guard fields.count == 1, let signers = fields.first, signers.tag == 0x31, digestAlgorithms.tag == 0x31 else {
            throw CMSDefect(.malformed, "the SignedData has fields that do not belong there")
        }
        let infos = try Self.children(signers)
        guard infos.count == 1, infos[0].tag == 0x30 else {
            throw CMSDefect(.signerCount, "the signature has \(infos.count) signers; it must have exactly one")
        }
        signerInfo = infos[0]
    }

    /// The content's bytes, nil where it is detached.
    private static func content(_ element: BERElement) throws(CMSDefect) -> [UInt8]? {
        guard element.tag == 0x30 else { throw CMSDefect(.malformed, "the content is no sequence") }
        let parts = try children(element)
        guard let type = parts.first, parts.count <= 2, try oid(type) == .data else {
            throw CMSDefect(.wrongContentType, "the signed content's type is not data (1.2.840.113549.1.7.1)")
        }
        guard parts.count == 2 else { return nil }
        let wrapped = try children(parts[1])
        guard parts[1].tag == 0xA0, wrapped.count == 1 else {
            throw CMSDefect(.malformed, "the content is not one string")
        }
        return try reading { () throws(CryptoError) in try wrapped[0].octets() }
    }

    /// Takes the certificates, as they stand, off the front of the remaining fields.
    private static func certificates(_ fields: inout ArraySlice<BERElement>) throws(CMSDefect) -> [[UInt8]] {
        guard let set = fields.first, set.tag == 0xA0 else { return [] }
        fields.removeFirst()
        var out: [[UInt8]] = []
        for certificate in try children(set) {
            guard certificate.tag == 0x30 else {
                throw CMSDefect(.foreignContents, "the signature carries certificates that are not X.509")
            }
            out.append(certificate.raw)
        }
        return out
    }

    static func children(_ element: BERElement) throws(CMSDefect) -> [BERElement] {
        try reading { () throws(CryptoError) in try element.children() }
    }

    static func oid(_ element: BERElement) throws(CMSDefect) -> OID {
        try reading { () throws(CryptoError) in try element.oid() }
    }

    func withoutCertificatesAndContent() throws(CMSDefect) -> [UInt8] {
        try reading { () throws(CryptoError) in
            let body = DER.sequence(
                DER.integer(version), try digestAlgorithms.definite(), DER.sequence(DER.oid(.data)),
                DER.value(0x31, try signerInfo.definite()))
            return DER.sequence(DER.oid(.signedData), DER.tagged(0, body))
        }
    }
}

/// The parts of a SignerInfo (RFC 5652, section 5.3).
struct CMSSignerInfo {
    let signer: CMSSignature.SignerIdentifier
    /// The AlgorithmIdentifiers in definite lengths.
    let digestAlgorithm: [UInt8]
    let signatureAlgorithm: [UInt8]
    let signedAttributes: BERElement

    init(_ parts: CMSParts) throws(CMSDefect) {
        var fields = try CMSParts.children(parts.signerInfo)[...]
        guard fields.count >= 5 else { throw CMSDefect(.malformed, "the SignerInfo has too few fields") }
        let versionField = fields.removeFirst()
        let version = try reading { () throws(CryptoError) in try versionField.smallInteger() }
        signer = try Self.signer(fields.removeFirst())
        let digest = fields.removeFirst()
        guard let attributes = fields.first, attributes.tag == 0xA0 else {
            throw CMSDefect(.signedAttributes, "the signature has no signed attributes (do not use -noattr)")
        }
        fields.removeFirst()
        signedAttributes = attributes
        guard fields.count >= 2 else { throw CMSDefect(.malformed, "the SignerInfo has too few fields") }
        let signature = fields.removeFirst()
        let value = fields.removeFirst()
        if fields.first?.tag == 0xA1 { throw CMSDefect(.unsignedAttributes, "the signature has unsigned attributes") }
        guard fields.isEmpty, digest.tag == 0x30, signature.tag == 0x30, value.tag & 0xDF == 0x04 else {
            throw CMSDefect(.malformed, "the SignerInfo has fields that do not belong there")
        }
        digestAlgorithm = try reading { () throws(CryptoError) in try digest.definite() }
        signatureAlgorithm = try reading { () throws(CryptoError) in try signature.definite() }
        try Self.checkVersions(parts, version, signer)
        try Self.checkDigestSet(parts, digestAlgorithm)
    }

    private static func signer(_ element: BERElement) throws(CMSDefect) -> CMSSignature.SignerIdentifier {
        if element.tag == 0x80 { return .keyIdentifier(element.contentBytes) }
        guard element.tag == 0x30 else { throw CMSDefect(.malformed, "the signer is named in an unknown way") }
        let parts = try CMSParts.children(element)
        guard parts.count == 2, parts[0].tag == 0x30, parts[1].tag == 0x02 else {
            throw CMSDefect(.malformed, "the signer is not named by issuer and serial number")
        }
        let issuer = try reading { () throws(CryptoError) in try parts[0].definite() }
        return .issuerAndSerial(issuer: issuer, serial: parts[1].contentBytes)
    }

    /// The versions that RFC 5652 prescribes for what we take; others would be bytes without meaning.
    private static func checkVersions(
        _ parts: CMSParts, _ version: Int, _ signer: CMSSignature.SignerIdentifier
    ) throws(CMSDefect) {
        let expected =
            switch signer {
            case .issuerAndSerial: 1
            case .keyIdentifier: 3
            }
        guard version == expected, parts.version == expected else {
            throw CMSDefect(.malformed, "the structure's versions are \(parts.version) and \(version), not \(expected)")
        }
    }

    /// The set of digest algorithms names the signer's and no other.
    private static func checkDigestSet(_ parts: CMSParts, _ digest: [UInt8]) throws(CMSDefect) {
        let named = try CMSParts.children(parts.digestAlgorithms)
        guard named.count == 1 else {
            throw CMSDefect(.malformed, "the signature names \(named.count) digest algorithms for one signer")
        }
        let algorithm = try reading { () throws(CryptoError) in try named[0].definite() }
        if algorithm == digest { return }
        guard let one = CMSAlgorithms.digest(algorithm), one == CMSAlgorithms.digest(digest) else {
            throw CMSDefect(.malformed, "the signature's two digest algorithms differ")
        }
    }
}

/// The signed attributes (RFC 5652, section 11).
struct CMSAttributes {
    let messageDigest: [UInt8]
    let signingTime: Timestamp?

    init(_ element: BERElement) throws(CMSDefect) {
        var values: [OID: BERElement] = [:]
        for attribute in try CMSParts.children(element) {
            let parts = try CMSParts.children(attribute)
            guard attribute.tag == 0x30, parts.count == 2, parts[1].tag == 0x31 else {
                throw CMSDefect(.malformed, "a signed attribute is not a type with values")
            }
            let type = try CMSParts.oid(parts[0])
            let all = try CMSParts.children(parts[1])
            guard values[type] == nil, let first = all.first else {
                throw CMSDefect(.signedAttributes, "the signed attribute \(type) is there twice, or without a value")
            }
            if [OID.contentType, .messageDigest, .signingTime].contains(type), all.count != 1 {
                throw CMSDefect(.signedAttributes, "the signed attribute \(type) has \(all.count) values")
            }
            values[type] = first
        }
        guard let type = values[.contentType], try CMSParts.oid(type) == .data else {
            throw CMSDefect(.signedAttributes, "the signed attributes do not say that the content is data")
        }
        guard let digest = values[.messageDigest], digest.tag & 0xDF == 0x04 else {
            throw CMSDefect(.signedAttributes, "the signed attributes have no message digest")
        }
        messageDigest = try reading { () throws(CryptoError) in try digest.octets() }
        signingTime = values[.signingTime].flatMap { ASN1Time.read(tag: $0.tag, content: $0.contentBytes) }
    }
}
