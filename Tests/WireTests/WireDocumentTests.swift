import Foundation
import Primitives
import Testing
import Wire

/// `Specs/wire.md` against the code: whoever writes a client from it must not be misled.
@Suite struct WireDocumentTests {
    private static let document: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("Specs/wire.md"), encoding: .utf8)) ?? ""
    }()

    private static let lines = document.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    /// The examples' bytes by name.
    private static let examples: [String: [UInt8]] = {
        var out: [String: [UInt8]] = [:]
        var name: String?
        for line in lines {
            if line.hasPrefix("```hex ") {
                name = String(line.dropFirst(7))
                out[String(line.dropFirst(7))] = []
            } else if line.hasPrefix("```") {
                name = nil
            } else if let name {
                let digits = line.prefix { $0 != "#" }.filter { $0 != " " }
                out[name]? += Hex.decode(digits) ?? []
            }
        }
        return out
    }()

    /// The cells of a table's rows below a heading.
    private static func table(_ heading: String) -> [[String]] {
        guard let start = lines.firstIndex(of: "## " + heading) else { return [] }
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        let rows = section.filter { $0.hasPrefix("|") }.dropFirst(2)
        return rows.map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static let cms: [UInt8] = [0x30, 3, 2, 1, 1]
    private static let abc = Array("abc".utf8)
    private static let digest =
        Digest32(hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") ?? .zero
    private static let batch = BatchNumber(series: .live, sequence: 412)

    private static func instant(_ text: String) -> Timestamp { Timestamp(text) ?? Timestamp(milliseconds: 0) }

    private static let clientExamples: [(String, UInt32, ClientMessage)] = [
        ("hello", 0, .hello(Hello(software: "example 1.0"))),
        ("client-ping", 0, .ping(7)),
        ("client-pong", 0, .pong(1)),
        (
            "upload-begin", 1,
            .request(
                .upload(
                    UploadBegin(
                        batch: batch, messageID: MessageID(unchecked: "MAR-412"), size: 3, digest: digest, format: .xml,
                        signature: cms)))
        ),
        ("upload-chunk", 1, .chunk(UploadChunk(offset: 0, bytes: abc))),
        ("upload-end", 1, .uploadEnd(UploadEnd(until: .received))),
        ("message", 3, .request(.message(SignedMessage(cms: cms)))),
        (
            "cancel", 5,
            .request(.cancel(CancelRequest(batch: BatchNumber(series: .live, sequence: 413), cms: cms)))
        ),
        ("wait", 7, .request(.wait(ReceiptWait(batch: batch, grade: .validated)))),
        ("abandon", 7, .abandon),
        (
            "list", 9,
            .request(.list(ListRequest(kind: .pending, since: instant("2026-03-01T00:00:00Z"), cursor: "c9")))
        ),
        ("fetch", 11, .request(.fetch(FetchRequest(id: DocumentID(unchecked: "S-1"))))),
        ("confirm", 13, .request(.confirm(FetchConfirm(id: DocumentID(unchecked: "S-1"), digest: digest)))),
        ("act", 15, .request(.act(OfficerAct(document: abc, signature: cms)))),
        ("countersign", 17, .request(.countersign(Countersignature(digest: digest, signature: cms)))),
        ("query", 19, .request(.query(Query(kind: QueryKind(unchecked: "help"))))),
        ("key-change", 21, .request(.keyChange(KeyChangeRequest(cms: cms, proof: cms)))),
    ]

    private static let gatewayExamples: [(String, UInt32, Bool, GatewayMessage)] = [
        (
            "hello-ack", 0, false,
            .helloAck(
                HelloAck(
                    software: "coalition 1.0", party: Party(role: .partner, name: "MARCHE"),
                    time: instant("2026-03-19T21:40:00Z"), nextCutOff: instant("2026-03-31T22:00:00Z"),
                    limits: WireLimits(), heartbeatSeconds: 30))
        ),
        ("gateway-pong", 0, false, .pong(7)),
        ("gateway-ping", 0, false, .ping(1)),
        ("upload-accept", 1, false, .uploadAccept(offset: 0)),
        ("progress", 1, false, .progress(durable: 3)),
        (
            "receipt", 1, false,
            .receipt(
                Receipt(
                    grade: .received, id: DocumentID(unchecked: "R-000412"), isCopy: false,
                    document: Array("<BatchReceipt/>".utf8), signature: cms, status: "ACCP"))
        ),
        ("done", 1, true, .done),
        ("answer", 3, true, .answer(SignedAnswer(cms: cms, isCopy: true))),
        ("listing", 9, true, .listing(Listing(json: Array("[]".utf8), next: "c10"))),
        (
            "document", 11, true,
            .document(
                DocumentPart(
                    id: DocumentID(unchecked: "S-1"), size: 3, digest: digest, offset: 0, bytes: abc, signature: cms))
        ),
        (
            "act-result", 15, true,
            .actResult(ActResult(digest: digest, state: .awaitingChecker, detail: "a checker's signature is missing"))
        ),
        ("error", 1, true, .error(ErrorNotice(.fil013, detail: "LIVE 412 was cancelled"))),
        ("goodbye", 0, false, .goodbye(Goodbye(.net003, detail: "the gateway shuts down", lastStream: 19))),
    ]

    @Test("every kind of frame has an example, and no example is left unchecked")
    func complete() {
        let checked = Self.clientExamples.map(\.0) + Self.gatewayExamples.map(\.0)
        #expect(Set(Self.examples.keys) == Set(checked))
        let kinds = Self.clientExamples.map(\.2.kind) + Self.gatewayExamples.map(\.3.kind)
        #expect(Set(kinds) == Set(FrameKind.allCases))
    }

    @Test("the client's examples are what the code writes and reads", arguments: clientExamples.map(\.0))
    func clients(name: String) throws {
        let (_, stream, message) = try #require(Self.clientExamples.first { $0.0 == name })
        let bytes = try #require(Self.examples[name])
        #expect(Hex.encode(bytes) == Hex.encode(FrameEncoder.encode(message.frame(stream: stream))))
        var decoder = FrameDecoder(of: .client, payloadLimit: WireLimits().clientPayloadBytes)
        decoder.append(bytes)
        let frame = try #require(try decoder.next())
        #expect(frame.stream == stream)
        #expect(try ClientMessage(frame) == message)
    }

    @Test("the gateway's examples are what the code writes and reads", arguments: gatewayExamples.map(\.0))
    func gateways(name: String) throws {
        let (_, stream, isLast, message) = try #require(Self.gatewayExamples.first { $0.0 == name })
        let bytes = try #require(Self.examples[name])
        #expect(Hex.encode(bytes) == Hex.encode(FrameEncoder.encode(message.frame(stream: stream, isLast: isLast))))
        var decoder = FrameDecoder(of: .gateway, payloadLimit: WireLimits().gatewayPayloadBytes)
        decoder.append(bytes)
        let frame = try #require(try decoder.next())
        #expect(frame.isLast == isLast)
        #expect(try GatewayMessage(frame) == message)
    }

    @Test("the table of kinds is the code's")
    func kinds() {
        let rows = Self.table("Kinds").map { "\($0[0]) \($0[1]) \($0[2])" }
        let code = FrameKind.allCases.map { kind in
            let number = "0x" + Hex.encode([kind.rawValue]).uppercased()
            return "\(number) \(kind) \(kind.sender)"
        }
        #expect(rows == code)
        let described = Set(Self.table("Fields").flatMap { $0[0].components(separatedBy: ", ") })
        #expect(described == Set(FrameKind.allCases.map(\.description)))
    }

    @Test("the table of limits is the code's")
    func limits() {
        let rows = Dictionary(uniqueKeysWithValues: Self.table("Limits").map { ($0[0], $0[1]) })
        let fields = Mirror(reflecting: WireLimits()).children
        #expect(fields.count == 8)
        for field in fields {
            #expect(rows[field.label ?? ""] == "\(field.value)", "\(field.label ?? "")")
        }
        #expect(rows["fields"] == "\(WireLimits.fields)")
    }

    @Test("the table of deadlines is the code's")
    func deadlines() {
        let rows = Self.table("Deadlines")
        let fields = Mirror(reflecting: ConnectionDeadlines()).children
        #expect(rows.map { $0[0] } == fields.map { $0.label ?? "" })
        for (row, field) in zip(rows, fields) {
            #expect((field.value as? Duration) == .seconds(Int(row[1]) ?? -1), "\(row[0])")
        }
    }

    @Test("the codes of the connection are in the catalogue")
    func codes() {
        let rows = Self.table("Codes of the connection").map { $0[0] }
        #expect(rows.count == 7)
        for code in rows { #expect(ReasonCode(code) != nil, "\(code)") }
    }

    @Test("limits that the fields' table states are the code's")
    func stated() {
        let text = Self.table("Fields").map { $0[1] }.joined(separator: "\n")
        for limit in [
            WireLimits.signatureBytes, WireLimits.receiptBytes, WireLimits.actBytes, WireLimits.listingBytes,
            WireLimits.argumentBytes, WireLimits.detailBytes,
        ] {
            #expect(text.contains("at most \(limit)"), "\(limit)")
        }
        #expect(Self.document.contains("at most \(WireLimits.textBytes) bytes unless stated"))
    }
}
