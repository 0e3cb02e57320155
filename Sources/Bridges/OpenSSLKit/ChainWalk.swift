internal import COpenSSL
import Primitives

/// What OpenSSL's verification of one chain found.
struct ChainOutcome {
    var chain: [Certificate] = []
    var isStale = false
    private var problems: [ChainProblem] = []

    /// Adds a problem, unless one of its kind is known for the same certificate: OpenSSL tells an unknown issuer twice.
    mutating func add(_ kind: ChainProblem.Kind, depth: Int, _ detail: String) {
        guard !problems.contains(where: { $0.kind == kind && $0.depth == depth }) else { return }
        problems.append(ChainProblem(kind: kind, depth: depth, detail: detail))
    }

    var isClean: Bool { problems.isEmpty }

    /// The problems, most important first. An unknown issuer explains all other trouble with the chain and with
    /// revocation.
    var sortedProblems: [ChainProblem] {
        let unknown = problems.contains { $0.kind == .unknownIssuer }
        return problems.filter { !unknown || ($0.kind != .revocationUnknown && $0.kind != .invalidChain) }
            .sorted { ($0.kind, $0.depth) < ($1.kind, $1.depth) }
    }
}

/// One run of OpenSSL's chain verification that collects everything it objects to instead of stopping at the first.
@safe
struct ChainWalk {
    /// Intermediates between a certificate and its root.
    static let depthLimit: Int32 = 5

    private let store: OpaquePointer
    private let anchors: [Certificate]
    private let untrusted: [Certificate]
    /// Nil where revocation is not checked.
    private let lists: [RevocationList]?
    private let graceSeconds: Int64
    private let instant: Timestamp

    @unsafe init(
        store: OpaquePointer, anchors: [Certificate], untrusted: [Certificate], lists: [RevocationList]?,
        graceSeconds: Int64, instant: Timestamp
    ) {
        unsafe self.store = store
        self.anchors = anchors
        self.untrusted = untrusted
        self.lists = lists
        self.graceSeconds = graceSeconds
        self.instant = instant
    }

    func run(_ certificate: Certificate) -> ChainOutcome {
        ErrorQueue.clear()
        defer { ErrorQueue.clear() }
        let others = BorrowedStack()
        for link in untrusted { unsafe others.push(link.handle) }
        let current = BorrowedStack()
        for list in lists ?? [] { unsafe current.push(list.handle) }
        guard let context = unsafe X509_STORE_CTX_new() else { preconditionFailure("out of memory for a chain") }
        defer { unsafe X509_STORE_CTX_free(context) }
        let begun = unsafe X509_STORE_CTX_init(context, store, certificate.handle, others.pointer)
        precondition(begun == 1, "OpenSSL begins a chain")
        unsafe X509_STORE_CTX_set0_crls(context, current.pointer)
        unsafe configure(X509_STORE_CTX_get0_param(context))

        let collector = Collector(lists: lists ?? [], instant: instant, graceSeconds: graceSeconds)
        let result = withExtendedLifetime(collector) {
            unsafe X509_STORE_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(collector).toOpaque())
            unsafe X509_STORE_CTX_set_verify_cb(context, collectProblem)
            return unsafe X509_verify_cert(context)
        }
        var outcome = collector.outcome
        unsafe readChain(context, from: certificate, into: &outcome)
        if result != 1 && outcome.isClean {
            let code = unsafe X509_STORE_CTX_get_error(context)
            outcome.add(.invalidChain, depth: 0, unsafe String(cString: X509_verify_cert_error_string(Int(code))))
        }
        return outcome
    }

    @unsafe private func configure(_ parameters: OpaquePointer?) {
        var flags = UInt(X509_V_FLAG_X509_STRICT)
        if lists != nil { flags |= UInt(X509_V_FLAG_CRL_CHECK) | UInt(X509_V_FLAG_CRL_CHECK_ALL) }
        unsafe X509_VERIFY_PARAM_set_flags(parameters, flags)
        unsafe X509_VERIFY_PARAM_set_depth(parameters, Self.depthLimit)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(instant.wholeSeconds))
    }

    /// Finds the chain that was built among the certificates that it was built from, so that none is decoded again.
    @unsafe private func readChain(
        _ context: OpaquePointer, from certificate: Certificate, into outcome: inout ChainOutcome
    ) {
        outcome.chain = [certificate]
        guard let stack = unsafe X509_STORE_CTX_get0_chain(context) else { return }
        let count = unsafe OPENSSL_sk_num(stack)
        for index in 1..<max(count, 1) {
            let link = unsafe OpaquePointer(OPENSSL_sk_value(stack, index))
            let der = unsafe CBytes.encode { out in unsafe i2d_X509(link, out) }
            guard let known = (anchors + untrusted).first(where: { $0.der == der }) else {
                outcome.add(.invalidChain, depth: Int(index), "the chain passes through an unknown certificate")
                return
            }
            outcome.chain.append(known)
        }
    }
}

