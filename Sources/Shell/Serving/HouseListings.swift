import Clearing
import Foundation
import Gateway
import House
import Journal
import Primitives
import ProgrammeModel
import Wire

/// Lists what a party may see, as JSON rows. Specs/wire.md.
struct HouseListings {
    /// Rows of one page.
    static let pageRows = 1000

    let house: Clearinghouse
    let reader: PartnerID?

    /// How the reader is named in confirmations.
    let name: String

    /// A document as listings show it.
    struct DocumentRow: Encodable {
        var id: String
        var kind: String
        var issued: String
        var bytes: Int
        var sha256: String
        var signed = true
        var confirmed: Bool
    }

    /// A window as listings show it.
    struct WindowRow: Encodable {
        var id: String
        var state: String
        var opens: String
        var cutOff: String
    }

    /// The listing of a kind from a cursor on.
    func listing(_ request: ListRequest) async -> Listing {
        switch request.kind {
        case .windows: return Self.page(await windows(), cursor: request.cursor)
        case .receipts: return Self.page(await documents([.receipt], request.since), cursor: request.cursor)
        case .statements:
            return Self.page(await documents([.statement, .summary], request.since), cursor: request.cursor)
        case .pending:
            let all = await documents([.receipt, .statement, .summary], request.since)
            return Self.page(all.filter { !$0.confirmed }, cursor: request.cursor)
        }
    }

    private func windows() async -> [WindowRow] {
        let state = await house.state
        let now = await house.now
        return (state.programme?.windows ?? []).filter { $0.open <= now }.map { window in
            WindowRow(
                id: window.id.text, state: state.windows.status(of: window, at: now).rawValue,
                opens: window.open.description, cutOff: window.cutoff.description)
        }
    }

    private func documents(_ kinds: Set<IssuedRecord.Kind>, _ since: Timestamp?) async -> [DocumentRow] {
        let register = await house.state.documents
        return register.all.filter { record in
            kinds.contains(record.kind) && (reader == nil || record.partner == reader)
                && since.map { record.issued >= $0 } ?? true
        }.map { record in
            DocumentRow(
                id: record.name, kind: record.kind.rawValue, issued: record.issued.description, bytes: record.length,
                sha256: record.digest.description, confirmed: register.isConfirmed(record.name, by: name))
        }
    }

    /// A page of rows: the cursor is the number of rows before it.
    static func page(_ rows: [some Encodable], cursor: String?) -> Listing {
        let start = min(max(cursor.flatMap { Int($0) } ?? 0, 0), rows.count)
        let end = min(start + pageRows, rows.count)
        return Listing(json: json(Array(rows[start..<end])), next: end < rows.count ? "\(end)" : nil)
    }

    /// JSON with sorted members.
    static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts always encode") }
        return Array(data)
    }
}
