import HTTPTypes
import Primitives
import Serving
import Transport
import Wire

/// Officers' acts: a maker raises one by a signed document, a checker countersigns it. `Specs/api.md`, "Acts".
///
/// Who may raise and who may countersign, and that they are two people, is judged by the signatures
/// (`Clearinghouse.countersign`); the roles of the connection only open the door.
struct ActDesk {
    let desk: Desk

    private struct Outcome: Encodable {
        var digest: String
        var state: String
        var detail: String

        init(_ result: ActResult) {
            (digest, state, detail) = (result.digest.description, result.state.rawValue, result.detail)
        }
    }

    /// Acts that wait for a checker.
    func pending(_ call: Call) async throws -> Answer {
        let source = try await desk.sessions.query(Query(kind: QueryKind(unchecked: "acts")), from: call.peer)
        let rows = try await source.read(at: 0, count: Int(source.size))
        return .bytes(Array("{\"items\":".utf8) + rows + Array(",\"next\":null}".utf8), "application/json")
    }

    /// Takes an act from its maker.
    @concurrent
    func propose(_ call: Call) async throws -> Answer {
        let signature = try call.signature()
        let document = try await desk.body(of: call)
        let result = try await desk.sessions.act(
            OfficerAct(document: document, signature: signature), from: call.peer)
        var answer = Answer.json(Outcome(result), result.state == .done ? .ok : .accepted)
        answer.headers[.location] = "/v1/acts/\(result.digest)/countersignature"
        return answer
    }

    /// Carries out an act of another officer.
    @concurrent
    func countersign(_ call: Call) async throws -> Answer {
        guard let digest = Digest32(hex: call.parameter("digest")) else { throw Refusal(.net005) }
        let signature = try await desk.body(of: call)
        let result = try await desk.sessions.countersign(
            Countersignature(digest: digest, signature: signature), from: call.peer)
        return .json(Outcome(result))
    }
}
