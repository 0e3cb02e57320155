public import Primitives
public import ProgrammeModel

/// Reads single files of a programme, for those who see only their own: an agreement or a promotion as it was signed,
/// without the checks across files that the whole directory had when it was loaded.
public struct SignedParts {
    private let host: HostDraft?
    private let log: FindingLog
    private let sha256: ([UInt8]) -> Digest32

    /// Begins with the host's file, which names the currencies.
    public init(programme: [UInt8], sha256: @escaping ([UInt8]) -> Digest32) {
        self.sha256 = sha256
        let log = FindingLog()
        self.log = log
        let source = SourceFile(path: "programme.yaml", kind: .programme, bytes: programme)
        host = YAMLDocument.read(programme, file: source.path, log: log).flatMap {
            HostFileReader(log: log).read(source, $0)
        }
    }

    /// The programme's id, host and shared currency as the host's file states them; nil when it cannot be read.
    public var heading: (id: String, host: PartnerID, currency: CurrencyCode)? {
        guard let host, let id = host.id, let party = host.host?.value, let currency = host.currencies.shared else {
            return nil
        }
        return (id, party, currency)
    }

    /// The points from before the log that the host's file states.
    public var openingPoints: Int64? { host?.openingPoints }

    /// An agreement, or nil when its file cannot be read as one.
    public func agreement(_ path: String, _ bytes: [UInt8]) -> Agreement? {
        let source = SourceFile(path: path, kind: .agreement, bytes: bytes)
        let reader = AgreementReader(
            currencies: host?.currencies ?? Currencies(), certificates: CertificateReader(sha256: sha256), log: log)
        return YAMLDocument.read(bytes, file: path, log: log).flatMap { reader.read(source, $0)?.agreement }
    }

    /// A promotion without its signatures, or nil when its file cannot be read as one.
    public func promotion(_ path: String, _ bytes: [UInt8]) -> Promotion? {
        let source = SourceFile(path: path, kind: .promotion, bytes: bytes)
        return YAMLDocument.read(bytes, file: path, log: log).flatMap { root in
            PromotionReader(log: log).read(source, root).map { draft in
                Promotion(
                    id: draft.id, name: draft.name, validity: draft.validity, funders: draft.funders.map(\.value),
                    signedBy: [])
            }
        }
    }
}
