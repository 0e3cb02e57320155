import Gateway
import Primitives
import Yams

/// What a gateway's configuration file says: where its keys are, and where it listens. Specs/operations.md.
///
/// Paths in the file are relative to the file; here they are those that can be opened.
struct GatewayConfiguration {
    /// The certificate that signs receipts and statements, PEM.
    var hostCertificate = ""
    /// Its key, PEM.
    var hostKey = ""
    /// A file whose first line is that key's password; nil for a key that is not encrypted.
    var hostKeyPasswordFile: String?
    /// The gateway's end of TLS, PEM; nil where no gateway runs on the directory.
    var tlsCertificate: String?
    /// Its key, PEM, not encrypted.
    var tlsKey: String?
    /// The authority's certificates, PEM: what TLS clients are checked against.
    var authority = ""
    /// The authorities' revocation lists.
    var revocationLists: [String] = []
    /// For how many seconds a revocation list counts after its next update was due.
    var revocationGraceSeconds: Int64 = 0
    /// The address to listen on.
    var bind = "127.0.0.1"
    /// The port to listen on.
    var port = 7443
    /// The port of the HTTPS API, at the same address; nil where it is not offered.
    var httpsPort: Int?

    /// The name of the file within a data directory.
    static let fileName = "gateway.yaml"

    private static let required = ["authority", "hostCertificate", "hostKey"]

    /// Reads a configuration file.
    ///
    /// - Throws: `Refusal` with CFG-005 and the line; `UsageError` when the file cannot be read.
    static func read(_ path: String) throws -> GatewayConfiguration {
        guard Files.exists(path) else {
            throw UsageError("there is no configuration at \(path)", action: "give it with --config")
        }
        var reader = Reader(file: path)
        return try reader.read(try Files.text(path))
    }

    /// Whoever signs what the host issues.
    ///
    /// - Throws: `UsageError` when a file cannot be read, or the key is not the certificate's.
    func hostSigner() throws(UsageError) -> HostSigner {
        let certificate = try Files.certificate(hostCertificate)
        let key = try Files.key(hostKey, passwordFile: hostKeyPasswordFile)
        do throws(Fault) {
            return try HostSigner(certificate: certificate, key: key)
        } catch {
            throw UsageError("\(hostKey): \(error)", action: "name the key of \(hostCertificate)")
        }
    }

    /// The text of a configuration file that lies in a directory.
    func text(in directory: String) -> String {
        func place(_ path: String) -> String { "'" + Files.relative(path, from: directory) + "'" }
        var lines = [
            "# The gateway's configuration. Paths are relative to this file.",
            "hostCertificate: \(place(hostCertificate))", "hostKey: \(place(hostKey))",
        ]
        if let hostKeyPasswordFile { lines.append("hostKeyPasswordFile: \(place(hostKeyPasswordFile))") }
        if let tlsCertificate { lines.append("tlsCertificate: \(place(tlsCertificate))") }
        if let tlsKey { lines.append("tlsKey: \(place(tlsKey))") }
        lines.append("authority: \(place(authority))")
        lines.append(revocationLists.isEmpty ? "revocationLists: []" : "revocationLists:")
        lines += revocationLists.map { "  - \(place($0))" }
        lines += ["revocationGraceSeconds: \(revocationGraceSeconds)", "bind: '\(bind)'", "port: \(port)"]
        if let httpsPort { lines.append("httpsPort: \(httpsPort)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads the nodes of the file.
    private struct Reader {
        let file: String
        var configuration = GatewayConfiguration()

        mutating func read(_ text: String) throws(Refusal) -> GatewayConfiguration {
            let root: Node?
            do {
                root = try Yams.compose(yaml: text)
            } catch {
                throw Refusal(.cfg005, at: .whole.field(file), detail: "the file is not YAML")
            }
            guard let mapping = root?.mapping else {
                throw Refusal(.cfg005, at: .whole.field(file), detail: "the file is a mapping of keys to values")
            }
            var seen: Set<String> = []
            for (key, value) in mapping {
                let name = key.scalar?.string ?? ""
                guard seen.insert(name).inserted else { throw refuse(name, key, "", "the key is given twice") }
                try take(name, key, value)
            }
            for name in GatewayConfiguration.required where !seen.contains(name) {
                throw Refusal(.cfg005, at: .whole.field("\(file): \(name)"), detail: "the key is missing")
            }
            return configuration
        }

        private mutating func take(_ name: String, _ key: Node, _ value: Node) throws(Refusal) {
            switch name {
            case "hostCertificate": configuration.hostCertificate = try path(name, value)
            case "hostKey": configuration.hostKey = try path(name, value)
            case "hostKeyPasswordFile": configuration.hostKeyPasswordFile = try path(name, value)
            case "tlsCertificate": configuration.tlsCertificate = try path(name, value)
            case "tlsKey": configuration.tlsKey = try path(name, value)
            case "authority": configuration.authority = try path(name, value)
            case "bind": configuration.bind = try text(name, value)
            case "port": configuration.port = Int(try number(name, value, 0...65535))
            case "httpsPort": configuration.httpsPort = Int(try number(name, value, 0...65535))
            case "revocationGraceSeconds":
                configuration.revocationGraceSeconds = try number(name, value, 0...31_536_000)
            case "revocationLists":
                guard let items = value.sequence else { throw refuse(name, value, "", "a list of paths") }
                for item in items { configuration.revocationLists.append(try path(name, item)) }
            default: throw refuse(name, key, name, "there is no such key")
            }
        }

        private func text(_ name: String, _ node: Node) throws(Refusal) -> String {
            guard let text = node.scalar?.string, !text.isEmpty else {
                throw refuse(name, node, "", "a text is needed")
            }
            return text
        }

        private func path(_ name: String, _ node: Node) throws(Refusal) -> String {
            let text = try text(name, node)
            if text.hasPrefix("/") { return text }
            guard let slash = file.lastIndex(of: "/") else { return text }
            return String(file[...slash]) + text
        }

        private func number(_ name: String, _ node: Node, _ range: ClosedRange<Int64>) throws(Refusal) -> Int64 {
            let text = try text(name, node)
            guard let number = Int64(text), range.contains(number) else {
                throw refuse(name, node, text, "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        private func refuse(_ name: String, _ node: Node, _ value: String, _ detail: String) -> Refusal {
            let place = Finding.Place(line: node.mark?.line ?? 0, field: "\(file): \(name)")
            return Refusal(.cfg005, at: place, value: value, detail: detail)
        }
    }
}
