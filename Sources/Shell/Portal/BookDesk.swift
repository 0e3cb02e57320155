import Gateway
import House
import Primitives
import ProgrammeModel
import Serving
import Transport
import Wire

/// Who is connected, positions, agreements, keys, and what an id stands for. `Specs/api.md`, "Books".
struct BookDesk {
    let desk: Desk

    private struct Me: Encodable {
        var name: String
        var roles: [String]
        var fingerprint: String
        var now: String
        var nextCutOff: String?
        var software: String
    }

    private struct Page<Row: Encodable>: Encodable {
        var items: [Row]
        var next: String?
    }

    /// Who is connected.
    func me(_ call: Call) async throws -> Answer {
        let welcome = try await desk.sessions.welcome(call.peer, Hello(software: "HTTPS"))
        return .json(
            Me(
                name: call.peer.party.name, roles: call.roles.sorted().map(\.rawValue),
                fingerprint: call.peer.identity.fingerprint.description, now: welcome.time.description,
                nextCutOff: welcome.nextCutOff?.description, software: welcome.software))
    }

    /// The API's own description.
    func description(_ call: Call) -> Answer { .bytes(PackageResources.openapi_yaml, "application/yaml") }

    /// Keys with their times.
    func keys(_ call: Call) async throws -> Answer {
        let source = try await desk.sessions.query(Query(kind: QueryKind(unchecked: "keys")), from: call.peer)
        let rows = try await source.read(at: 0, count: Int(source.size))
        return .bytes(Array("{\"items\":".utf8) + rows + Array(",\"next\":null}".utf8), "application/json")
    }

    /// What an id stands for.
    func status(_ call: Call) async throws -> Answer {
        guard let id = call.query("id"), !id.isEmpty else {
            throw Refusal(.api001, at: .whole.field("id"), detail: "name the id in the query")
        }
        let partner = try await desk.sessions.subject(call.query("partner"), "status", for: call.peer)
        return .json(try await desk.readings.status(id, of: partner))
    }

    // MARK: Positions

    /// Positions of whom the asker may see.
    func positions(_ call: Call) async throws -> Answer {
        if let reader = try HouseSessions.reader(call.peer) {
            return .json(Page(items: [try await desk.readings.position(of: reader)]))
        }
        try await desk.sessions.noteReading("positions", by: call.peer)
        return .json(Page(items: await desk.readings.positions()))
    }

    /// One partner's position.
    func position(_ call: Call) async throws -> Answer {
        let partner = try await desk.sessions.subject(call.parameter("partner"), "position", for: call.peer)
        return .json(try await desk.readings.position(of: partner))
    }

    // MARK: Agreements

    /// An agreement as it stands on a date.
    private struct Terms: Encodable {
        var partner: String
        var legalName: String
        var status: String
        var on: String
        var programmeVersion: Int
        var settlementCurrency: String
        var terms: String?
        var roles: [String]
        var graceDays: Int?
        var minimumSettlement: String?
        var ratios: [Rate]
        var prices: [Rate]
        var fees: [Rate]
    }

    /// One version of a ratio, price or fee.
    private struct Rate: Encodable {
        var id: String
        var kind: String
        /// What it says, in words: `8 MKP = 5 SML`, `0.00575 EUR`.
        var value: String
        var from: String
        var to: String?
    }

    /// An agreement on a date; today where none is named.
    func agreement(_ call: Call) async throws -> Answer {
        let partner = try await desk.sessions.subject(call.parameter("partner"), "agreement", for: call.peer)
        let state = await desk.sessions.house.state
        guard let programme = state.programme, let agreement = programme.agreement(partner) else {
            throw Refusal(.net005, value: partner.text)
        }
        let now = await desk.sessions.house.now
        let text = call.query("on") ?? programme.zone(of: partner).date(at: now).description
        guard let day = BusinessDate(text) else {
            throw Refusal(.api001, at: .whole.field("on"), value: text, detail: "a date, YYYY-MM-DD")
        }
        let terms = agreement.terms(on: day)
        return .json(
            Terms(
                partner: partner.text, legalName: agreement.legalName, status: agreement.status.rawValue,
                on: day.description, programmeVersion: state.programmes.count,
                settlementCurrency: agreement.settlementCurrency.description, terms: terms?.id.text,
                roles: terms?.roles.map(\.rawValue) ?? [], graceDays: terms?.graceDays,
                minimumSettlement: terms?.minimumSettlement.description,
                ratios: agreement.ratios.filter { $0.validity.contains(day) }.map {
                    let value = "\($0.fromUnits) \($0.from) = \($0.toUnits) \($0.to)"
                    return Self.rate($0.id, $0.purpose.rawValue, value, $0.validity)
                },
                prices: agreement.prices.filter { $0.validity.contains(day) }.map {
                    Self.rate($0.id, $0.kind.rawValue, "\($0.price) \($0.currency)", $0.validity)
                },
                fees: agreement.fees.filter { $0.validity.contains(day) }.map {
                    Self.rate($0.id, $0.kind.rawValue, "\($0.amount) \($0.currency)", $0.validity)
                }))
    }

    private static func rate(_ id: VersionID, _ kind: String, _ value: String, _ validity: DateSpan) -> Rate {
        Rate(
            id: id.text, kind: kind, value: value, from: validity.from.description,
            to: validity.to == .distantFuture ? nil : validity.to.description)
    }
}
