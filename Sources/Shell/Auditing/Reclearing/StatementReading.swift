import Evidence
import Foundation
import Journal
import OpenSSLKit
import Primitives
import Statements
import XMLKit

/// What a verification reads of a statement's XML.
struct StatementReading {
    let name: String
    let root: XMLKit.XMLElement
    let digest: Digest32

    init?(_ name: String, _ bundle: Bundle) throws {
        guard let place = bundle.file[name], let bytes = try bundle.file.small(name) else { return nil }
        var limits = XMLLimits()
        limits.textBytes = 1 << 20
        guard let root = try? XMLDocument.parse(bytes, maximumBytes: 64 << 20, limits: limits) else { return nil }
        self.name = name
        self.root = root
        digest = place.digest
    }

    var id: String { root.text("StatementId") ?? root.text("SummaryId") ?? "" }
    var number: Int { Int(root.text("StatementSequenceNumber") ?? "") ?? 0 }
    var evidence: XMLKit.XMLElement? { root.child("Evidence") }

    /// The checkpoint just before the close.
    var checkpoint: StatementCheckpoint? {
        guard let element = evidence?.child("Checkpoint") else { return nil }
        return try? StatementCheckpoint(note: element.text)
    }

    /// Whether the attributes of the checkpoint say what its note says.
    var isCheckpointConsistent: Bool {
        guard let element = evidence?.child("Checkpoint"), let checkpoint else { return false }
        return element.attribute("origin") == checkpoint.origin && element.attribute("size") == "\(checkpoint.size)"
            && element.attribute("root") == checkpoint.root.description
    }

    /// The statement before, as this one names it.
    var previous: StatementEvidence.Previous? {
        guard let element = evidence?.child("PreviousStatement"), let id = element.attribute("id"),
            let digest = Digest32(hex: element.text)
        else { return nil }
        return StatementEvidence.Previous(id: id, digest: digest)
    }

    /// The completeness list; nil when it is not there.
    var completeness: Completeness? {
        guard let evidence, let files = evidence.child("Files") else { return nil }
        func number(_ element: XMLKit.XMLElement?, _ name: String) -> Int64 {
            Int64(element?.attribute(name) ?? "") ?? -1
        }
        var out = Completeness()
        out.through = number(files, "through")
        out.received = number(files, "received")
        out.accepted = number(files, "accepted")
        out.partlyAccepted = number(files, "partlyAccepted")
        out.refused = number(files, "refused")
        out.refusedAtDoor = number(files, "refusedAtDoor")
        out.replaced = number(files, "replaced")
        out.withdrawn = number(files, "withdrawn")
        out.undecided = number(files, "undecided")
        out.missing = evidence.children("MissingSequence").map {
            SequenceGap(from: number($0, "from"), to: number($0, "to"))
        }
        out.arrivals = evidence.children("File").map { element in
            Completeness.Arrival(
                sequence: number(element, "sequence"), fact: UInt64(element.attribute("fact") ?? "") ?? 0,
                digest: Digest32(hex: element.text) ?? .zero, status: element.attribute("status") ?? "",
                receipts: (element.attribute("receipts") ?? "").split(separator: " ").map(String.init))
        }
        let messages = evidence.child("Messages")
        out.messages.accepted = number(messages, "accepted")
        out.messages.refused = number(messages, "refused")
        out.messages.duplicate = number(messages, "duplicate")
        out.receipts = number(evidence.child("Receipts"), "issued")
        out.statements = Int(number(evidence.child("Statements"), "issued"))
        return out
    }
}
