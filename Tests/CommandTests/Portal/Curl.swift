import Foundation
import TestKit
import Testing

/// A gateway that offers the HTTPS API on a free port, too.
struct RunningPortal {
    let gateway: RunningGateway
    let port: Int
    let place: Workplace
    let pki: String

    init(in place: Workplace, _ options: String = "--data demo/data", pki: String = "demo/pki") async throws {
        let name = "https-\(UUID().uuidString)"
        self.place = place
        self.pki = pki
        gateway = try await RunningGateway(in: place, "\(options) --https-port 0 --https-port-file \(name)")
        let text = try place.text(name)
        port = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// A client that uses plain curl.
    func curl(_ name: String) -> Curl { Curl(portal: self, name: name) }

    func stop() { gateway.stop() }
}

/// Speaks to the API by the program curl, with the keys of somebody.
struct Curl {
    let portal: RunningPortal
    let name: String

    /// What was answered.
    struct Response {
        let status: Int
        let version: String
        /// Header fields by their names in small letters.
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func json() throws -> JSON { try JSON(text) }
    }

    /// Asks by GET, or by what `more` says. Nil where no answer came.
    func answer(_ path: String, _ more: [String] = []) throws -> Response? {
        let folder = portal.place.folder
        let label = UUID().uuidString
        let outcome = try ExternalProgram.run(
            "curl",
            [
                "-sS", "--max-time", "\(Program.limitSeconds)", "--cacert", "\(portal.pki)/ca.pem",
                "--cert", "\(portal.pki)/\(name).pem", "--key", "\(portal.pki)/\(name).key",
                "-D", "\(label).head", "-o", "\(label).body", "-w", "%{http_code} %{http_version}\n",
            ] + more + ["https://localhost:\(portal.port)\(path)"], in: folder)
        // Of several answers the last one counts.
        let words = outcome.text.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        guard words.count == 2, let status = Int(words[0]), status > 0 else { return nil }
        let lines =
            String(decoding: try folder.read("\(label).head"), as: UTF8.self)
            .components(separatedBy: "\r\n\r\n").last { $0.hasPrefix("HTTP/") }?.components(separatedBy: "\r\n") ?? []
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        let body = portal.place.exists("\(label).body") ? try folder.read("\(label).body") : []
        return Response(status: status, version: words[1], headers: headers, body: body)
    }

    /// Asks for something that must be answered, with a status.
    @discardableResult
    func ask(
        _ path: String, _ more: [String] = [], is status: Int = 200, at location: SourceLocation = #_sourceLocation
    ) throws -> Response {
        let response = try #require(try answer(path, more), "no answer to \(path)", sourceLocation: location)
        #expect(response.status == status, "\(path): \(response.text)", sourceLocation: location)
        return response
    }

    /// Asks for something that must be refused with a code.
    @discardableResult
    func fails(
        _ status: Int, _ code: String, _ path: String, _ more: [String] = [],
        at location: SourceLocation = #_sourceLocation
    ) throws -> Response {
        let response = try ask(path, more, is: status, at: location)
        #expect(response.headers["content-type"] == "application/problem+json", sourceLocation: location)
        let problem = try response.json()
        #expect(problem["code"].text == code, "\(response.text)", sourceLocation: location)
        #expect(problem["status"].number == status, sourceLocation: location)
        return response
    }

    /// Options that send a file, signed by its partner, or by whoever is named.
    func upload(_ file: String, signer: String = "MARCHE-signing", type: String = "application/xml") throws -> [String]
    {
        let place = portal.place
        if place.exists("\(file).p7s") { try place.folder.remove("\(file).p7s") }
        try place.done(
            "sign \(file) --cert \(portal.pki)/\(signer).pem --key \(portal.pki)/\(signer).key")
        return ["-T", file, "-H", "Content-Type: \(type)"] + (try headers(of: file))
    }

    /// Header fields with digest and signature of a file.
    func headers(of file: String) throws -> [String] {
        let folder = portal.place.folder
        let digest = try ExternalProgram.openssl("dgst", "-sha256", "-binary", file, in: folder).output
        let signature = try folder.read("\(file).p7s")
        return [
            "-H", "Repr-Digest: sha-256=:\(Data(digest).base64EncodedString()):",
            "-H", "Document-Signature: :\(Data(signature).base64EncodedString()):",
        ]
    }

    /// SHA-256 of a file, in hex.
    func digest(of file: String) throws -> String {
        let text = try ExternalProgram.openssl("dgst", "-sha256", "-r", file, in: portal.place.folder).text
        return String(text.prefix { $0 != " " })
    }
}
