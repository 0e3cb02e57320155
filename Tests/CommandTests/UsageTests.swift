import Foundation
import TestKit
import Testing

extension CommandTests {
    /// Wrong usage ends with status 2, says so in the one form that all errors have, and prints nothing else.
    @Suite struct UsageTests {
        @Test func whatTheParserRefusesHasTheCodeUsage() throws {
            let place = try DemoHouse.place
            let lines = [
                "--nope", "nope", "window nope", "window show", "positions --data", "positions --nope x",
                "status MARCHE/LIVE/1 more --data demo/data", "records MARCHE/LIVE/1 --data demo/data --limit many",
                "records MARCHE/LIVE/1 --data demo/data --status GOOD", "pki issue --dir x --profile king --name X",
                "clock advance --to tomorrow --data demo/data", "submit", "submit a.xml --watch b --data demo/data",
                "submit --watch b --data demo/data", "submit a.xml --cert a --data demo/data",
                "submit a.xml --sequence 0 --data demo/data", "verify --trust demo/pki/ca.pem",
                "verify a.xml --cms a --trust demo/pki/ca.pem", "programme diff one", "programme show",
                "serve --data demo/data --port 99999", "serve --data demo/data --crl-grace -1",
                "send --position --echo hi \(Options.signer("MARCHE-signing")) --data demo/data",
                "adjust --data demo/data --partner BANQUE --direction UP --points 1 --reason X --date 2026-03-23"
                    + " \(Options.maker)",
                "adjust --data demo/data --partner BANQUE --direction DBIT --reason X --date 2026-03-23"
                    + " \(Options.maker)",
                "init --data x --ca x --host-cert x --host-key x --officer king=x",
                "clock show --data demo/data --gateway 127.0.0.1:1", "validate a.xml --limit=-1",
                "explain STL-W-2026-03B-MARCHE#2 --data demo/data --limit=-1",
                "records MARCHE/LIVE/1 --data demo/data --limit=-1", "submit a.xml --data demo/data --retries=-1",
            ]
            for line in lines {
                let outcome = try place.fails(.usage, "usage", line)
                #expect(outcome.errors.contains("--help"), "\(line): \(outcome.errors)")
            }
        }

        @Test func anUnknownOptionIsNamedWithTheCommandsHelp() throws {
            let errors = try DemoHouse.place.fails(.usage, "usage", "window list --data demo/data --nope").errors
            #expect(errors.contains("'--nope'"))
            #expect(errors.contains("coalition window list --help"))
        }

        /// A command that needs a data directory, and what else it needs.
        private static let dataCommands = [
            "check", "positions", "window list", "window show W-2026-03A", "fixing list", "settlement show",
            "status MARCHE/LIVE/1", "records MARCHE/LIVE/1", "explain MARCHE:T01", "statement list",
            "statement get HST-W-2026-03A", "receipt get RCP-00000020", "programme show",
            "member find 4000123412341234", "programme load demo/programme", "clock show", "act list", "serve",
            "backup --to copy",
            "cancel MARCHE/LIVE/50 \(Options.signer("MARCHE-signing"))",
            "submit demo/sent/MARCHE/MARCHE-1.xml", "settlement approve W-2026-04B \(Options.maker)",
            "send --position --partner MARCHE \(Options.signer("MARCHE-signing"))",
            "clock advance --to 2026-06-01T00:00:00Z \(Options.signer("operator"))",
        ]

        @Test func aMissingDataDirectoryIsNamed() throws {
            let place = try DemoHouse.place
            for command in Self.dataCommands {
                let outcome = try place.fails(.usage, "usage", "\(command) --data nowhere")
                #expect(outcome.errors.contains("nowhere"), "\(command): \(outcome.errors)")
                #expect(outcome.errors.contains("data directory"), "\(command): \(outcome.errors)")
            }
            try place.fails(.usage, "usage", "restore --from nowhere --data copy")
            #expect(!place.exists("copy"))
        }

        @Test func aFolderThatIsNoDataDirectoryIsRefused() throws {
            let place = try DemoHouse.place
            for path in ["demo/pki", "demo/pki/ca.pem"] {
                #expect(try place.fails(.usage, "usage", "positions --data \(path)").errors.contains(path))
            }
        }

