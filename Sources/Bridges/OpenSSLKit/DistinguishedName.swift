/// A subject's name as the coalition writes it: country, organisation, unit and common name.
public struct DistinguishedName: Hashable, Sendable {
    /// Two capital letters (ISO 3166), or empty.
    public var country: String
    /// The organisation, or empty.
    public var organization: String
    /// The unit, such as what the certificate is for, or empty.
    public var unit: String
    /// The name itself, such as the partner's id.
    public var commonName: String

    /// Makes a name. Country is two capital letters or empty, each other part has at most 64 characters, and the
    /// common name one or more.
    ///
    /// - Throws: `CryptoError` of kind malformed when a part breaks that rule.
    public init(
        commonName: String, unit: String = "", organization: String = "", country: String = ""
    ) throws(CryptoError) {
        let letters = country.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        guard country.isEmpty || (country.utf8.count == 2 && letters) else {
            throw CryptoError(.malformed, "the country '\(country)' is not two capital letters")
        }
        for part in [commonName, unit, organization] where part.unicodeScalars.count > 64 {
            throw CryptoError(.malformed, "a part of the name is longer than 64 characters: '\(part.prefix(64))'")
        }
        guard !commonName.isEmpty else { throw CryptoError(.malformed, "the common name is empty") }
        self.commonName = commonName
        self.unit = unit
        self.organization = organization
        self.country = country
    }

    var der: [UInt8] {
        var parts: [[UInt8]] = []
        func add(_ type: OID, _ value: [UInt8]) {
            parts.append(DER.set(of: [DER.sequence(DER.oid(type), value)]))
        }
        if !country.isEmpty { add(.country, DER.printable(country)) }
        if !organization.isEmpty { add(.organization, DER.utf8(organization)) }
        if !unit.isEmpty { add(.organizationalUnit, DER.utf8(unit)) }
        add(.commonName, DER.utf8(commonName))
        return DER.sequence(of: parts)
    }
}

/// A name by which a TLS server is reached.
public enum AlternativeName: Hashable, Sendable {
    /// A name of the domain name system, such as `gateway.example`.
    case dns(String)
    /// The four or sixteen bytes of an internet address.
    case address([UInt8])

    /// Reads a dotted IPv4 address, or takes the text as a DNS name.
    public init(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        self = parts.count == 4 && !parts.contains(nil) ? .address(parts.compactMap { $0 }) : .dns(text)
    }

    var der: [UInt8] {
        switch self {
        case .dns(let name): DER.value(0x82, Array(name.utf8))
        case .address(let bytes): DER.value(0x87, bytes)
        }
    }
}
