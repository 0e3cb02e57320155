import Foundation
import Primitives
import Transport
import Wire

/// A folder whose files are submitted one after the other and moved away with their receipts.
struct DropFolder {
    let path: String
    let output: OutputOptions
    /// How long a file must have kept its size.
    private static let rest = Duration.seconds(2)

    /// Submits what is there, and with `once` false what comes, in order of names.
    ///
    /// What the gateway cannot be reached for stays and is tried again.
    ///
    /// - Parameter submit: submits a file and writes its receipts into a folder.
    /// - Throws: `UsageError` when the folder cannot be read; with `once` also what submitting throws.
    func run(once: Bool, _ submit: (String, String) async throws -> SubmitOutcome) async throws {
        guard Files.isDirectory(path) else { throw UsageError("\(path) is no directory", action: "name a folder") }
        for folder in ["sent", "refused"] { try Files.makeDirectory("\(path)/\(folder)") }
        var sizes = once ? [:] : try candidates()
        var refusals = 0
        repeat {
            if !once { try await Task.sleep(for: Self.rest) }
            let now = try candidates()
            for (name, size) in now.sorted(by: { $0.key < $1.key }) where once || sizes[name] == size {
                do {
                    if try await isRefused(name, submit) { refusals += 1 }
                } catch let failure as ClientFailure where failure.mayRetry && !once {
                    Console.note("coalition: \(name) waits: \(failure)")
                    break
                } catch let error as UsageError where !once && !Files.exists("\(path)/\(name)") {
                    // Whoever put the file there took it away again.
                    Console.note("coalition: \(name) is gone: \(error)")
                }
            }
            sizes = now
        } while !once
        if refusals > 0 { throw QuietExit(status: .refused) }
    }

    /// The sizes of files that can be submitted.
    private func candidates() throws(UsageError) -> [String: Int64] {
        var out: [String: Int64] = [:]
        for name in try Files.names(in: path) where name.hasSuffix(".xml") || name.hasSuffix(".csv") {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            guard let size = attributes?[.size] as? NSNumber, !name.hasPrefix(".") else { continue }
            out[name] = size.int64Value
        }
        return out
    }

    private func isRefused(
        _ name: String, _ submit: (String, String) async throws -> SubmitOutcome
    ) async throws -> Bool {
        do {
            let outcome = try await submit("\(path)/\(name)", "\(path)/.receipts")
            try move(name, to: outcome.isRefused ? "refused" : "sent")
            outcome.show(output)
            return outcome.isRefused
        } catch let refusal as Refusal {
            try move(name, to: "refused")
            for finding in refusal.findings { Console.note("coalition: \(name): \(ErrorReport.line(finding))") }
            return true
        } catch ClientFailure.refused(let notice) where !notice.mayRetry {
            // The gateway took nothing and will not: the other files of the folder have their turn.
            try move(name, to: "refused")
            let failure = ClientFailure.refused(notice)
            Console.note("coalition: \(name): \(failure)")
            return true
        }
    }

    /// Moves a file and what was written about it.
    private func move(_ name: String, to folder: String) throws {
        let manager = FileManager.default
        var moves = [("\(path)/\(name)", "\(path)/\(folder)/\(name)")]
        for receipt in (try? Files.names(in: "\(path)/.receipts")) ?? [] where receipt.hasPrefix(name + ".") {
            moves.append(("\(path)/.receipts/\(receipt)", "\(path)/\(folder)/\(receipt)"))
        }
        for (from, to) in moves {
            if manager.fileExists(atPath: to) { try manager.removeItem(atPath: to) }
            try manager.moveItem(atPath: from, toPath: to)
        }
    }
}
