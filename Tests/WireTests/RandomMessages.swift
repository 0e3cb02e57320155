import Primitives
import Wire

/// Random values of every message, within the protocol's limits.
struct RandomMessages {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        let count = Int.random(in: range, using: &random)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    mutating func number() -> Int64 {
        Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 0...60, using: &random)
    }

    mutating func text(_ range: ClosedRange<Int> = 0...60) -> String {
        let letters = Array("abcXYZ019 =é€-_/:\n\t")
        let count = Int.random(in: range, using: &random)
        return String((0..<count).map { _ in letters.randomElement(using: &random) ?? "x" })
    }

    mutating func word(_ alphabet: String, _ range: ClosedRange<Int>) -> String {
        let letters = Array(alphabet)
        let count = Int.random(in: range, using: &random)
        return String((0..<count).map { _ in letters.randomElement(using: &random) ?? "x" })
    }

    mutating func pick<T>(_ values: [T]) -> T {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    mutating func flip() -> Bool { Bool.random(using: &random) }

    mutating func digest() -> Digest32 { Digest32(bytes: bytes(32...32)) ?? .zero }

    mutating func documentID() -> DocumentID { DocumentID(unchecked: word("ABCxyz0189._:-", 1...128)) }

    mutating func instant() -> Timestamp {
        Timestamp(milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random))
    }

    mutating func batch() -> BatchNumber {
        BatchNumber(series: pick(Series.allCases), sequence: max(1, number()))
    }

    mutating func uploadBegin() -> UploadBegin {
        UploadBegin(
            batch: batch(), messageID: flip() ? MessageID(unchecked: word("ABCxyz019-.", 1...35)) : nil,
            size: Int64.random(in: 1...(4 << 30), using: &random), digest: digest(), format: pick(BatchFormat.allCases),
            signature: bytes(1...200))
    }

    mutating func request() -> Request {
        switch Int.random(in: 0..<11, using: &random) {
        case 0: .upload(uploadBegin())
        case 1: .cancel(CancelRequest(batch: batch(), cms: bytes(1...99)))
        case 2: .message(SignedMessage(cms: bytes(1...300)))
        case 3: .wait(ReceiptWait(batch: batch(), grade: pick(ReceiptGrade.allCases)))
        case 4:
            .list(
                ListRequest(
                    kind: pick(ListKind.allCases), since: flip() ? instant() : nil, cursor: flip() ? text() : nil))
        case 5: .fetch(FetchRequest(id: documentID(), offset: number()))
        case 6: .confirm(FetchConfirm(id: documentID(), digest: digest()))
        case 7: .act(OfficerAct(document: bytes(1...400), signature: bytes(1...99)))
        case 8: .countersign(Countersignature(digest: digest(), signature: bytes(1...99)))
        case 9: .keyChange(KeyChangeRequest(cms: bytes(1...300), proof: flip() ? bytes(1...99) : nil))
        default: .query(Query(kind: QueryKind(unchecked: "a" + word("abc-019", 0...39)), arguments: text(0...500)))
        }
    }

    mutating func clientMessage() -> ClientMessage {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .hello(Hello(version: number(), software: text()))
        case 1: .ping(number())
        case 2: .pong(number())
        case 3: .chunk(UploadChunk(offset: number(), bytes: bytes(1...700)))
        case 4: .uploadEnd(UploadEnd(until: pick(ReceiptGrade.allCases)))
        case 5: .abandon
        default: .request(request())
        }
    }

    mutating func helloAck() -> HelloAck {
        var limits = WireLimits()
        limits.chunkBytes = Int.random(in: 1...99999, using: &random)
        return HelloAck(
            software: text(), party: Party(role: pick(PartyRole.allCases), name: word("ABC019", 1...11)),
            time: instant(),
            nextCutOff: flip() ? instant() : nil, limits: limits, heartbeatSeconds: number())
    }

    mutating func receipt() -> Receipt {
        Receipt(
            grade: pick(ReceiptGrade.allCases), id: documentID(), isCopy: flip(), document: bytes(1...900),
            signature: bytes(1...99), status: pick(["ACCP", "PART", "RJCT"]))
    }

    mutating func documentPart() -> DocumentPart {
        DocumentPart(
            id: documentID(), size: number(), digest: digest(), offset: number(), bytes: bytes(0...700),
            signature: flip() ? bytes(1...99) : [])
    }

    mutating func gatewayMessage() -> GatewayMessage {
        switch Int.random(in: 0..<13, using: &random) {
        case 0: .helloAck(helloAck())
        case 1: .ping(number())
        case 2: .pong(number())
        case 3:
            .goodbye(Goodbye(.net003, detail: text(), lastStream: UInt32.random(in: 0...UInt32.max, using: &random)))
        case 4:
            .error(ErrorNotice(pick([.net001, .fil004, .sto001]), detail: text(), mayRetry: flip(), isFatal: flip()))
        case 5: .uploadAccept(offset: number())
        case 6: .progress(durable: number())
        case 7: .receipt(receipt())
        case 8: .answer(SignedAnswer(cms: bytes(1...300), isCopy: flip()))
        case 9: .document(documentPart())
        case 10: .listing(Listing(json: bytes(1...300), next: flip() ? text() : nil))
        case 11: .actResult(ActResult(digest: digest(), state: pick(ActState.allCases), detail: text()))
        default: .done
        }
    }

    /// A frame of a random message of one side.
    mutating func frame(from side: Side) -> Frame {
        let stream = UInt32.random(in: 0...UInt32.max, using: &random)
        switch side {
        case .client: return clientMessage().frame(stream: stream)
        case .gateway: return gatewayMessage().frame(stream: stream, isLast: flip())
        }
    }
}
