import Foundation
import TestKit
import Testing

/// A house that is founded by commands alone: `pki`, `init`, `programme`. One of its officers is maker and checker.
struct NewHouse {
    let place: Workplace
    private static let partners = ["BANQUE", "CARBU", "MARCHE", "RAILCO"]
    private static let begin = "--not-before 2025-01-01T00:00:00Z"

    /// Makes keys, the data directory, and the signed programme beside it.
    ///
    /// - Parameter officers: further ones, by name with their roles.
    init(officers: [String: String] = [:]) throws {
        place = Workplace(folder: try ScratchFolder("command"))
        try place.done("pki ca --dir pki \(Self.begin) --next-update 2040-01-01T00:00:00Z")
        try issue("host-signing", "HOST")
        try issue("gateway-tls", "localhost", "--dns localhost --dns 127.0.0.1")
        for officer in ["both", "checker", "operator"] + officers.keys { try issue("officer", officer) }
        try issue("auditor", "auditor")
        for partner in Self.partners {
            try issue("partner-signing", partner)
            try issue("partner-tls", partner)
        }
        try place.done(
            "init --data house --clock test --at 2026-02-16T00:00:00+01:00 --ca pki/ca.pem --crl pki/crl.pem"
                + " --host-cert pki/host-signing.pem --host-key pki/host-signing.key"
                + " --tls-cert pki/gateway-tls.pem --tls-key pki/gateway-tls.key"
                + " --officer maker,checker:Both=pki/both.pem --officer checker=pki/checker.pem"
                + " --officer operator=pki/operator.pem --officer auditor=pki/auditor.pem"
                + officers.map { " --officer \($0.value)=pki/\($0.key).pem" }.joined())
        try writeProgramme()
    }

    private func issue(_ profile: String, _ name: String, _ more: String = "") throws {
        try place.done("pki issue --dir pki --profile \(profile) --name \(name) \(Self.begin) \(more)")
    }

    func signer(_ name: String) -> String { "--cert pki/\(name).pem --key pki/\(name).key" }

    /// The golden programme with the certificates that were issued here.
    private func writeProgramme() throws {
        let manager = FileManager.default
        let source = GoldenScenario.specs.appending(path: "scenarios/golden/programme")
        try manager.copyItem(at: source, to: URL(filePath: place.folder.path("programme")))
        let issued = try place.json("pki list --dir pki").items
        for partner in Self.partners {
            let file = "programme/agreements/\(partner).yaml"
            let entries = try [("SIGN", "signing"), ("TLS", "tls")].map { usage, ending in
                let name = "\(partner)-\(ending).pem"
                let row = try #require(issued.first { $0["file"].text == name })
                let pem = try place.text("pki/\(name)").split(separator: "\n").map { "      \($0)\n" }.joined()
                return "\n  - usage: \(usage)\n    fingerprint: \(row["fingerprint"].text ?? "")\n"
                    + "    activeFrom: 2025-01-01T00:00:00Z\n    pem: |\n\(pem)"
            }
            let text = try place.text(file)
                .replacingOccurrences(of: "certificates: []\n", with: "certificates:\(entries.joined().dropLast())\n")
            try place.write(text, to: file)
        }
    }

    /// Has the programme signed by everyone whom it binds, and loads it.
    func load() throws {
        try place.done("programme sign programme --as maker \(signer("both"))")
        try place.done("programme sign programme --as checker \(signer("checker"))")
        for partner in Self.partners {
            try place.done("programme sign programme --as partner \(signer("\(partner)-signing"))")
        }
        try place.done("programme load programme --data house")
    }
}
