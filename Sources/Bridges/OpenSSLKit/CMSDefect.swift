/// Why bytes are not a signature of the form that the signature policy demands: one CMS SignedData (RFC 5652) over
/// plain data with one signer, signed attributes and no unsigned ones.
public struct CMSDefect: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of defects.
    public enum Kind: String, Hashable, Sendable {
        /// The bytes are no CMS at all, or break its structure.
        case malformed
        /// The signature is larger than the caller's limit.
        case tooLarge
        /// It is CMS, but no SignedData over plain data.
        case wrongContentType
        /// It has no signer, or several.
        case signerCount
        /// It signs the content without signed attributes, or one of the necessary attributes is missing or double.
        case signedAttributes
        /// It carries attributes that nobody signed.
        case unsignedAttributes
        /// It holds other things beside certificates, such as revocation lists.
        case foreignContents
    }

    /// The kind of defect.
    public let kind: Kind
    /// What was found, in one sentence.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
