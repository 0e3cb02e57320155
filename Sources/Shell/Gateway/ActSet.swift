import Clearing
import FileStore
import House
import Journal
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement

/// Acts that are carried out together or not at all: what one file of a bank comes to. Each stays an act of its own,
/// with its own document and signatures, so that evidence for a partner shows no other's.
/// Specs/decisions/0019-documents-from-the-signed-xml.md has why.
struct ActSet: Hashable {
    /// The set's name.
    let name: String
    /// How many acts it has.
    let count: Int

    /// The set that a document names; nil for none.
    ///
    /// - Throws: `Refusal` with ACT-003 when it is not written `NAME/COUNT`, or the act cannot be in a set.
    init?(of document: ActDocument) throws(Refusal) {
        guard let text = document.set else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...48).contains(parts[0].utf8.count), let count = Int(parts[1]),
            (1...Self.largest).contains(count)
        else {
            throw Refusal(.act003, at: .whole.field("set"), value: text, detail: "a set is written NAME/COUNT")
        }
        guard ["confirm", "return"].contains(document.act) else {
            throw Refusal(
                .act003, at: .whole.field("set"), value: document.act, detail: "only confirm and return form sets")
        }
        (name, self.count) = (String(parts[0]), count)
    }

    /// The most acts of a set.
    static let largest = 500
}

extension Clearinghouse {
    /// An act of a set with its signatures, as it waits.
    private struct Member {
        let digest: Digest32
        let document: [UInt8]
        let content: ActDocument
        let maker: [UInt8]
        let checker: [UInt8]
    }

    /// Keeps a checker's signature under one act of a set, and carries all of them out when it is the last.
    ///
    /// - Returns: the fact of this act; nil while others wait for their checker.
    /// - Throws: `Refusal` with the code of the first act that cannot be carried out: then none is; `Fault` when a fact
    ///   cannot be made durable.
    func countersign(_ digest: Digest32, _ signature: [UInt8], of set: ActSet, at now: Timestamp) throws -> UInt64? {
        try parts.directory.pendingActs.write("\(digest).checker.p7s", signature)
        let members = try members(of: set)
        guard members.count == set.count else { return nil }
        var book = house.instructions
        var facts: [(fact: Fact, attachments: [Attachment])] = []
        for member in members {
            let step = try member.content.settlementStep { book[$0]?.instruction.amount.currency }
            guard let step else { throw Refusal(.act003, value: member.content.act) }
            if let obstacle = book.obstacle(to: step, isClosing: !house.windows.waiting.isEmpty) { throw obstacle }
            _ = book.take(step)
            let maker = try officer(member.maker, over: member.document, role: .maker, at: now)
            let checker = try officer(member.checker, over: member.document, role: .checker, at: now)
            guard maker.officer.fingerprint != checker.officer.fingerprint, maker.officer.name != checker.officer.name
            else { throw Refusal(.act002, value: maker.officer.name) }
            facts.append(
                carriedOut(.settlement(step), member.document, (maker, member.maker), (checker, member.checker)))
        }
        try commit(facts, at: now)
        for member in members {
            for suffix in ["json", "maker.p7s", "checker.p7s"] {
                try parts.directory.pendingActs.remove("\(member.digest).\(suffix)")
            }
        }
        try advanceCalendar(to: self.now)
        return house.acts[digest]
    }

    /// The acts of a set that both officers have signed, in the order of their references.
    private func members(of set: ActSet) throws -> [Member] {
        let store = parts.directory.pendingActs
        var found: [Member] = []
        for name in try store.names() where name.hasSuffix(".json") {
            guard let digest = Digest32(hex: String(name.dropLast(5))), let document = try store.read(name),
                let content = try? ActDocument(document), try ActSet(of: content) == set,
                let maker = try store.read("\(digest).maker.p7s"),
                let checker = try store.read("\(digest).checker.p7s")
            else { continue }
            found.append(
                Member(digest: digest, document: document, content: content, maker: maker, checker: checker))
        }
        return found.sorted { a, b in
            let (first, second) = (a.content.reference, b.content.reference)
            return (first.utf8.count, first) < (second.utf8.count, second)
        }
    }
}
