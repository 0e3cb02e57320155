public import Evidence
public import FileStore
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Statements
import Transparency
import XMLKit

/// Verifies a bundle offline against pinned keys: signatures, completeness and arithmetic. Specs/evidence.md, Checks
/// and verdicts.
public enum EvidenceVerifier {
    /// Verifies a bundle.
    ///
    /// - Parameters:
    ///   - path: where the archive is.
    ///   - pins: what is trusted; nothing within the bundle is.
    /// - Returns: the report; its findings are those of the first stage that fails.
    /// - Throws: `Fault` when the archive cannot be read.
    public static func verify(
        _ path: String, pins: PinsFile, files: any FileSystem = PosixFileSystem()
    ) throws -> EvidenceReport {
        var report = EvidenceReport()
        do {
            let file = try BundleFile(path, files: files)
            guard let manifest = try ManifestCheck.open(file, pins, &report) else { return report }
            do {
                try verify(file, manifest, pins, &report)
            } catch let defect as BundleFile.BundleDefect {
                // The list is in order: what cannot be read is what the log is said to hold.
                report.fail(.log, defect.item, defect.found)
            }
        } catch let defect as BundleFile.BundleDefect {
            report.fail(.archive, defect.item, defect.found)
        }
        return report
    }

    private static func verify(
        _ file: BundleFile, _ manifest: BundleManifest, _ pins: PinsFile, _ report: inout EvidenceReport
    ) throws {
        report.scope = manifest.scope.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let bundle = try Bundle(file, manifest, pins)
        let programmes = try Programmes(bundle, &report)
        let digests = report.findings
        report.findings = []
        var signers = try SignerCheck(bundle)
        try signers.check()
        var signatures = try SignatureCheck(bundle, programmes, certificates: signers.certificates)
        try signatures.check()
        report.count("signatures", signatures.count)

        var log = LogCheck(bundle: bundle)
        try log.checkKey(&report)
        report.findings += signers.findings.filter { $0.stage == .trust }
        guard report.findings.isEmpty else { return }

        try expectRoots(bundle, &log, &report)
        try log.check(&report)
        try TreeCheck(bundle).check(&report)
        guard report.findings.isEmpty else { return }

        for stage in [VerificationStage.signature, .key] {
            report.findings += (digests + signers.findings + signatures.findings).filter { $0.stage == stage }
            guard report.findings.isEmpty else { return }
        }
        var order = OrderCheck(bundle, programmes)
        try order.check(&report)
        guard report.findings.isEmpty else { return }
        let missing = signatures.findings.filter { $0.stage == .completeness }
        try verifyWindow(bundle, programmes, order, missing, &report)
    }

    /// Roots of the log that statements and receipts state.
    private static func expectRoots(
        _ bundle: Bundle, _ log: inout LogCheck, _ report: inout EvidenceReport
    ) throws {
        for name in bundle.file.names(under: "statements/") where name.hasSuffix(".xml") {
            guard let statement = try StatementReading(name, bundle), let checkpoint = statement.checkpoint else {
                continue
            }
            if !statement.isCheckpointConsistent {
                report.fail(.log, name, "what it states of its checkpoint is not what the checkpoint says")
            }
            if bundle.isWhole { log.expect(root: checkpoint.root, at: checkpoint.size, in: name) }
        }
        for name in bundle.file.names(under: "batches/") where name.hasSuffix("/received.xml") && bundle.isWhole {
            guard let bytes = try bundle.file.small(name), let receipt = try? XMLDocument.parse(bytes),
                let place = receipt.child("Evidence")?.child("Log"), let root = Digest32(hex: place.text),
                let size = UInt64(place.attribute("size") ?? "")
            else { continue }
            log.expect(root: root, at: size, in: name)
        }
    }

    private static func verifyWindow(
        _ bundle: Bundle, _ programmes: Programmes, _ order: OrderCheck, _ missing: [VerificationFinding],
        _ report: inout EvidenceReport
    ) throws {
        guard let end = order.cutOffs[bundle.window], let closed = order.closes[bundle.window],
            let version = programmes.inForce(before: closed), let window = version.programme.window(bundle.window)
        else { return report.fail(.completeness, bundle.window.text, "its programme is not in the bundle") }
        let begin = order.cutOffs.values.filter { $0 < end }.max() ?? 0
        try programmes.compareWithFiles(bundle, &report)
        let texts = report.findings
        report.findings = missing
        guard bundle.isWhole else {
            report.findings += texts
            try verifyPart(bundle, &report)
            guard report.findings.isEmpty else { return }
            var clearing = try Reclearing(
                bundle, programmes, version: version, window: window, closed: closed, begin: begin, end: end)
            if bundle.manifest.scoped("file") != nil { try clearing.run(&report) }
            report.remarks.append("the bundle shows a part of a window: its statements were not recomputed")
            return
        }
        let partners = version.programme.agreements.map(\.partner).filter(bundle.shows)
        try CompletenessCheck(bundle: bundle, partners: partners, begin: begin, end: end, closed: closed)
            .check(&report)
        report.findings += texts.filter { $0.stage == .completeness }
        guard report.findings.isEmpty else { return }

        report.findings = texts
        var clearing = try Reclearing(
            bundle, programmes, version: version, window: window, closed: closed, begin: begin, end: end)
        try clearing.run(&report)
        var accounts = AccountReplay(bundle, programmes, partners: partners)
        try accounts.run(upTo: closed, &report)
        guard report.findings.isEmpty else { return }
        guard !clearing.hasUnknownLines else {
            return report.remarks.append(
                "an erased or closed batch counts on lines that this bundle does not show: its statements were not "
                    + "recomputed")
        }
        guard let closedAt = try bundle.fact(closed + 1)?.time else { return }
        try DocumentCheck(
            bundle: bundle, clearing: clearing, accounts: accounts, partners: partners, closedAt: closedAt
        ).check(&report)
        // Figures that differ are told before words that differ.
        let figures = report.findings.filter { $0.stage == .arithmetic }
        if !figures.isEmpty { report.findings = figures }
    }

    /// A file or record that is shown by itself stands on the list of the statements that it counts on.
    private static func verifyPart(_ bundle: Bundle, _ report: inout EvidenceReport) throws {
        try bundle.forEachFact { envelope in
            guard case .fileReceived(let fact) = envelope.fact else { return }
            for kind in ["CLS", "STL"] {
                let name = "statements/\(kind)-\(bundle.window)-\(fact.batch.partner).xml"
                guard let statement = try StatementReading(name, bundle), let list = statement.completeness else {
                    report.fail(.completeness, name, "the statement is missing or cannot be read")
                    continue
                }
                let isListed = list.arrivals.contains { $0.fact == envelope.sequence && $0.digest == fact.digest }
                if !isListed {
                    report.fail(.completeness, name, "it does not list the file of fact \(envelope.sequence)")
                }
            }
        }
    }
}
