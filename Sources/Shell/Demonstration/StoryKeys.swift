import Foundation
import Gateway
import OpenSSLKit
import Primitives
import Transport

/// The keys of everyone in the story, made afresh and left in a folder, so that a reader can use them with any tool.
struct StoryKeys: Sendable {
    /// A certificate with its key.
    struct Pair: Sendable {
        let certificate: Certificate
        let key: PrivateKey
        let keyPEM: String

        var signer: CMSSigner {
            get throws { try CMSSigner(certificate: certificate, key: key) }
        }

        func identity(authority: Certificate) throws -> TLSIdentity {
            try TLSIdentity(
                chainPEM: Array(certificate.pem.utf8), keyPEM: Array(keyPEM.utf8),
                rootsPEM: Array(authority.pem.utf8))
        }
    }

    let authority: Certificate
    let revocationList: RevocationList
    let hostSigning: Pair
    let gateway: Pair
    let maker: Pair
    let checker: Pair
    let operations: Pair
    let partnerTLS: [PartnerID: Pair]
    let partnerSigning: [PartnerID: Pair]

    /// Makes all keys and writes them into a folder: certificates and the revocation list readable, keys for the owner.
    ///
    /// - Parameter partners: who gets keys.
    init(partners: [PartnerID], folder: URL) throws {
        // From before the scenario until well after today, because openssl checks documents with the machine's clock.
        guard let from = Timestamp("2025-01-01T00:00:00Z"), let to = Timestamp("2040-01-01T00:00:00Z") else {
            preconditionFailure("the dates are dates")
        }
        let validity = try Validity(from: from, to: to)
        let rootKey = try PrivateKey.generate(.p384)
        let root = try CertificateAuthority.root(
            subject: try Self.name("Coalition CA", .coalitionCA), key: rootKey, validity: validity)
        func issue(_ profile: CertificateProfile, _ name: String, _ hosts: [AlternativeName] = []) throws -> Pair {
            let key = try PrivateKey.generate(.p256)
            let certificate = try root.issue(
                CertificateOrder(
                    profile, subject: try Self.name(name, profile), key: key.publicKey, validity: validity,
                    alternativeNames: hosts))
            return Pair(certificate: certificate, key: key, keyPEM: key.pem)
        }
        authority = root.certificate
        revocationList = try root.revocationList(revoking: [], number: 1, thisUpdate: from, nextUpdate: to)
        hostSigning = try issue(.hostSigning, "HOST")
        gateway = try issue(.gatewayTLS, "localhost", [AlternativeName("localhost"), AlternativeName("127.0.0.1")])
        maker = try issue(.officer, "Officer Maker")
        checker = try issue(.officer, "Officer Checker")
        operations = try issue(.officer, "Operator")
        var tls: [PartnerID: Pair] = [:]
        var signing: [PartnerID: Pair] = [:]
        for partner in partners {
            tls[partner] = try issue(.partnerTLS, partner.text)
            signing[partner] = try issue(.partnerSigning, partner.text)
        }
        partnerTLS = tls
        partnerSigning = signing
        try write(to: folder)
    }

    private static func name(_ common: String, _ profile: CertificateProfile) throws -> DistinguishedName {
        try DistinguishedName(
            commonName: common, unit: profile.unit, organization: "Smiles Coalition", country: "FR")
    }

    private func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(authority.pem.utf8).write(to: folder.appending(path: "ca.pem"))
        try Data(revocationList.pem.utf8).write(to: folder.appending(path: "ca.crl.pem"))
        var pairs = [
            ("host-signing", hostSigning), ("gateway-tls", gateway), ("maker", maker), ("checker", checker),
            ("operator", operations),
        ]
        for (partner, pair) in partnerTLS { pairs.append(("\(partner)-tls", pair)) }
        for (partner, pair) in partnerSigning { pairs.append(("\(partner)-signing", pair)) }
        for (name, pair) in pairs {
            try Data(pair.certificate.pem.utf8).write(to: folder.appending(path: "\(name).pem"))
            let key = folder.appending(path: "\(name).key")
            let isMade = FileManager.default.createFile(
                atPath: key.path, contents: Data(pair.keyPEM.utf8), attributes: [.posixPermissions: 0o600])
            guard isMade else { throw Fault("\(key.path) cannot be written") }
        }
    }
}
