import Clearing
import Gateway
import House
import Journal
import Ledger
import Primitives
import ProgrammeModel
import Settlement
import Transport
import Wire

/// Answers questions about the house, each for the party that asks. Specs/wire.md lists them.
struct HouseQueries {
    let house: Clearinghouse
    let peer: Peer

    func answer(_ query: Query) async throws -> [UInt8] {
        switch query.kind.text {
        case "help": return HouseListings.json(Self.help)
        case "status": return try await status(query.arguments)
        case "position": return try await position()
        case "clock": return HouseListings.json(["now": await house.now.description])
        case "clock-advance": return try await advance(query.arguments)
        case "acts": return try await acts()
        case "keys": return HouseListings.json(await house.keyRows(for: try HouseSessions.reader(peer)))
        default: throw Refusal(.net005, value: query.kind.text, detail: "there is no such query")
        }
    }

    private static let help = [
        "status": "partners: what became of a file, named SERIES/SEQUENCE",
        "position": "partners: the position in the open window and the account",
        "clock": "everyone: the gateway's time", "clock-advance": "operators, test clock only: the instant, RFC 3339",
        "acts": "officers: acts that wait for a checker",
        "keys": "partners: the own keys with their times; officers and auditors: all keys",
    ]

    /// What became of a file, by `SERIES/SEQUENCE`.
    private func status(_ arguments: String) async throws -> [UInt8] {
        let parts = arguments.split(separator: "/")
        guard parts.count == 2, let series = Series(rawValue: String(parts[0])), let sequence = Int64(parts[1]) else {
            throw Refusal(.net005, value: arguments, detail: "a file is named SERIES/SEQUENCE")
        }
        let batch = BatchID(partner: try HouseSessions.partner(peer), series: series, sequence: sequence)
        let file = try await HouseReadings(house: house).file(batch)
        return HouseListings.json([
            "batch": file.batch, "digest": file.sha256 ?? "", "status": file.status, "window": file.window ?? "",
            "receipts": file.receipts.map(\.id).joined(separator: " "),
        ])
    }

    /// The partner's position in the open window, in points, and its account in money.
    private func position() async throws -> [UInt8] {
        let partner = try HouseSessions.partner(peer)
        let position = try await HouseReadings(house: house).position(of: partner)
        return HouseListings.json([
            "partner": partner.text, "window": position.window ?? "", "points": "\(position.points)",
            "closing": position.closing ?? "", "carried": position.carried ?? "",
        ])
    }

    private func advance(_ arguments: String) async throws -> [UInt8] {
        guard peer.party.role == .operator else { throw Refusal(.clk001, value: peer.party.description) }
        guard let instant = Timestamp(arguments) else {
            throw Refusal(.clk001, value: arguments, detail: "an instant is written in RFC 3339")
        }
        try await house.advanceClock(to: instant)
        return HouseListings.json(["now": await house.now.description])
    }

    private func acts() async throws -> [UInt8] {
        guard peer.party.role != .partner else { throw Refusal(.net005, value: "acts") }
        let pending = try await house.pendingActs().map { act in
            [
                "digest": act.digest.description, "maker": act.maker,
                "document": String(decoding: act.document, as: UTF8.self),
            ]
        }
        return HouseListings.json(pending)
    }
}
