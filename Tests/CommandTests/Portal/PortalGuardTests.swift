import Foundation
import TestKit
import Testing

extension CommandTests {
    /// What guards the HTTPS API: headers, other sites, limits, keys that ended, shutdown.
    @Suite struct PortalGuardTests {
        @Test func everyAnswerKeepsBrowsersSafe() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            for path in ["/v1/me", "/v1/nothing", "/"] {
                let answer = try #require(try curl.answer(path))
                #expect(answer.headers["strict-transport-security"]?.hasPrefix("max-age=63072000") == true)
                #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
                #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(answer.headers["set-cookie"] == nil)
            }
            let own = "https://localhost:\(portal.port)"
            try curl.ask("/v1/me", ["-H", "Origin: \(own)", "-H", "Sec-Fetch-Site: same-origin"])
            try curl.fails(403, "API-003", "/v1/me", ["-H", "Origin: https://other.example"])
            try curl.fails(403, "API-003", "/v1/me", ["-H", "Sec-Fetch-Site: cross-site"])
            let form = ["-d", "a=b"]
            try curl.fails(415, "API-001", "/v1/documents/RCP-00000001/confirmation", form)
            let method = try curl.fails(405, "API-001", "/v1/me", form)
            #expect(method.headers["allow"] == "GET, HEAD")
            portal.stop()
        }

        @Test func whoAsksTooOftenIsToldWhenToComeAgain() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            // 1 300 requests meet the limit of 600 a minute, whenever a minute begins.
            let last = try portal.curl("MARCHE-tls").ask("/v1/me?[1-1300]", is: 429)
            let seconds = try #require(Int(last.headers["retry-after"] ?? ""))
            #expect((1...60).contains(seconds))
            #expect(last.text.contains("\"code\":\"NET-002\""))
            try portal.curl("RAILCO-tls").ask("/v1/me")
            portal.stop()
        }

        @Test func aSuspendedKeyAsksNothingMoreAndAStrangerNothingAtAll() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let curl = portal.curl("MARCHE-tls")
            try curl.ask("/v1/me")
            let print =
                try ExternalProgram.openssl(
                    "x509", "-in", "demo/pki/MARCHE-tls.pem", "-noout", "-fingerprint", "-sha256", in: place.folder
                ).text.split(separator: "=").last?.filter { $0.isHexDigit }.lowercased() ?? ""
            try place.done(
                "act suspend-key \(print) --partner MARCHE --reason STOLEN \(Options.maker)"
                    + " \(Options.checker) \(portal.gateway.client("maker"))", notes: true)
            try curl.fails(403, "NET-004", "/v1/me")
            // A certificate that signs opens no connection.
            #expect(try portal.curl("RAILCO-signing").answer("/v1/me") == nil)
            portal.stop()
        }

        /// The head of a request that never ends: the connection is closed by the gateway, not by us.
        @Test func aHeadThatDoesNotEndIsNotWaitedFor() async throws {
            let place = try DemoHouse.copy()
            let portal = try await RunningPortal(in: place)
            let script = """
                import socket, ssl, sys, time
                context = ssl.create_default_context(cafile="demo/pki/ca.pem")
                context.load_cert_chain("demo/pki/MARCHE-tls.pem", "demo/pki/MARCHE-tls.key")
                link = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), \
                server_hostname="localhost")
                link.sendall(b"GET /v1/me HTTP/1.1\\r\\nHost: localhost\\r\\n")
                link.settimeout(1)
                while True:
                    try:
                        if link.recv(100) == b"": break
                    except TimeoutError:
                        link.sendall(b"X: y\\r\\n")
                    except OSError:
                        break
                """
            try place.write(script, to: "slow.py")
            let slow = try RunningProgram("slow.py \(portal.port)", "/usr/bin/python3", in: place)
            try await slow.wait(for: "nothing") { slow.hasEnded }
            #expect(slow.errors == "")
            portal.stop()
        }
    }
}
