import Primitives
import Wire

/// Conversations of both sides, whole and in parts.
enum WireSeeds {
    static let ack = HelloAck(
        software: "gateway", party: Party(role: .partner, name: "RAILCO"), time: Timestamp(milliseconds: 0),
        nextCutOff: Timestamp(milliseconds: 86_400_000), limits: WireLimits(), heartbeatSeconds: 30)

    static let receipt = Receipt(
        grade: .received, id: DocumentID(unchecked: "RCP-1"), isCopy: false, document: [0x7B, 0x7D], signature: [0x30],
        status: "ACCP")

    private static let digest = Digest32.zero

    private static func upload(_ sequence: Int64, size: Int64 = 10) -> Request {
        .upload(
            UploadBegin(
                batch: BatchNumber(series: .live, sequence: sequence), messageID: MessageID(unchecked: "M-1"),
                size: size, digest: digest, format: .xml, signature: [0x30, 0x00]))
    }

    /// One request of each kind.
    static let requests: [Request] = [
        upload(2), .cancel(CancelRequest(batch: BatchNumber(series: .test, sequence: 7), cms: [0x30])),
        .message(SignedMessage(cms: [0x30, 0x80, 0x00, 0x00])),
        .wait(ReceiptWait(batch: BatchNumber(series: .live, sequence: 2), grade: .validated)),
        .list(ListRequest(kind: .pending, since: Timestamp(milliseconds: 1000), cursor: "next")),
        .fetch(FetchRequest(id: DocumentID(unchecked: "STM-1"), offset: 0)),
        .confirm(FetchConfirm(id: DocumentID(unchecked: "STM-1"), digest: digest)),
        .act(OfficerAct(document: [0x7B], signature: [0x30])),
        .countersign(Countersignature(digest: digest, signature: [0x30])),
        .query(Query(kind: QueryKind(unchecked: "status"), arguments: "id=1\nwindow=W")),
        .keyChange(KeyChangeRequest(cms: [0x30, 0x00], proof: [0x30])),
    ]

    private static let replies: [GatewayMessage] = [
        .uploadAccept(offset: 5), .progress(durable: 10), .receipt(receipt),
        .answer(SignedAnswer(cms: [0x30], isCopy: true)),
        .listing(Listing(json: [0x5B, 0x5D], next: "next")),
        .document(
            DocumentPart(
                id: DocumentID(unchecked: "STM-1"), size: 2, digest: digest, offset: 0, bytes: [1, 2],
                signature: [0x30])),
        .actResult(ActResult(digest: digest, state: .awaitingChecker, detail: "waits")), .done,
        .error(ErrorNotice(.net005, detail: "nothing there")),
    ]

    static func all() -> [Seed] {
        let hello = ClientMessage.hello(Hello(software: "client")).frame(stream: 0)
        var out: [Seed] = []
        var whole = [hello]
        for (index, request) in requests.enumerated() {
            let frame = ClientMessage.request(request).frame(stream: UInt32(2 * index + 1))
            out.append(seed("client-\(request.kind)", [hello, frame]))
            whole.append(frame)
        }
        out.append(seed("client-all", whole))
        for (name, sequence) in [("whole", Int64(2)), ("resumed", 1), ("unanswered", 3)] {
            let start: Int64 = sequence % 2 == 0 ? 0 : 5
            let chunk = UploadChunk(offset: start, bytes: [UInt8](repeating: 7, count: Int(10 - start)))
            out.append(
                seed(
                    "client-upload-\(name)",
                    [
                        hello, ClientMessage.request(upload(sequence)).frame(stream: 1),
                        ClientMessage.chunk(chunk).frame(stream: 1),
                        ClientMessage.uploadEnd(UploadEnd(until: .cleared)).frame(stream: 1),
                        ClientMessage.abandon.frame(stream: 1), ClientMessage.ping(7).frame(stream: 0),
                    ]))
        }
        for (name, offset) in [("gap", Int64(4)), ("again", 0)] {
            let chunks = [0, offset].map {
                ClientMessage.chunk(UploadChunk(offset: $0, bytes: [7, 7])).frame(stream: 1)
            }
            let begin = ClientMessage.request(upload(2)).frame(stream: 1)
            out.append(seed("client-upload-\(name)", [hello, begin] + chunks))
        }
        let drained = [
            hello, ClientMessage.request(requests[3]).frame(stream: 3), ClientMessage.ping(7).frame(stream: 0),
        ]
        out.append(seed("client-drained", drained + [ClientMessage.request(requests[4]).frame(stream: 5)]))
        let beat = [hello, ClientMessage.ping(9).frame(stream: 0), ClientMessage.pong(9).frame(stream: 0)]
        out.append(seed("client-heartbeat", beat))
        return out + gateway()
    }

    private static func gateway() -> [Seed] {
        let greeting = GatewayMessage.helloAck(ack).frame(stream: 0)
        var out: [Seed] = []
        for reply in replies {
            for stream in stride(from: UInt32(1), through: 19, by: 6) {
                let frame = reply.frame(stream: stream, isLast: reply.kind != .uploadAccept)
                out.append(seed("gateway-\(reply.kind)-\(stream)", [greeting, frame]))
            }
        }
        let end = GatewayMessage.goodbye(Goodbye(.net003, detail: "restart", lastStream: 19)).frame(stream: 0)
        let upload = [
            replies[0].frame(stream: 1), replies[1].frame(stream: 1), replies[2].frame(stream: 1, isLast: true),
        ]
        out.append(seed("gateway-upload", [greeting] + upload + [end]))
        let signs = [GatewayMessage.ping(1).frame(stream: 0), GatewayMessage.pong(2).frame(stream: 0)]
        out.append(seed("gateway-signs", [greeting] + signs))
        let refusal = GatewayMessage.error(ErrorNotice(.net005, detail: "no", isFatal: true)).frame(stream: 0)
        out.append(seed("gateway-refused", [refusal]))
        return out
    }

    private static func seed(_ name: String, _ frames: [Frame]) -> Seed {
        Seed(name: name, bytes: frames.flatMap(FrameEncoder.encode))
    }
}
