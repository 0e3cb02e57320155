import Foundation
import TestKit
import Testing

extension CommandTests {
    /// `sign` and `verify`: good is 0, anything else that was judged is 3 with the code that says why.
    @Suite struct SignatureTests {
        private let trust = "--trust demo/pki/ca.pem"
        private let statement = "demo/statements/MARCHE/STL-W-2026-03B-MARCHE.xml"

        /// A receipt of the demonstration with its signature beside it.
        private func receipt(_ place: Workplace) throws -> String {
            let folder = "demo/receipts/MARCHE"
            let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path(folder)).sorted()
            return "\(folder)/\(try #require(names.first { $0.hasSuffix(".xml") }))"
        }

        @Test func whatTheHostIssuedVerifies() throws {
            let place = try DemoHouse.place
            let receipt = try receipt(place)
            let answer = "demo/receipts/MARCHE/MARCHE-RT-T03.answer.cms"
            let kinds = [statement: "SettlementStatement", receipt: "Receipt", answer: "LoyaltyResponse"]
            for (path, kind) in kinds {
                let report = try place.json("verify \(path) \(trust) --crl demo/pki/ca.crl.pem")
                #expect(report["verdict"].text == "GOOD")
                #expect(report["document"]["kind"].text == kind)
                #expect(report["evidence"]["revocationLists"].items.count == 1)
            }
            let text = try place.done("verify \(statement) \(trust)").text
            #expect(text.hasPrefix("\(statement): good\n"))
            #expect(text.contains("revocation  not judged (no --crl)"))
            for rendering in ["csv", "txt"] {
                try place.done("verify \(statement.dropLast(3))\(rendering) \(trust)")
            }
        }

        @Test func oneFlippedByteIsFound() throws {
            let place = try DemoHouse.copy()
            let receipt = try receipt(place)
            for path in [statement, receipt] {
                let content = try place.flipped(path, to: "content.xml")
                try place.fails(
                    .verificationFailed, "SIG-002", "verify \(content) --signature \(path).p7s \(trust)")
                let size = try place.folder.read("\(path).p7s").count
                let signature = try place.flipped("\(path).p7s", to: "signature.p7s", at: size - 4)
                let outcome = try place.run("verify \(path) --signature \(signature) \(trust)")
                #expect(outcome.status == Program.Status.verificationFailed.rawValue, "\(outcome)")
                #expect(outcome.errors.hasPrefix("coalition: SIG-00"), "\(outcome)")
                #expect(outcome.text == "")
            }
            let answer = "demo/receipts/MARCHE/MARCHE-RT-T03.answer.cms"
            let text = try place.folder.read(answer)
            let inner = try #require(Array(text).firstRange(of: Array("<Status>".utf8)))
            let changed = try place.flipped(answer, to: "answer.cms", at: inner.upperBound)
            try place.fails(.verificationFailed, "SIG-002", "verify \(changed) \(trust) --out inner.xml")
            #expect(!place.exists("inner.xml"))
        }

        @Test func aPartnersSignatureIsNoSignatureOfTheHost() throws {
            let place = try DemoHouse.place
            try place.fails(.verificationFailed, "SIG-006", "verify demo/sent/MARCHE/MARCHE-1.xml \(trust)")
        }

        @Test func theEnclosedContentIsWrittenOnceItIsVerified() throws {
            let place = try DemoHouse.copy()
            try place.done("verify demo/receipts/MARCHE/MARCHE-RT-T03.answer.cms \(trust) --out inner.xml")
            #expect(try place.text("inner.xml").contains("<LoyaltyResponse"))
            try place.fails(.usage, "usage", "verify \(statement) \(trust) --out outer.xml")
            #expect(!place.exists("outer.xml"))
        }

        @Test func anySignatureIsJudgedWithTrustRevocationAndInstant() throws {
            let place = try DemoHouse.place
            let cms = "verify --cms demo/sent/MARCHE/MARCHE-1.xml.p7s --content demo/sent/MARCHE/MARCHE-1.xml"
            let lists = "--crl demo/pki/ca.crl.pem"
            let report = try place.json("\(cms) \(trust) \(lists) --at 2026-03-18T01:10:00Z")
            #expect(report["evidence"]["judgedAt"].text == "2026-03-18T01:10:00Z")
            #expect((report["evidence"]["signer"].text ?? "").contains("CN=MARCHE"))

            try place.fails(.verificationFailed, "SIG-006", "\(cms) \(trust) --at 2020-01-01T00:00:00Z")
            try place.fails(
                .verificationFailed, "SIG-002",
                "verify --cms demo/sent/MARCHE/MARCHE-1.xml.p7s --content demo/sent/MARCHE/MARCHE-2.csv \(trust)")
            try place.fails(
                .verificationFailed, "SIG-008",
                "verify --cms demo/sent/MARCHE/MARCHE-1.xml --content demo/sent/MARCHE/MARCHE-1.xml \(trust)")
            try place.fails(
                .verificationFailed, "SIG-008", "verify --cms demo/sent/MARCHE/MARCHE-1.xml.p7s \(trust)")
        }

        @Test func anotherAuthorityIsNotBelieved() throws {
            let place = try DemoHouse.copy()
            try place.done("pki ca --dir other")
            try place.fails(.verificationFailed, "SIG-006", "verify \(statement) --trust other/ca.pem")
        }

        @Test func aSignatureIsMadeBesideTheFileAndAroundIt() throws {
            let place = try DemoHouse.copy()
            try place.write("a file\n", to: "file")
            let report = try place.json("sign file \(Options.signer("MARCHE-signing")) --at 2026-03-01T00:00:00Z")
            #expect(report["signature"].text == "file.p7s")
            #expect(report["signingTime"].text == "2026-03-01T00:00:00Z")
            try place.done("verify --cms file.p7s --content file \(trust)")
            try ExternalProgram.openssl(
                "cms", "-verify", "-binary", "-inform", "DER", "-in", "file.p7s", "-content", "file", "-CAfile",
                "demo/pki/ca.pem", "-purpose", "any", "-out", "/dev/null", in: place.folder)

            #expect(
                try place.done("sign file --attached --out around \(Options.signer("MARCHE-signing"))").text
                    == "around\n")
            try place.done("verify --cms around \(trust) --out inner")
            #expect(try place.text("inner") == "a file\n")
        }

        @Test func aKeyWithAPasswordSignsOnlyWithIt() throws {
            let place = try DemoHouse.copy()
            try place.write("a file\n", to: "file")
            try place.write("correct horse\n", to: "password")
            try place.write("wrong\n", to: "wrong")
            try ExternalProgram.openssl(
                "pkcs8", "-topk8", "-in", "demo/pki/maker.key", "-out", "locked.key", "-passout", "file:password",
                in: place.folder)
            let line = "sign file --cert demo/pki/maker.pem --key locked.key"
            try place.fails(.usage, "usage", line)
            try place.fails(.usage, "usage", "\(line) --key-password-file wrong")
            try place.done("\(line) --key-password-file password")
        }
    }
}
