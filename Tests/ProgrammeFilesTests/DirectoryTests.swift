import Foundation
import Primitives
import ProgrammeFiles
import ProgrammeModel
import Testing

@Suite struct DirectoryTests {
    @Test("files keep their bytes, and signatures lie with the file whose name they begin with")
    func signatures() throws {
        try withTemporaryFolder { folder in
            let files = try ScenarioProgramme.write(to: folder.path, certificates: [:])
            let agreements = folder.appendingPathComponent("agreements")
            try Data([1, 2]).write(to: agreements.appendingPathComponent("MARCHE.yaml.maker.p7s"))
            try Data([3]).write(to: agreements.appendingPathComponent("MARCHE.yaml.checker.2026.p7s"))
            try Data([4]).write(to: folder.appendingPathComponent("programme.yaml.maker.p7s"))
            try Data([5]).write(to: folder.appendingPathComponent(".hidden"))
            let directory = try ProgrammeDirectory.read(at: folder.path)
            #expect(directory.findings.isEmpty)
            let marche = try #require(directory.files.first { $0.path == "agreements/MARCHE.yaml" })
            #expect(marche.kind == .agreement)
            #expect(marche.name == "MARCHE")
            #expect(
                marche.signatures == [
                    SignatureFile(name: "MARCHE.yaml.checker.2026.p7s", bytes: [3]),
                    SignatureFile(name: "MARCHE.yaml.maker.p7s", bytes: [1, 2]),
                ])
            #expect(Set(directory.files.map(\.bytes)) == Set(files.map(\.bytes)))
            let signed = directory.files.filter { !$0.signatures.isEmpty }.map(\.path)
            #expect(signed == ["agreements/MARCHE.yaml", "programme.yaml"])
        }
    }

    @Test("a file that is no part of a programme is told, a signature without its file too")
    func strays() throws {
        var draft = Draft.golden
        draft.files["agreements/NEU.yml"] = "partner: NEU\n"
        draft.files["notes.txt"] = "hello"
        draft.files["promotions/GONE.yaml.maker.p7s"] = "x"
        let findings = draft.check().findings
        #expect(
            findings.map { "\($0.code) \($0.place.field)" } == [
                "CFG-005 agreements/NEU.yml", "CFG-005 notes.txt", "CFG-006 promotions/GONE.yaml.maker.p7s",
            ])
    }

    @Test("files are bounded, and only regular files are opened")
    func bounds() throws {
        try withTemporaryFolder { folder in
            try ScenarioProgramme.write(to: folder.path, certificates: [:])
            let agreements = folder.appendingPathComponent("agreements")
            try Data(count: 256 << 10 + 1).write(to: agreements.appendingPathComponent("BIG.yaml"))
            try Data(count: (64 << 10) + 1).write(to: agreements.appendingPathComponent("MARCHE.yaml.big.p7s"))
            try FileManager.default.createSymbolicLink(
                at: agreements.appendingPathComponent("LINK.yaml"),
                withDestinationURL: URL(fileURLWithPath: "/dev/zero"))
            try run("mkfifo", [agreements.appendingPathComponent("PIPE.yaml").path])
            let directory = try ProgrammeDirectory.read(at: folder.path)
            #expect(
                directory.findings.map { "\($0.code) \($0.place.field)" } == [
                    "CFG-005 agreements/BIG.yaml", "CFG-005 agreements/LINK.yaml",
                    "CFG-005 agreements/MARCHE.yaml.big.p7s", "CFG-005 agreements/PIPE.yaml",
                ])
        }
    }

    @Test("a directory that does not exist is a fault, and one without programme.yaml a finding")
    func missing() throws {
        #expect(throws: Fault.self) { try ProgrammeDirectory.read(at: "/nonexistent/programme") }
        var draft = Draft.golden
        draft.files["programme.yaml"] = nil
        let (programme, findings) = draft.check()
        #expect(programme == nil)
        #expect(findings.map(\.code) == [.cfg006])
        #expect(findings.first?.place.field == "programme.yaml")
    }
}
