public import Primitives

/// Reads a batch file of either format, piece by piece, with bounded memory, and judges everything that needs nothing
/// but the file: SYN codes for the file as a whole, FMT, REF-001, ADJ-001 and DUP-003 for records, FIL-002 and
/// FIL-003 for the totals. `Specs/formats.md` has the rules.
///
/// What it finds does not depend on how the file is cut into pieces. A reader belongs to one task at a time and reads
/// one file. After a refusal it reads no further: every later call throws the same refusal.
public final class BatchReader {
    private enum Stage {
        /// The format is not known yet; holds the first bytes.
        case undecided([UInt8])
        case xml(XMLBatchReader)
        case csv(CSVBatchReader)
        case failed(Refusal)
        case finished
    }

    private var stage = Stage.undecided([])
    private let limits: Limits
    private let hash: ContentHash
    private let lane: OrdinaryLane?
    private let format: BatchFormat?
    private var received: Int64 = 0

    /// Makes a reader. Without a format the first byte tells it: `<` or a blank is XML, `#` is CSV.
    ///
    /// - Parameter lane: the fast way for ordinary records; without one all go the full way.
    public init(
        format: BatchFormat? = nil, limits: Limits = Limits(), lane: OrdinaryLane? = nil, hash: @escaping ContentHash
    ) {
        self.lane = lane
        self.format = format
        self.limits = limits
        self.hash = hash
    }

    /// Reads the next bytes. Records reach the sink with some delay, at the latest from `finish`.
    ///
    /// - Throws: `Refusal` with a SYN code and its place when the file as a whole is refused, or what the sink throws.
    public func feed(_ bytes: [UInt8], to sink: inout some BatchSink) throws(Refusal) {
        try feed(bytes[...], to: &sink)
    }

    /// Reads the next bytes. Records reach the sink with some delay, at the latest from `finish`.
    ///
    /// - Throws: `Refusal` with a SYN code and its place when the file as a whole is refused, or what the sink throws.
    public func feed(_ bytes: ArraySlice<UInt8>, to sink: inout some BatchSink) throws(Refusal) {
        let allowed = bytes.prefix(Int(clamping: max(0, limits.fileBytes - received)))
        do throws(Refusal) {
            if !allowed.isEmpty { try take(allowed, &sink) }
            received += Int64(allowed.count)
            guard allowed.count == bytes.count else {
                throw Refusal(
                    .syn005, at: Finding.Place(offset: limits.fileBytes),
                    detail: "a file has at most \(limits.fileBytes) bytes")
            }
        } catch {
            stage = .failed(error)
            throw error
        }
    }

    /// Ends the file and answers what it was.
    ///
    /// - Throws: `Refusal` with a SYN code and its place when the file as a whole is refused, or what the sink throws.
    public func finish(to sink: inout some BatchSink) throws(Refusal) -> BatchSummary {
        do throws(Refusal) {
            let summary = try end(&sink)
            stage = .finished
            return summary
        } catch {
            stage = .failed(error)
            throw error
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ sink: inout some BatchSink) throws(Refusal) {
        switch stage {
        case .undecided(var head):
            head.append(contentsOf: bytes)
            guard let format = try decide(head, isWhole: false) else {
                stage = .undecided(head)
                return
            }
            begin(format)
            try take(head[...], &sink)
        case .xml(var reader):
            // Taken out, so that the reader is not copied when it changes.
            stage = .finished
            defer { stage = .xml(reader) }
            try reader.feed(bytes, to: &sink)
        case .csv(var reader):
            stage = .finished
            defer { stage = .csv(reader) }
            try reader.feed(bytes, to: &sink)
        case .failed(let refusal): throw refusal
        case .finished: preconditionFailure("a reader reads one file")
        }
    }

    private func end(_ sink: inout some BatchSink) throws(Refusal) -> BatchSummary {
        switch stage {
        case .undecided(let head):
            guard let format = try decide(head, isWhole: true) else {
                throw Refusal(.syn001, at: Finding.Place(line: 1, offset: 0), detail: "the file is empty")
            }
            begin(format)
            if !head.isEmpty { try take(head[...], &sink) }
            return try end(&sink)
        case .xml(var reader): return try reader.finish(bytes: received, to: &sink)
        case .csv(var reader): return try reader.finish(bytes: received, to: &sink)
        case .failed(let refusal): throw refusal
        case .finished: preconditionFailure("a reader reads one file")
        }
    }

    private func begin(_ format: BatchFormat) {
        let checker = RecordChecker(hash: hash, findsTwins: true, lane: lane)
        switch format {
        case .xml: stage = .xml(XMLBatchReader(limits: limits, checker: checker))
        case .csv: stage = .csv(CSVBatchReader(limits: limits, checker: checker))
        }
    }

    /// The format by the first bytes; nil while more are needed.
    private func decide(_ head: [UInt8], isWhole: Bool) throws(Refusal) -> BatchFormat? {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if head.count < 3, mark.starts(with: head), !isWhole { return nil }
        let text = head.starts(with: mark) ? head.dropFirst(3) : head[...]
        guard let first = text.first else { return nil }
        if let format { return format }
        switch first {
        case UInt8(ascii: "<"), 0x20, 0x09, 0x0A, 0x0D: return .xml
        case UInt8(ascii: "#"): return .csv
        // UTF-16 and its like: the reader of XML says so.
        case 0xFE, 0xFF, 0x00, 0x4C: return .xml
        default:
            throw Refusal(
                .syn001, at: Finding.Place(line: 1, offset: 0), value: TextRule.shown(text.prefix(16)),
                detail: "a file begins with < (XML) or # (CSV)")
        }
    }
}
