import Foundation
import OpenSSLKit
import Primitives
import ProgrammeFiles
import ProgrammeModel

/// The golden scenario's programme with the story's certificates, signed by everyone whom it binds.
struct StoryProgramme {
    let keys: StoryKeys
    let folder: URL

    /// Writes and signs the programme's files.
    func write(at time: Timestamp) throws {
        var certificates: [PartnerID: [ScenarioCertificate]] = [:]
        for (partner, pair) in keys.partnerSigning {
            certificates[partner, default: []].append(Self.entry(.signing, pair))
        }
        for (partner, pair) in keys.partnerTLS {
            certificates[partner, default: []].append(Self.entry(.tls, pair))
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in try ScenarioProgramme.write(to: folder.path, certificates: certificates) {
            try sign(file, "maker", keys.maker, at: time)
            try sign(file, "checker", keys.checker, at: time)
            for partner in bound(by: file) {
                if let pair = keys.partnerSigning[partner] { try sign(file, partner.text, pair, at: time) }
            }
        }
    }

    private static func entry(_ usage: CertificateUsage, _ pair: StoryKeys.Pair) -> ScenarioCertificate {
        ScenarioCertificate(
            usage: usage, pem: pair.certificate.pem, fingerprint: pair.certificate.fingerprint)
    }

    /// The partners whose signature a file needs: an agreement's own, a promotion's funders.
    private func bound(by file: SourceFile) -> [PartnerID] {
        switch file.kind {
        case .programme: []
        case .agreement: (try? PartnerID(file.name)).map { [$0] } ?? []
        case .promotion:
            keys.partnerSigning.keys.filter {
                String(decoding: file.bytes, as: UTF8.self).contains("\($0)")
            }
        }
    }

    private func sign(_ file: SourceFile, _ part: String, _ pair: StoryKeys.Pair, at time: Timestamp) throws {
        let signature = try pair.signer.signDetached(file.bytes, at: time)
        try Data(signature).write(to: folder.appending(path: "\(file.path).\(part).p7s"))
    }
}
