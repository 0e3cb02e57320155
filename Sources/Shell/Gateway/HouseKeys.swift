public import OpenSSLKit
public import Primitives
public import ProgrammeModel
public import Statements
public import Verification

/// Signs what the house issues with its own key. Specs/wire.md has the form.
public struct HostSigner: DocumentSigner {
    /// The signing certificate.
    public let certificate: Certificate
    private let signer: CMSSigner

    /// Joins a certificate and its key.
    ///
    /// - Throws: `Fault` when the key is not the certificate's.
    public init(certificate: Certificate, key: PrivateKey) throws(Fault) {
        self.certificate = certificate
        do {
            signer = try CMSSigner(certificate: certificate, key: key)
        } catch {
            throw Fault("the host's signing key: \(error)")
        }
    }

    /// A detached CMS signature, DER.
    ///
    /// - Throws: `Fault` when the key cannot sign.
    public func sign(_ document: [UInt8], at time: Timestamp) throws(Fault) -> [UInt8] {
        do {
            return try signer.signDetached(document, at: time)
        } catch {
            throw Fault("signing: \(error)")
        }
    }

    /// A detached CMS signature over bytes whose digest is known, DER.
    ///
    /// - Throws: `Fault` when the key cannot sign.
    public func sign(digest: Digest32, at time: Timestamp) throws(Fault) -> [UInt8] {
        do {
            return try signer.signDetached(digest: digest, at: time)
        } catch {
            throw Fault("signing: \(error)")
        }
    }

    /// A CMS that encloses its content, DER: the form of messages.
    ///
    /// - Throws: `Fault` when the key cannot sign.
    public func enclose(_ message: [UInt8], at time: Timestamp) throws(Fault) -> [UInt8] {
        do {
            return try signer.signAttached(message, at: time)
        } catch {
            throw Fault("signing: \(error)")
        }
    }
}

/// Builds the register of keys from what the log says.
public enum HouseKeyRegister {
    /// All keys of a programme's partners and of the house's officers.
    ///
    /// - Throws: `Fault` when a certificate that the log holds cannot be read.
    public static func build(programme: Programme?, officers: [Officer], host: PartnerID) throws(Fault) -> KeyRegister {
        var keys: [RegisteredKey] = []
        for agreement in programme?.agreements ?? [] {
            for grant in agreement.certificates {
                let certificate: Certificate
                do {
                    certificate = try Certificate(pem: grant.pem)
                } catch {
                    throw Fault("the certificate \(grant.fingerprint) of \(agreement.partner): \(error)")
                }
                keys.append(
                    RegisteredKey(
                        certificate: certificate, owner: agreement.partner, usage: grant.usage == .tls ? .tls : .sign,
                        activeFrom: grant.activeFrom, activeUntil: grant.activeTo))
            }
        }
        for officer in officers {
            let isAuditor = officer.roles == [.auditor]
            keys.append(
                RegisteredKey(
                    fingerprint: officer.fingerprint, owner: host, usage: isAuditor ? .auditor : .officer,
                    activeFrom: Timestamp(milliseconds: 0)))
        }
        return KeyRegister(keys)
    }
}
