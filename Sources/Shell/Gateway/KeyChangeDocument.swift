import Journal
import OpenSSLKit
public import Primitives
public import ProgrammeModel
import Statements
import XMLKit

/// The document of a partner's key change, one line for each field. Specs/formats.md has the form.
public enum KeyChangeDocument: Hashable, Sendable {
    /// A new key, with the certificate that it is registered by.
    case rotate(Rotation)
    /// A key that is never to be used again.
    case suspend(PartnerID, Digest32)

    /// What a rotation asks.
    public struct Rotation: Hashable, Sendable {
        /// Whose key.
        public var partner: PartnerID
        /// What it is for.
        public var use: CertificateUsage
        /// From when it counts; an instant that is past means at once.
        public var from: Timestamp
        /// The key that it replaces; nil for a further key.
        public var replaces: Digest32?
        /// When that one ends; nil for the longest overlap.
        public var oldUntil: Timestamp?
        /// The certificate, PEM.
        public var pem: String

        /// Makes a rotation; the parameters are the properties of the same names.
        public init(
            partner: PartnerID, use: CertificateUsage, from: Timestamp, replaces: Digest32?, oldUntil: Timestamp?,
            pem: String
        ) {
            self.partner = partner
            self.use = use
            self.from = from
            self.replaces = replaces
            self.oldUntil = oldUntil
            self.pem = pem
        }
    }

    /// The bytes that are signed.
    public var bytes: [UInt8] {
        var lines: [String]
        switch self {
        case .suspend(let partner, let fingerprint): lines = ["SUSPEND \(partner) \(fingerprint)"]
        case .rotate(let rotation):
            lines = ["ROTATE \(rotation.partner) \(rotation.use.rawValue)", "FROM \(rotation.from)"]
            if let replaces = rotation.replaces { lines.append("REPLACES \(replaces)") }
            if let until = rotation.oldUntil { lines.append("OLD-UNTIL \(until)") }
            lines += rotation.pem.split(separator: "\n").map(String.init)
        }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    /// Whose keys are to be changed.
    public var partner: PartnerID {
        switch self {
        case .rotate(let rotation): rotation.partner
        case .suspend(let partner, _): partner
        }
    }

    /// Reads a document.
    ///
    /// - Throws: `Refusal` with KEY-001 when it has not the form.
    public init(_ bytes: [UInt8]) throws(Refusal) {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        let head = lines.isEmpty ? [] : lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
        guard head.count == 3, let partner = try? PartnerID(String(head[1])) else {
            throw Self.malformed("the first line reads ROTATE PARTNER USE, or SUSPEND PARTNER FINGERPRINT")
        }
        switch head[0] {
        case "SUSPEND":
            guard lines.isEmpty, let fingerprint = Digest32(hex: String(head[2])) else {
                throw Self.malformed("a suspension is one line with a fingerprint of 64 digits")
            }
            self = .suspend(partner, fingerprint)
        case "ROTATE":
            guard let use = CertificateUsage(rawValue: String(head[2])) else {
                throw Self.malformed("a key is for SIGN or TLS")
            }
            self = .rotate(try Self.rotation(partner, use, lines))
        default: throw Self.malformed("a request is to ROTATE or to SUSPEND")
        }
        // One form and no other: what is signed is what is understood.
        guard self.bytes == bytes else { throw Self.malformed("the lines are not in the order and form described") }
    }

    private static func rotation(
        _ partner: PartnerID, _ use: CertificateUsage, _ lines: [String]
    ) throws(Refusal) -> Rotation {
        let begin = lines.firstIndex { $0.hasPrefix("-----BEGIN") } ?? lines.endIndex
        var fields: [String: String] = [:]
        for line in lines[..<begin] {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, ["FROM", "REPLACES", "OLD-UNTIL"].contains(parts[0]), fields[parts[0]] == nil else {
                throw malformed("'\(line.prefix(40))' is no line of a rotation")
            }
            fields[parts[0]] = parts[1]
        }
        guard let from = fields["FROM"].flatMap({ Timestamp($0) }) else {
            throw malformed("FROM is an instant")
        }
        let replaces = fields["REPLACES"].flatMap { Digest32(hex: $0) }
        let until = fields["OLD-UNTIL"].flatMap { Timestamp($0) }
        guard (fields["REPLACES"] == nil) == (replaces == nil), (fields["OLD-UNTIL"] == nil) == (until == nil),
            until == nil || replaces != nil
        else { throw malformed("OLD-UNTIL is an instant and stands beside REPLACES with a fingerprint") }
        let pem = lines[begin...].map { $0 + "\n" }.joined()
        guard let blocks = try? PEM.decode(pem), blocks.count == 1, blocks[0].label == "CERTIFICATE" else {
            throw malformed("a rotation ends with one certificate in PEM")
        }
        return Rotation(partner: partner, use: use, from: from, replaces: replaces, oldUntil: until, pem: pem)
    }

    private static func malformed(_ detail: String) -> Refusal { Refusal(.key001, detail: detail) }
}

/// The answer to a key change.
enum KeyChangeAnswer {
    static func document(id: String, _ partner: PartnerID, _ change: KeyChanged.Change, at time: Timestamp) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("KeyChange", ["xmlns": "urn:coalition:clearing:receipt:1", "version": "1.0"])
        writer.element("ReceiptId", id)
        writer.element("IssuedDateTime", time.description)
        writer.element("PartnerId", partner.text)
        switch change {
        case .suspended(let fingerprint):
            writer.element("Suspended", fingerprint.description)
        case .rotated(let rotation):
            let grant = rotation.grant
            writer.element("Registered", grant.fingerprint.description, ["use": grant.usage.rawValue])
            writer.element("ActiveFrom", grant.activeFrom.description)
            if let replaced = rotation.replaces { writer.element("Replaces", replaced.description) }
            if let until = rotation.replacedUntil { writer.element("ReplacedUntil", until.description) }
        }
        writer.close()
        return writer.bytes
    }
}