        @Test func aDirectoryIsMadeWhereItsParentIs() throws {
            let place = try DemoHouse.place
            let lines = [
                "restore --from demo/data --data nowhere/data", "backup --data demo/data --to nowhere/copy",
                "init --data nowhere/data --ca demo/pki/ca.pem --host-cert demo/pki/host-signing.pem"
                    + " --host-key demo/pki/host-signing.key --officer maker=demo/pki/maker.pem"
                    + " --officer checker=demo/pki/checker.pem",
            ]
            for line in lines { #expect(try place.fails(.usage, "usage", line).errors.contains("nowhere")) }
        }

        @Test func outputThatCannotBeWrittenIsNoSuccess() throws {
            let place = try DemoHouse.place
            let line = "'\(Program.path)' statement get HST-W-2026-03B --data demo/data"
            let full = try ExternalProgram.run("sh", ["-c", "\(line) >/dev/full"], in: place.folder)
            #expect(full.status == Program.Status.fault.rawValue, "\(full)")
            #expect(full.errors.hasPrefix("coalition: fault: "))
            // Whoever closes the other end wants no more.
            let head = try ExternalProgram.run("sh", ["-c", "\(line) | head -1"], in: place.folder)
            #expect(head.status == 0)
            #expect(head.errors == "")
            #expect(head.text.split(separator: "\n").count == 1)
        }

        @Test func aFileThatCannotBeReadIsNamed() throws {
            let place = try DemoHouse.place
            let (maker, ca) = (Options.signer("maker"), "--trust demo/pki/ca.pem")
            let lines = [
                "validate nowhere.xml", "sign nowhere.xml \(maker)", "sign demo/told --cert nowhere.pem --key nowhere",
                "verify nowhere.xml \(ca)", "verify --cms nowhere.p7s \(ca)",
                "verify demo/sent/MARCHE/MARCHE-1.xml --trust nowhere.pem",
                "verify demo/sent/MARCHE/MARCHE-1.xml \(ca) --crl nowhere.pem",
                "verify --cms demo/sent/MARCHE/MARCHE-1.xml.p7s --content nowhere.xml \(ca)",
                "programme check nowhere", "programme diff demo/programme nowhere",
                "pki revoke --dir demo/pki --cert nowhere.pem",
                "submit --watch nowhere \(maker) --once \(Options.data)",
                "submit nowhere.xml \(maker) \(Options.data)", "serve \(Options.data) --config nowhere.yaml",
                "serve \(Options.data) --port 0 --crl nowhere.pem", "serve \(Options.data) --port 0 --tls-key nowhere",
                "serve \(Options.data) --port 0 --tls-cert nowhere",
                "serve \(Options.data) --port 0 --host-key nowhere",
            ]
            for line in lines {
                let outcome = try place.fails(.usage, "usage", line)
                #expect(outcome.errors.contains("nowhere"), "\(line): \(outcome.errors)")
            }
        }

        @Test func aFileOfAnotherKindIsNamed() throws {
            let place = try DemoHouse.place
            let lines = [
                "verify demo/sent/MARCHE/MARCHE-1.xml --trust demo/pki/maker.key",
                "verify demo/sent/MARCHE/MARCHE-1.xml --trust demo/pki/ca.pem --crl demo/pki/ca.pem",
                "sign demo/sent/MARCHE/MARCHE-1.xml --cert demo/pki/maker.key --key demo/pki/maker.key",
                "sign demo/sent/MARCHE/MARCHE-1.xml --cert demo/pki/maker.pem --key demo/pki/maker.pem",
                "sign demo/sent/MARCHE/MARCHE-1.xml --cert demo/pki/maker.pem --key demo/pki/checker.key",
                "serve \(Options.data) --port 0 --host-key demo/pki/maker.key",
                "validate demo/pki", "submit demo/pki \(Options.maker) \(Options.data)",
                "sign demo/pki \(Options.maker)",
                "clock show --gateway 127.0.0.1:1 --tls-cert demo/pki/MARCHE-tls.pem --ca demo/pki/ca.pem"
                    + " --tls-key demo/pki/RAILCO-tls.key",
                "clock show --gateway 127.0.0.1:1 --tls-cert demo/pki/ca.crl.pem --ca demo/pki/ca.pem"
                    + " --tls-key demo/pki/RAILCO-tls.key",
            ]
            for line in lines { try place.fails(.usage, "usage", line) }
        }

        @Test func withJSONErrorsStayOnStandardErrorWithTheSameStatus() throws {
            let place = try DemoHouse.place
            try place.fails(.refused, "NET-005", "status MARCHE/LIVE/99 \(Options.data) --json")
            try place.fails(.refused, "WIN-002", "window show W-2099-01A \(Options.data) --json")
            try place.fails(.usage, "usage", "positions --data nowhere --json")
            try place.fails(
                .verificationFailed, "SIG-006", "verify demo/sent/MARCHE/MARCHE-1.xml --trust demo/pki/ca.pem --json")
            try place.fails(
                .unavailable, "unavailable",
                "clock show --gateway 127.0.0.1:1 --tls-cert demo/pki/MARCHE-tls.pem --tls-key demo/pki/MARCHE-tls.key"
                    + " --ca demo/pki/ca.pem --json")
        }

        @Test func anExistingTargetIsNotTouched() throws {
            let place = try DemoHouse.place
            try place.fails(.usage, "usage", "demo demo")
            try place.fails(.usage, "usage", "backup \(Options.data) --to demo/pki")
            try place.fails(.usage, "usage", "backup \(Options.data) --to demo/data/copy")
            try place.fails(.usage, "usage", "restore --from demo/data --data demo/pki")
            #expect(!place.exists("demo/data/copy"))
        }
    }
}
