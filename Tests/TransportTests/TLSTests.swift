import Primitives
import Testing
import Transport
import Wire

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// Who is let in. Every refusal stands beside the same attempt that succeeds, so that it is refused for its own reason.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TLSTests {
    /// A gateway that says goodbye soon to who only says HELLO, so that `s_client` ends by itself.
    private func withBench(_ body: (TestBench) async throws -> Void) async throws {
        try await TestBench.with({ $0.deadlines.idle = .milliseconds(100) }, body)
    }

    private func isGreeted(_ outcome: Scratch.Outcome) throws -> Bool {
        guard case .helloAck(let ack)? = try TestBench.frames(outcome.output).first else { return false }
        return ack.party.name == "MARCHE"
    }

    @Test(
        "openssl s_client gets in with TLS 1.3 and with the AEAD suites of TLS 1.2",
        arguments: [
            ["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
        ])
    func modern(options: [String]) async throws {
        try await withBench { bench in
            let outcome = try await bench.sClient("marche", options, input: TestBench.hello)
            #expect(try isGreeted(outcome), "\(outcome.errors)")
            guard case .goodbye(let goodbye)? = try TestBench.frames(outcome.output).last else {
                Issue.record("no GOODBYE")
                return
            }
            #expect(goodbye.code == "NET-002")
        }
    }

    @Test(
        "TLS 1.1 and suites without authenticated encryption are refused",
        arguments: [
            ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"],
        ])
    func outdated(options: [String]) async throws {
        try await withBench { bench in
            let outcome = try await bench.sClient("marche", options, input: TestBench.hello)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("alert"), "\(outcome.errors)")
            #expect(bench.listener.counters.verifications == 0)
        }
    }

    @Test("who shows no certificate is refused", arguments: ["-tls1_2", "-tls1_3"])
    func noCertificate(version: String) async throws {
        try await withBench { bench in
            let outcome = try await bench.sClient(nil, [version], input: TestBench.hello)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("alert"), "\(outcome.errors)")
        }
    }

    @Test("a certificate that the verifier refuses is refused", arguments: ["-tls1_2", "-tls1_3"])
    func refusedCertificate(version: String) async throws {
        try await withBench { bench in
            try await bench.pki.makeAuthority("other")
            try await bench.pki.makeCertificate("stranger", by: "other")
            let outcome = try await bench.sClient("stranger", [version], input: TestBench.hello)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("alert"), "\(outcome.errors)")
            #expect(bench.listener.counters.verifications == 1)
        }
    }

    @Test("a good certificate that is nobody's is told its fingerprint", arguments: ["-tls1_2", "-tls1_3"])
    func unregistered(version: String) async throws {
        try await withBench { bench in
            var verifier = try bench.pki.verifier()
            verifier.verdicts[try bench.pki.scratch.read("railco.der")] = .unregistered(fingerprint: .zero)
            try bench.listener.reload(identity: bench.pki.identity("gateway"), verifier: verifier)
            let outcome = try await bench.sClient("railco", [version], input: TestBench.hello)
            guard case .error(let notice)? = try TestBench.frames(outcome.output).first else {
                Issue.record("no ERROR: \(outcome.errors)")
                return
            }
            #expect(notice.code == "NET-004" && notice.isFatal)
            #expect(notice.detail.contains(Digest32.zero.description))
        }
    }

    @Test("who does not offer the protocol's name gets no answer", arguments: [[], ["-alpn", "h2,http/1.1"]])
    func otherProtocol(options: [String]) async throws {
        try await withBench { bench in
            let outcome = try await bench.sClient("marche", alpn: false, options, input: TestBench.hello)
            #expect(outcome.output.isEmpty)
        }
    }

    @Test(
        "who comes back with a TLS session is judged again, and let in when the verdict is good",
        arguments: ["-tls1_2", "-tls1_3"])
    func resumption(version: String) async throws {
        try await withBench { bench in
            let first = try await bench.sClient("marche", [version, "-sess_out", "session"], input: TestBench.hello)
            #expect(try isGreeted(first))
            let resumed = try await bench.sClient("marche", [version, "-sess_in", "session"], input: TestBench.hello)
            #expect(try isGreeted(resumed), "\(resumed.errors)")
            #expect(bench.listener.counters.verifications == 2)
            bench.doorman.lock()
            let again = try await bench.sClient("marche", [version, "-sess_in", "session"], input: TestBench.hello)
            #expect(again.output.isEmpty)
        }
    }

    @Test("a client does not greet a gateway of another authority or name")
    func clientChecks() async throws {
        try await withBench { bench in
            try await bench.pki.makeAuthority("other")
            let log = TestBench.log
            let misplaced = await #expect(throws: ClientFailure.self) {
                let configuration = try bench.client(trusting: "other")
                try await GatewayConnection.withConnection(configuration, log: log) { _ in }
            }
            guard case .unavailable? = misplaced else {
                Issue.record("\(String(describing: misplaced))")
                return
            }
            var byAddress = try bench.client()
            byAddress.endpoint.serverName = "127.0.0.1"
            let party = try await GatewayConnection.withConnection(byAddress, log: log) { $0.welcome.party }
            #expect(party.name == "MARCHE")
            try await bench.pki.makeCertificate("elsewhere", by: "ca", names: "DNS:elsewhere.example")
            try bench.listener.reload(identity: bench.pki.identity("elsewhere"), verifier: bench.pki.verifier("marche"))
            for (name, isAccepted) in [("elsewhere.example", true), ("localhost", false), ("127.0.0.1", false)] {
                var client = try bench.client()
                client.endpoint.serverName = name
                let result = await Result { try await GatewayConnection.withConnection(client, log: log) { _ in } }
                #expect(((try? result.get()) != nil) == isAccepted, "\(name): \(result)")
            }
        }
    }

    @Test("certificates and verifier are replaced without dropping a connection")
    func reload() async throws {
        try await TestBench.with { bench in
            try await bench.pki.makeAuthority("next")
            try await bench.pki.makeCertificate("gateway2", by: "next")
            try await bench.connect { old in
                try bench.listener.reload(
                    identity: bench.pki.identity("gateway2"), verifier: bench.pki.verifier("railco"))
                let answer = try await old.send(SignedMessage(cms: [9]))
                #expect(answer.cms == Array("MARCHE".utf8) + [9])
                let log = TestBench.log
                await #expect(throws: ClientFailure.self) {
                    try await GatewayConnection.withConnection(bench.client("railco"), log: log) { _ in }
                }
                let renewed = try bench.client("railco", trusting: "next")
                let party = try await GatewayConnection.withConnection(renewed, log: log) { $0.welcome.party }
                #expect(party.name == "RAILCO")
                await #expect(throws: ClientFailure.self) {
                    let dropped = try bench.client("marche", trusting: "next")
                    try await GatewayConnection.withConnection(dropped, log: log) { _ in }
                }
            }
        }
    }

    @Test("what cannot be read as PEM, or does not belong together, is named")
    func identities() async throws {
        try await Scratch.with { scratch in
            let pki = try await TestPKI.make(scratch)
            let missing = #expect(throws: Refusal.self) { try pki.identity("nobody") }
            #expect(missing?.code == .cfg005)
            #expect(missing?.description.contains("nobody.pem") == true)
            let pem = try scratch.read("gateway.pem")
            #expect(throws: Refusal.self) { try TLSIdentity(chainPEM: pem, keyPEM: pem, rootsPEM: pem) }
            let mixed = try TLSIdentity(chainPEM: pem, keyPEM: scratch.read("marche.key"), rootsPEM: pem)
            let refused = await #expect(throws: Refusal.self) {
                _ = try await GatewayListener.bind(
                    ListenerConfiguration(port: 0), identity: mixed, verifier: pki.verifier(), handler: TestGateway(),
                    log: TestBench.log)
            }
            #expect(refused?.code == .cfg005)
        }
    }
}