/// Keeps what the callback is told while one chain is verified.
private final class Collector {
    var outcome = ChainOutcome()
    let lists: [RevocationList]
    let instant: Timestamp
    let graceSeconds: Int64

    init(lists: [RevocationList], instant: Timestamp, graceSeconds: Int64) {
        self.lists = lists
        self.instant = instant
        self.graceSeconds = graceSeconds
    }

    @unsafe func note(_ context: OpaquePointer) {
        let code = unsafe X509_STORE_CTX_get_error(context)
        let depth = unsafe Int(X509_STORE_CTX_get_error_depth(context))
        let text = unsafe String(cString: X509_verify_cert_error_string(Int(code)))
        if code == X509_V_ERR_CRL_HAS_EXPIRED {
            let list = unsafe X509_STORE_CTX_get0_current_crl(context)
            if let list = unsafe list, let due = unsafe CBytes.time(X509_CRL_get0_nextUpdate(list)) {
                if instant < due.adding(milliseconds: graceSeconds * 1000) {
                    outcome.isStale = true
                    return
                }
                outcome.add(.revocationUnknown, depth: depth, "the revocation list was to be replaced at \(due)")
                return
            }
        }
        if code == X509_V_ERR_CERT_REVOKED, let since = unsafe revocationDate(context) {
            outcome.add(.revoked, depth: depth, "revoked since \(since)")
            return
        }
        outcome.add(ChainProblem.Kind(verifyError: code), depth: depth, text)
    }

    @unsafe private func revocationDate(_ context: OpaquePointer) -> Timestamp? {
        // OpenSSL no longer knows the list at this point when it had an objection to the list's time, so it is looked
        // up here.
        guard let certificate = unsafe X509_STORE_CTX_get_current_cert(context) else { return nil }
        let reader = unsafe CertificateReader(certificate)
        guard let serial = try? reader.serial(), let issuer = try? reader.name(.issuer).der else { return nil }
        let name = Hex.encode(serial)
        let entries = lists.filter { $0.issuerDER == issuer }.flatMap { $0.entries }
        return entries.filter { $0.serialHex == name }.map { $0.since }.min()
    }
}

/// OpenSSL's callback: notes an objection and goes on. The verdict counts what was noted, so going on accepts nothing.
private func collectProblem(_ ok: Int32, _ context: OpaquePointer?) -> Int32 {
    guard ok == 0, let context = unsafe context, let raw = unsafe X509_STORE_CTX_get_ex_data(context, 0) else {
        return ok
    }
    let collector = unsafe Unmanaged<Collector>.fromOpaque(raw).takeUnretainedValue()
    unsafe collector.note(context)
    return 1
}

extension ChainProblem.Kind {
    /// Sorts OpenSSL's verification errors; what is not known makes the chain invalid.
    fileprivate init(verifyError code: Int32) {
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            self = .unknownIssuer
        case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_CERT_REVOKED: self = .revoked
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
            X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
            X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
            X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_DIFFERENT_CRL_SCOPE,
            X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
            self = .revocationUnknown
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: self = .weak
        default: self = .invalidChain
        }
    }
}

extension Timestamp {
    /// Whole seconds since 1970, rounded down.
    var wholeSeconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }
}
