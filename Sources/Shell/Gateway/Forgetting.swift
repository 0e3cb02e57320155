import House
import Journal
import Ledger
import Primitives

extension ActJudgement {
    /// What a `forget` act would close. Rule: Forgetting a member (Specs/rules.md).
    ///
    /// - Throws: `Refusal` with ACT-003 for the document, ACT-004 when something that it names is not there or not
    ///   judged, ACT-005 when it is closed or erased.
    func forgetting(_ document: ActDocument) throws(Refusal) -> Forgetting {
        let reason = try document.text("reason", document.reason)
        for (name, text) in [("reason", reason), ("reference", document.reference)] where Self.namesMember(text) {
            throw Refusal(.act003, at: .whole.field(name), detail: "the log would keep the member's number")
        }
        let files = try document.names("files", document.files) { ActDocument.batch($0) }
        let messages = try document.names("messages", document.messages) { ActDocument.message($0) }
        let partners = Set(files.map(\.partner) + messages.map(\.partner))
        guard let partner = partners.first, partners.count == 1 else {
            let detail = partners.isEmpty ? "an act names files or messages" : "an act is about one partner's"
            throw Refusal(.act003, at: .whole.field("files"), detail: detail)
        }
        guard files.count + messages.count <= Limits.namesPerForgetting else {
            let detail = "an act names at most \(Limits.namesPerForgetting) files and messages"
            throw Refusal(.act003, at: .whole.field("files"), detail: detail)
        }
        var digests: Set<Digest32> = []
        for batch in files { digests.formUnion(try open(batch)) }
        // The same bytes may have come under other numbers: they are one original, and are closed together.
        var received: [UInt64] = []
        for (batch, attempt) in arrivals(of: digests) where house.withheld(attempt) == nil {
            try requireJudged(batch, attempt)
            if let sequence = attempt.arrival { received.append(sequence) }
        }
        for message in messages { received.append(try open(message)) }
        return Forgetting(
            partner: partner, files: files.sorted(), messages: messages.map(\.id).sorted(), reason: reason,
            originals: digests.sorted(), received: received.sorted())
    }

    /// The originals under a file's number that are open.
    private func open(_ batch: BatchID) throws(Refusal) -> [Digest32] {
        let attempts = house.files.history(batch)?.attempts ?? []
        guard !attempts.isEmpty else {
            throw Refusal(.act004, value: batch.description, detail: "no file came under this number")
        }
        let open = attempts.filter { house.withheld($0) == nil }
        guard !open.isEmpty else {
            throw Refusal(.act005, value: batch.description, detail: "the file is closed or erased")
        }
        for attempt in open { try requireJudged(batch, attempt) }
        return open.map(\.digest)
    }

    /// Requires that nothing has to be read from an arrival for its judgement any more.
    private func requireJudged(_ batch: BatchID, _ attempt: FileAttempt) throws(Refusal) {
        guard attempt.decided != nil || house.files.history(batch)?.cancelled != nil else {
            throw Refusal(.act004, value: batch.description, detail: "the file is not judged yet")
        }
    }

    /// The fact that answered a message that is open.
    private func open(_ message: ActDocument.MessageName) throws(Refusal) -> UInt64 {
        let answered: AnsweredMessage?
        do throws(Fault) {
            answered = try house.messages.find(message.id, of: message.partner, in: history)
        } catch {
            throw Refusal(.act004, value: message.description, detail: "its fact cannot be read: \(error)")
        }
        guard let answered else {
            throw Refusal(.act004, value: message.description, detail: "no such message was answered")
        }
        guard house.withheld(batch: answered.sequence) == nil else {
            throw Refusal(.act005, value: message.description, detail: "the message is closed")
        }
        return answered.sequence
    }

    /// Whether the digits of some text can be read as a member's number.
    private static func namesMember(_ text: String) -> Bool {
        text.split { !$0.isASCII || !$0.isNumber }.contains { MemberNumber(String($0)) != nil }
    }
}

extension ActCarriedOut.Act {
    /// Whether readers no longer get what is read from the originals that it names.
    var withholds: Bool {
        switch self {
        case .erasure, .forgetting: true
        default: false
        }
    }
}

extension ActDocument {
    /// A message as an act names it.
    struct MessageName: Hashable, CustomStringConvertible {
        let partner: PartnerID
        let id: MessageID

        var description: String { "\(partner)/\(id)" }
    }

    /// The message of a name `PARTNER/MESSAGE-ID`; an id may have slashes of its own.
    static func message(_ text: String) -> MessageName? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let partner = try? PartnerID(parts[0]), let id = try? MessageID(parts[1]) else {
            return nil
        }
        return MessageName(partner: partner, id: id)
    }

    /// The names of a list, each once; none where the list is not given.
    func names<Name: Hashable>(
        _ field: String, _ list: [String]?, _ parse: (String) -> Name?
    ) throws(Refusal) -> [Name] {
        var out: [Name] = []
        var known: Set<Name> = []
        for text in list ?? [] {
            let name = try value(field, text, parse)
            guard known.insert(name).inserted else {
                throw Refusal(.act003, at: .whole.field(field), value: text, detail: "it is named twice")
            }
            out.append(name)
        }
        return out
    }
}
