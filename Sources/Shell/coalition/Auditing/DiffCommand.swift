import ArgumentParser
import Evidence
import FileStore
import Gateway
import House
import Inquiry
import Journal
import OpenSSLKit
import Primitives
import Transparency

/// What has happened since an auditor's last visit, and the proof that nothing before it changed.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what happened since a checkpoint, and prove that nothing before it changed.",
        discussion: """
            CHECKPOINT is the signed note that an auditor kept from the last visit: checkpoint.note of a bundle, or the \
            checkpoint of a statement. Its signature is verified by the pins; the root at its size and at the newest \
            checkpoint is computed anew from the facts' bytes; a consistency proof from one to the other is made and \
            verified, and written with --out for those who do not have the log (Specs/evidence.md, The auditor's next \
            visit).

            Exit status 3: the log does not begin with what the checkpoint states. It was rewritten, or it is another log.

            EXAMPLES
              coalition audit diff checkpoint.note --trust pins.pem --data house
              coalition audit diff checkpoint.note --trust pins.pem --out proof.txt --data house
            """)

    @Argument(help: "The signed checkpoint of the last visit.")
    var checkpoint: String

    @Option(help: ArgumentHelp("The pins file with the log's key.", valueName: "file"))
    var trust: String

    @Option(help: ArgumentHelp("A file for the proof; it must not exist.", valueName: "file"))
    var out: String?

    @OptionGroup var place: DataOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let pins: PinsFile
        do {
            pins = try PinsFile(reading: try Files.read(trust))
        } catch let error as UsageError {
            throw error
        } catch {
            throw UsageError("\(trust) is no pins file: \(error)")
        }
        let old = try read(try Files.read(checkpoint), checkpoint, pins)
        let reader = try place.reader()
        let new = try newest(reader, old, pins)
        try compare(reader, old, new)
        let proof = try proof(reader, old, new)
        if let out {
            let file = try NewFile(out)
            do {
                try file.write(proof.bytes[...])
                try file.finish()
            } catch {
                file.discard()
                throw error
            }
        }
        var report = Report()
        report.add("last visit", "\(old.checkpoint.size) facts, root \(Base64.encode(old.checkpoint.root.bytes))")
        report.add(
            "newest checkpoint", "\(new.checkpoint.size) facts, root \(Base64.encode(new.checkpoint.root.bytes))")
        report.add("log", old.checkpoint.origin)
        report.add("proved", "the first \(old.checkpoint.size) facts are as they were; \(proof.hashes.count) hashes")
        report.add("proof", out)
        try LogChanges(reader, after: old.checkpoint.size).add(to: &report)
        let last = reader.log.lastSequence
        if last > new.checkpoint.size {
            report.add("not under a checkpoint yet", "facts \(new.checkpoint.size + 1) to \(last)", key: "notCovered")
        }
        output.show(report)
    }

    /// A checkpoint whose signature is by a pinned key.
    private struct Signed {
        let note: SignedNote
        let checkpoint: Checkpoint
    }

    private func read(_ bytes: [UInt8], _ name: String, _ pins: PinsFile) throws -> Signed {
        do {
            let note = try SignedNote(parsing: bytes)
            let signers = try note.signers(among: pins.logKeys) { signature, message, key in
                (try? Ed25519PublicKey(bytes: key))?.isValid(signature: signature, over: message) ?? false
            }
            let checkpoint = try Checkpoint(parsing: note.text)
            guard signers.contains(where: { $0.name == checkpoint.origin }) else {
                throw VerificationFailure(
                    damage: "\(name) is signed by a pinned key, but not by that of the log \(checkpoint.origin)",
                    action: Self.advice)
            }
            return Signed(note: note, checkpoint: checkpoint)
        } catch let error as NoteError {
            throw VerificationFailure(
                damage: "\(name): \(error)", action: "compare it with what you kept, and the pins")
        }
    }

    private static let advice = "show both checkpoints to the host and to the other partners"

    private func newest(_ reader: HouseReader, _ old: Signed, _ pins: PinsFile) throws -> Signed {
        guard let last = reader.house.evidence.all.last else {
            throw Refusal(.act004, detail: "the log has no checkpoint yet")
        }
        let note = try reader.log.attachment("checkpoint.note", of: last.sequence)
        let new = try read(note, "the log's newest checkpoint, fact \(last.sequence)", pins)
        guard new.checkpoint.origin == old.checkpoint.origin else {
            throw VerificationFailure(
                damage: "this is another log: its name is \(new.checkpoint.origin), the checkpoint's is "
                    + old.checkpoint.origin, action: Self.advice)
        }
        guard old.checkpoint.size <= reader.log.lastSequence else {
            throw VerificationFailure(
                damage: "the log has \(reader.log.lastSequence) facts, and at the last visit it had "
                    + "\(old.checkpoint.size): its end is missing, or this is another log", action: Self.advice)
        }
        guard old.checkpoint.size <= new.checkpoint.size else {
            throw Refusal(
                .act004, value: "\(old.checkpoint.size)", detail: "the log has no checkpoint after this one yet")
        }
        return new
    }

    /// Computes the roots at both sizes from the facts' bytes, whatever is kept beside them.
    private func compare(_ reader: HouseReader, _ old: Signed, _ new: Signed) throws {
        let hashing = OpenSSLTreeHashing()
        var frontier = TreeFrontier()
        func expect(_ signed: Signed, _ what: String) throws {
            guard frontier.size == signed.checkpoint.size, frontier.root(hashing) != signed.checkpoint.root else {
                return
            }
            throw VerificationFailure(
                damage: "the first \(signed.checkpoint.size) facts of the log are not those of \(what): the log was "
                    + "rewritten since, or this is another log", action: Self.advice)
        }
        try expect(old, "the checkpoint of the last visit")
        for sequence in 1...max(1, new.checkpoint.size) where sequence <= new.checkpoint.size {
            frontier.append(HashChain.leaf(try reader.log.rawFact(sequence)[...]) { SHA256.digest($0) }, hashing)
            try expect(old, "the checkpoint of the last visit")
            try expect(new, "the log's own newest checkpoint")
        }
    }

    private func proof(_ reader: HouseReader, _ old: Signed, _ new: Signed) throws -> GrowthProof {
        let hashes = try reader.log.consistencyProof(from: old.checkpoint.size, to: new.checkpoint.size)
        let proof = try GrowthProof(
            size: old.checkpoint.size, root: old.checkpoint.root, hashes: hashes, note: new.note)
        guard proof.isValid(OpenSSLTreeHashing()) else {
            throw Fault("the hashes in derived/tree do not give the proof: remove that folder, it is made again")
        }
        return proof
    }
}
