import Gateway
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Validation

/// Rulings on identity: one number, one content, one answer, for ever.
@Suite struct FileIdentityTests {
    static let start = "2026-03-18T02:10:00+01:00"

    let house: TestHouse
    let marche: PartnerID

    init() async throws {
        house = try await TestHouse(at: Self.start)
        marche = try PartnerID("MARCHE")
    }

    private func sale(_ id: String, _ units: Int64 = 100) throws -> RecordContent {
        try BatchFile.record(id, .accrual, "MKP", units, on: "2026-03-17")
    }

    private func batch(_ sequence: Int64, _ series: Series = .live) -> BatchID {
        BatchID(partner: marche, series: series, sequence: sequence)
    }

    private func lastFact() async -> UInt64 { await house.house.state.lastSequence }

    @Test func theSameBytesGetTheSameReceiptsByteForByte() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let first = try await house.send(bytes, batch(1))
        #expect(try first.last.status == "ACCP")
        #expect(first.receipts.count == 2)
        try await house.advance(to: "2026-03-25T12:00:00+01:00")
        let before = await lastFact()
        let again = try await house.send(bytes, batch(1))
        #expect(again.receipts == first.receipts)
        #expect(await lastFact() == before)
        #expect(await house.house.state.ledger.partners[marche]?.count == 1)
    }

    /// The writer judges the header while the next piece is read: a fault in that piece changes nothing.
    @Test func aRefusedHeaderCountsBeforeAFaultBehindIt() async throws {
        var bytes = try await house.file(batch(1), try (1...1_000).map { try sale("A\($0)") }) {
            $0.programmeID = "OTHER"
        }
        // A piece has 256 KiB.
        bytes.insert(UInt8(ascii: "<"), at: (256 << 10) + 2_000)
        #expect(try await house.send(bytes, batch(1)).last.codes == ["FIL-001"])
    }

    @Test func aRefusalIsRepeatedByteForByteToo() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")]) { $0.programmeID = "OTHER" }
        let first = try await house.send(bytes, batch(1))
        #expect(try first.last.status == "RJCT")
        #expect(try first.last.codes == ["FIL-001"])
        let before = await lastFact()
        #expect(try await house.send(bytes, batch(1)).receipts == first.receipts)
        #expect(await lastFact() == before)
    }

    @Test func aRefusalAtTheSignatureIsRepeatedByteForByteAndBurnsNoNumber() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let railco = try house.partner("RAILCO")
        let wrong = try railco.signing.signer().signDetached(bytes, at: await house.house.now)
        let first = try await house.send(bytes, batch(1), signature: wrong)
        #expect(try first.last.codes == ["SIG-003"])
        #expect(try first.last.grade == "VALIDATED")
        #expect(first.receipts.count == 1)
        #expect(try await house.send(bytes, batch(1), signature: wrong).receipts == first.receipts)

        // Signed anew, the same bytes are looked at again, without naming the refusal.
        let other = try await house.send(bytes, batch(1))
        #expect(try other.last.status == "ACCP")
        #expect(try other.last.gaps == [])
        #expect(try other.last.replaces == nil)
        #expect(try await house.send(bytes, batch(1), signature: wrong).receipts == other.receipts)
    }

    /// An outdated list is the host's fault: the file is not answered for ever because of it.
    @Test func whileTheRevocationListIsOutOfDateNothingIsKeptOfAFile() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let stale = try house.pki.authority.revocationList(
            revoking: [], number: 2, thisUpdate: TestPKI.validity.notBefore,
            nextUpdate: TestPKI.instant("2026-03-10T11:00:00Z"))
        try await house.house.reload(revocationLists: [stale], graceSeconds: 0)
        let refusal = await #expect(throws: Refusal.self) { try await house.send(bytes, batch(1)) }
        #expect(refusal?.code == .sig011)
        #expect(await house.house.state.files.history(batch(1)) == nil)
        try await house.house.reload(revocationLists: [house.pki.revocationList], graceSeconds: 0)
        #expect(try await house.send(bytes, batch(1)).last.status == "ACCP")
    }

    @Test func everyWayToSignWronglyHasItsCodeAndBurnsNoNumber() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let keys = try house.partner("MARCHE")
        let now = await house.house.now
        var changed = bytes
        changed[changed.count - 2] ^= 1
        let cases: [(String, [UInt8], [UInt8])] = [
            ("SIG-001", bytes, []),
            ("SIG-008", bytes + [0x0A, 0x0A], [0x30, 0x03, 0x02, 0x01, 0x01]),
            ("SIG-002", changed, try keys.signing.signer().signDetached(bytes, at: now)),
            ("SIG-003", bytes + [0x0A], try house.pki.maker.signer().signDetached(bytes + [0x0A], at: now)),
            ("SIG-003", bytes + [0x20], try keys.tls.signer().signDetached(bytes + [0x20], at: now)),
        ]
        for (code, content, signature) in cases {
            let sent = try await house.send(content, batch(1), signature: signature)
            #expect(try sent.last.codes == [code], "\(code)")
            #expect(try sent.last.window == nil, "\(code)")
        }
        #expect(await house.house.state.files.undecided.isEmpty)
        #expect(try await house.send("MARCHE", 1, [sale("A2")]).last.status == "ACCP")
    }

    @Test func otherBytesUnderATakenNumberAreRefusedAndTheFirstAnswerHolds() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let first = try await house.send(bytes, batch(1))
        let changed = try await house.file(batch(1), [sale("A2")])
        let signature = try house.partner("MARCHE").signing.signer().signDetached(changed, at: await house.house.now)
        let other = try await house.send(changed, batch(1), signature: signature)
        #expect(try other.last.codes == ["FIL-004"])
        #expect(try other.last.status == "RJCT")
        #expect(other.receipts.count == 1)
        #expect(try await house.send(changed, batch(1), signature: signature).receipts == other.receipts)
        #expect(try await house.send(bytes, batch(1)).receipts == first.receipts)
        #expect(await house.house.state.ledger.partners[marche]?.count == 1)
    }

    @Test func aMessageIDIsUsedForOneFileOnly() async throws {
        _ = try await house.send("MARCHE", 1, [sale("A1")]) { $0.messageID = try MessageID("M-1") }
        let second = try await house.send("MARCHE", 2, [sale("A2")]) { $0.messageID = try MessageID("M-1") }
        #expect(try second.last.codes == ["FIL-004"])
        #expect(try second.last.findings.first?.field == "MessageId")
        // Another partner's names are its own.
        let theirs = try BatchFile.record("A1", .accrual, "RLM", 10, on: "2026-03-17")
        let railco = try await house.send("RAILCO", 1, [theirs]) { $0.messageID = try MessageID("M-1") }
        #expect(try railco.last.status == "ACCP")
    }

    @Test func theMessageIDOfARefusedFileIsFree() async throws {
        let refused = try await house.send("MARCHE", 1, [sale("A1")]) { $0.programmeID = "OTHER" }
        let id = try refused.last.id
        let again = try await house.send("MARCHE", 1, [sale("A1")]) { $0.replacesReceiptID = try MessageID(id) }
        #expect(try again.last.status == "ACCP")
    }

    // MARK: Replacement

    @Test func aRefusedFileKeepsItsNumberUntilAReplacementNamesTheRefusal() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")]) { $0.programmeID = "OTHER" }
        let refused = try await house.send(bytes, batch(1))
        let refusal = try refused.last.id

        let silent = try await house.send("MARCHE", 1, [sale("A1")])
        #expect(try silent.last.codes == ["FIL-011"])
        #expect(try silent.last.finding("FIL-011")?.detail.contains(refusal) == true)
        let wrong = try await house.send("MARCHE", 1, [sale("A1")]) { $0.replacesReceiptID = try MessageID("RCP-1") }
        #expect(try wrong.last.codes == ["FIL-011"])
        #expect(await house.house.state.ledger.partners[marche]?.count ?? 0 == 0)

        let right = try await house.send("MARCHE", 1, [sale("A1")]) { $0.replacesReceiptID = try MessageID(refusal) }
        #expect(try right.last.status == "ACCP")
        #expect(try right.last.replaces == refusal)
        #expect(await house.house.state.ledger.partners[marche]?.count == 1)

        // The number now holds the replacement; what was refused is still answered as it was.
        let late = try await house.send("MARCHE", 1, [sale("A2")]) { $0.replacesReceiptID = try MessageID(refusal) }
        #expect(try late.last.codes == ["FIL-004"])
        #expect(try await house.send(bytes, batch(1)).receipts == refused.receipts)
    }

    @Test func aReplacementOfNothingIsRefused() async throws {
        let sent = try await house.send("MARCHE", 1, [sale("A1")]) {
            $0.replacesReceiptID = try MessageID("RCP-00000003")
        }
        #expect(try sent.last.codes == ["FIL-011"])
        let other = try await house.send("MARCHE", 2, [sale("A1")]) {
            $0.replacesReceiptID = try MessageID(try sent.last.id)
        }
        #expect(try other.last.codes == ["FIL-011"], "the refusal is that of another number")
    }

    @Test func aReplacementThatIsRefusedCanBeReplaced() async throws {
        let first = try await house.send("MARCHE", 1, [sale("A1")]) { $0.programmeID = "OTHER" }
        let second = try await house.send("MARCHE", 1, [sale("A1")]) {
            $0.programmeID = "OTHER"
            $0.replacesReceiptID = try MessageID(try first.last.id)
        }
        #expect(try second.last.codes == ["FIL-001"])
        let third = try await house.send("MARCHE", 1, [sale("A1")]) {
            $0.replacesReceiptID = try MessageID(try second.last.id)
        }
        #expect(try third.last.status == "ACCP")
    }

    // MARK: Header

    @Test(arguments: ["party", "recipient", "programme"])
    func theHeaderNamesTheSenderTheHostAndTheProgramme(_ part: String) async throws {
        let sent = try await house.send("MARCHE", 1, [sale("A1")]) { header in
            switch part {
            case "party": header.initiatingParty = try PartnerID("RAILCO")
            case "recipient": header.recipient = try PartnerID("RAILCO")
            default: header.programmeID = "MILES"
            }
        }
        #expect(try sent.last.codes == ["FIL-001"])
        let field = ["party": "InitiatingParty", "recipient": "Recipient", "programme": "ProgrammeId"][part]
        #expect(try sent.last.findings.first?.field == field)
        #expect(try sent.last.status == "RJCT")
        #expect(await house.house.state.ledger.partners[marche]?.count ?? 0 == 0)
    }

    @Test(arguments: BatchFormat.allCases)
    func theHeaderRepeatsTheNumberThatWasDeclared(_ format: BatchFormat) async throws {
        let number = try await house.send("MARCHE", 1, [sale("A1")], format: format) { $0.sequenceNumber = 2 }
        #expect(try number.last.codes == ["FIL-012"])
        let series = try await house.send("MARCHE", 1, [sale("A1")], series: .test, format: format) {
            $0.series = .live
        }
        #expect(try series.last.codes == ["FIL-012"])
        #expect(await house.house.state.ledger.partners[marche]?.count ?? 0 == 0)
    }

    @Test func bytesThatAreNotTheDeclaredFormatAreRefusedWithTheirNumber() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")], format: .csv)
        let sent = try await house.send(bytes, batch(1), .xml)
        #expect(try sent.last.status == "RJCT")
        #expect(try sent.last.codes == ["SYN-001"])
        let other = try await house.send("MARCHE", 1, [sale("A1")])
        #expect(try other.last.codes == ["FIL-011"])
    }

    // MARK: Repeated records

    @Test func aRepeatInsideAFileCarriesTheFirstResult() async throws {
        let sent = try await house.send("MARCHE", 1, [sale("A1"), sale("A1"), sale("A2")])
        #expect(try sent.last.status == "ACCP")
        #expect(try sent.last.sums == ["ACCP MKP": [2, 200, 134], "DUPL MKP": [1, 100, 0]])
        // Two records that are one sale look like twins as well, which the reader tells without a history.
        #expect(try sent.last.codes.filter { $0 == "DUP-001" }.count == 1)
        #expect(try sent.last.finding("DUP-001")?.record == 2)
        #expect(await house.house.state.ledger.partners[marche]?.count == 2)
    }

    @Test func aTransactionIDHasOneContent() async throws {
        _ = try await house.send("MARCHE", 1, [sale("A1")])
        let sent = try await house.send("MARCHE", 2, [sale("A1", 101)])
        #expect(try sent.last.codes == ["DUP-002"])
        #expect(try sent.last.status == "RJCT")
        #expect(await house.house.state.ledger.partners[marche]?.count == 1)
        // Another partner's transaction of the same name is another one.
        let theirs = try BatchFile.record("A1", .accrual, "RLM", 10, on: "2026-03-17")
        #expect(try await house.send("RAILCO", 1, [theirs]).last.status == "ACCP")
    }

    @Test func aTransactionIDThatWasRefusedCanComeInANewFile() async throws {
        var wrong = try sale("A1")
        wrong.unit = try CurrencyCode("RLM").need("RLM")
        let refused = try await house.send("MARCHE", 1, [wrong, sale("A2")])
        #expect(try refused.last.codes.first == "REF-007")
        #expect(try refused.last.status == "PART")
        let corrected = try await house.send("MARCHE", 2, [sale("A1")])
        #expect(try corrected.last.status == "ACCP")
        #expect(try corrected.last.sums == ["ACCP MKP": [1, 100, 67]])
    }

    // MARK: Order

    @Test func oneFileSentTwiceAtOnceIsJudgedOnce() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let file = try await house.arrive(bytes, batch(1))
        let (first, waiting) = try await house.house.receive(file)
        let (second, stillWaiting) = try await house.house.receive(file)
        #expect(first == second)
        #expect(waiting != nil)
        #expect(waiting == stillWaiting)
        let gateway = house.house
        let sequence = try waiting.need("a file to judge")
        async let one: Void = gateway.judge(sequence)
        async let two: Void = gateway.judge(sequence)
        _ = try await (one, two)
        let decisions = try house.facts().filter { if case .fileDecided = $0.fact { true } else { false } }
        #expect(decisions.count == 1)
        #expect(await house.house.state.ledger.partners[marche]?.count == 1)
    }

    @Test func filesOfManyPartnersAtOnceAreAllJudged() async throws {
        let units = ["MARCHE": "MKP", "RAILCO": "RLM", "CARBU": "FUP", "BANQUE": "SML"]
        var waiting: [UInt64] = []
        for (partner, unit) in units.sorted(by: { $0.key < $1.key }) {
            for sequence in 1...3 {
                let batch = BatchID(partner: try PartnerID(partner), series: .live, sequence: Int64(sequence))
                let records = try (1...20).map {
                    try BatchFile.record("\(sequence)-\($0)", .accrual, unit, 70, on: "2026-03-17")
                }
                let file = try await house.arrive(try await house.file(batch, records), batch)
                waiting.append(try (try await house.house.receive(file)).waiting.need("a file to judge"))
            }
        }
        do {
            let gateway = house.house
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sequence in waiting.reversed() { group.addTask { try await gateway.judge(sequence) } }
                try await group.waitForAll()
            }
        }
        #expect(await house.house.state.files.undecided.isEmpty)
        for partner in units.keys {
            #expect(await house.house.state.ledger.partners[try PartnerID(partner)]?.count == 60, "\(partner)")
        }
        let before = await HouseFigures(house.house.state)
        try house.reopen()
        #expect(await HouseFigures(house.house.state) == before)
    }

    @Test func aFileThatWaitedWhenTheHouseEndedIsJudgedAtTheNextStart() async throws {
        let bytes = try await house.file(batch(1), [sale("A1")])
        let file = try await house.arrive(bytes, batch(1))
        let received = try await house.house.receive(file).receipts
        try house.reopen()
        #expect(await house.house.state.files.undecided.count == 1)
        try await house.house.settle()
        #expect(await house.house.state.files.undecided.isEmpty)
        let again = try await house.send(bytes, batch(1))
        #expect(again.receipts.count == 2)
        #expect(again.receipts.first == received.first)
        #expect(try again.last.status == "ACCP")
    }
}
