import NIOSSL

/// What a failure of TLS means for whoever runs the client. The library's own text names its source files.
enum TLSFailure {
    /// A sentence for an error of the connection; its own description where it is none of TLS.
    static func words(_ error: any Error) -> String {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "the gateway's certificate is for another name"
        }
        let text = "\(error)"
        guard error is BoringSSLError || error is NIOSSLError else { return text }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "the gateway's certificate is not one of the authority given"
        }
        let reasons = text.split(separator: "OPENSSL_internal:").dropFirst().map { $0.prefix { $0 != " " } }
        guard let reason = reasons.first else { return "TLS failed" }
        guard let alert = reason.split(separator: "ALERT_").last, alert != reason else {
            return "TLS failed: \(reason)"
        }
        let name = alert.lowercased().split(separator: "_").joined(separator: " ")
        guard name.contains("certificate") || name.contains("unknown ca") || name.contains("access denied") else {
            return "the gateway refused the handshake: \(name)"
        }
        return "the gateway refused this client's certificate (\(name)): it must be of the coalition's authority, "
            + "for TLS clients, in force and not revoked"
    }
}
