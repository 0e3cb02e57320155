import FileStore
import Journal
import Primitives
import Statements

/// The findings of one file: the first ones for its receipt, all of them in a file when there are more, and counts.
struct FindingsLog {
    let received: UInt64
    let store: OriginalStore
    let limits: Limits
    private(set) var first: [Finding] = []
    private(set) var count: Int64 = 0
    private(set) var file: AttachmentReference?
    private var byCode: [ReasonCode: Int64] = [:]
    private var document: IncomingFile?
    private var written = 0

    init(received: UInt64, store: OriginalStore, limits: Limits) {
        self.received = received
        self.store = store
        self.limits = limits
    }

    var counts: [FindingCount] {
        byCode.sorted { $0.key < $1.key }.map { FindingCount(code: $0.key, count: $0.value) }
    }

    /// Adds the findings of a record.
    mutating func add(_ findings: [Finding]) throws {
        guard !findings.isEmpty else { return }
        count += Int64(findings.count)
        for finding in findings { byCode[finding.code, default: 0] += 1 }
        if document == nil, first.count + findings.count <= limits.findingsPerReceipt {
            first += findings
            return
        }
        try write(findings)
        let room = limits.findingsPerReceipt - first.count
        if room > 0 { first += findings.prefix(room) }
    }

    private mutating func write(_ findings: [Finding]) throws {
        if document == nil {
            document = try store.beginDocument("findings-\(received)")
            try document?.append(FindingsFile.header[...])
            try document?.append(FindingsFile.rows(first)[...])
            written = first.count
        }
        // Beyond the limit findings are counted only: a file of nothing but errors must not fill the disk.
        let kept = Array(findings.prefix(max(limits.findingsPerFile - written, 0)))
        guard !kept.isEmpty else { return }
        written += kept.count
        try document?.append(FindingsFile.rows(kept)[...])
    }

    /// Puts the findings of the file as a whole in front, and makes the findings file durable if there is one.
    mutating func close(leading: [Finding]) throws {
        count += Int64(leading.count)
        for finding in leading { byCode[finding.code, default: 0] += 1 }
        if !leading.isEmpty, document != nil { try document?.append(FindingsFile.rows(leading)[...]) }
        first = Array((leading + first).prefix(limits.findingsPerReceipt))
        guard let document else { return }
        let length = document.length
        switch try document.complete() {
        case .kept(let digest):
            file = AttachmentReference(name: "findings.csv", digest: digest, length: Int(length))
        case .differs(let digest):
            throw Fault("the findings of file \(received) have digest \(digest)")
        }
        self.document = nil
    }
}
