public import House
public import OpenSSLKit
public import Primitives
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
    /// All keys of the book, each with its times.
    ///
    /// - Throws: `Fault` when a certificate that the log holds cannot be read.
    public static func build(_ book: KeyBook) throws(Fault) -> KeyRegister {
        var keys: [RegisteredKey] = []
        for entry in book.entries {
            let suspended = book.suspensions[entry.fingerprint]?.at
            guard let pem = entry.pem else {
                keys.append(
                    RegisteredKey(
                        fingerprint: entry.fingerprint, owner: entry.owner, usage: entry.use.registered,
                        activeFrom: entry.activeFrom, activeUntil: entry.activeUntil, suspendedSince: suspended))
                continue
            }
            let certificate: Certificate
            do {
                certificate = try Certificate(pem: pem)
            } catch {
                throw Fault("the certificate \(entry.fingerprint) of \(entry.owner): \(error)")
            }
            keys.append(
                RegisteredKey(
                    certificate: certificate, owner: entry.owner, usage: entry.use.registered,
                    activeFrom: entry.activeFrom, activeUntil: entry.activeUntil, suspendedSince: suspended))
        }
        return KeyRegister(keys)
    }
}

extension KeyUse {
    /// The same use in the words of the register.
    public var registered: RegisteredUsage {
        switch self {
        case .sign: .sign
        case .tls: .tls
        case .officer: .officer
        case .auditor: .auditor
        }
    }
}
