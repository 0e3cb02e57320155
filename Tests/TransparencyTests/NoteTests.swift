import OpenSSLKit
import Primitives
import TestKit
import Testing
import Transparency

@Suite("Signed notes, checkpoints and proofs as texts")
struct NoteTests {
    private static func digest(_ bytes: [UInt8]) -> Digest32 { SHA256.digest(bytes) }
    private static func check(_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool {
        (try? Ed25519PublicKey(bytes: key))?.isValid(signature: signature, over: message) == true
    }

    /// The example of the first implementation of the format, known to all others.
    private static let known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let knownText = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    private static let knownLine =
        "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ryy"
        + "BwJnAM="

    private func key(_ text: String) throws -> VerifierKey { try VerifierKey(parsing: text, digest: Self.digest) }

    private func pair(_ name: String, seed: UInt8) throws -> (VerifierKey, Ed25519PrivateKey) {
        let secret = try Ed25519PrivateKey(seed: [UInt8](repeating: seed, count: 32))
        return (try VerifierKey(name: name, publicKey: secret.publicKey.bytes, digest: Self.digest), secret)
    }

    @Test("the known note is read, its signature is the known key's, and signing it again gives its bytes")
    func knownNote() throws {
        let bytes = Array((Self.knownText + "\n" + Self.knownLine + "\n").utf8)
        let note = try SignedNote(parsing: bytes)
        let key = try key(Self.known)
        #expect(note.text == Self.knownText)
        #expect(note.bytes == bytes)
        #expect(key.description == Self.known)
        #expect(key.id == 0xc74f_20a3)
        #expect(try note.signers(among: [key], Self.check) == [key])
        // The seed is published with the example.
        let seed = try #require(Base64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz".utf8))
        let secret = try Ed25519PrivateKey(seed: Array(seed.dropFirst()))
        #expect(secret.publicKey.bytes == key.publicKey)
        #expect(try SignedNote(Self.knownText, key: key, sign: secret.sign).bytes == bytes)
    }

    @Test("a changed text, a changed signature, or only strangers' signatures are no signature")
    func wrongSignatures() throws {
        let whole = Self.knownText + "\n" + Self.knownLine + "\n"
        let known = try key(Self.known)
        let changed = try SignedNote(parsing: Array(whole.replacing("cryptography", with: "cryptographY").utf8))
        #expect(throws: NoteError.wrongSignature("PeterNeumann")) { try changed.signers(among: [known], Self.check) }
        let (other, secret) = try pair("PeterNeumann", seed: 3)
        let note = try SignedNote(parsing: Array(whole.utf8))
        #expect(throws: NoteError.notSigned) { try note.signers(among: [other], Self.check) }
        #expect(throws: NoteError.notSigned) { try note.signers(among: [], Self.check) }
        let both = try note.signed(by: other, sign: secret.sign)
        #expect(try both.signers(among: [known, other], Self.check) == [known, other])
        #expect(try both.signers(among: [other], Self.check) == [other])
        #expect(try SignedNote(parsing: both.bytes) == both)
        let forged = try note.signed(by: other) { _ in [UInt8](repeating: 9, count: 64) }
        #expect(throws: NoteError.wrongSignature("PeterNeumann")) {
            try forged.signers(among: [known, other], Self.check)
        }
        #expect(try forged.signers(among: [known], Self.check) == [known])
        let short = try note.signed(by: other) { _ in [1] }
        #expect(throws: NoteError.self) { try short.signers(among: [other], Self.check) }
    }

    @Test("a text may have blank lines; the last one parts it from the signatures")
    func blankLines() throws {
        let (key, secret) = try pair("example.com/foo", seed: 1)
        let text = "a\n\n\u{2014} example.com/foo AAAAAAA=\n\nb\n"
        let note = try SignedNote(text, key: key, sign: secret.sign)
        let again = try SignedNote(parsing: note.bytes)
        #expect(again == note)
        #expect(again.text == text)
        #expect(try again.signers(among: [key], Self.check) == [key])
    }

    @Test("verifier keys that are not written as they must be are refused")
    func keys() throws {
        let rest = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        for wrong in [
            "", "PeterNeumann", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+\(rest)", "+c74f20a3+\(rest)",
            "PeterNeumann+C74F20A3+\(rest)", "PeterNeumann+0c74f20a3+\(rest)", "Peter Neumann+c74f20a3+\(rest)",
            "PeterNeumann+c74f20a3+\(rest) ", "PeterNeumann+c74f20a3+\(rest.dropLast(4))",
            "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+", "a+b+c+d",
            "Peter\u{A0}Neumann+c74f20a3+\(rest)", "PeterNeumann\n+c74f20a3+\(rest)", "PeterNeuman+c74f20a3+\(rest)",
        ] { #expect(throws: NoteError.self, "\(wrong)") { try key(wrong) } }
        for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb", "a\u{1}"] {
            #expect(throws: NoteError.badName(name)) {
                try VerifierKey(name: name, publicKey: [UInt8](repeating: 1, count: 32), digest: Self.digest)
            }
        }
        #expect(throws: NoteError.self) { try VerifierKey(name: "a", publicKey: [1], digest: Self.digest) }
        // A plus sign within the base64 belongs to it.
        #expect(try key("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6").name == "TEST")
    }

    @Test("bytes that are no note are refused, and any that are read are written back the same")
    func hostile() throws {
        let line = Self.knownLine
        for wrong in [
            "", "\n", "\n\n", "a", "a\n", "a\n\n", "a\n\n\n", "a\n\(line)\n", "a\n\n\(line)", "a\n\n\(line)\n\n",
            "a\n\n\(line)\n\(line)", "a\n\n\(line) \n", "a\n\n\(line.replacing(" ", with: "  "))\n", "a\n\n-\(line)\n",
            "a\n\n\u{2014} x AAAA\n", "a\n\n\u{2014} x AAAAAA==\n", "a\n\n\u{2014} x AAAAAAB=\n",
            "a\n\n\u{2014} x+y AAAAAAA=\n",
            "a\n\n\u{2014}  AAAAAAA=\n", "a\n\n\u{2014} x\u{2003}y AAAAAAA=\n", "a\r\n\n\(line)\n", "a\t\n\n\(line)\n",
            "a\u{0}\n\n\(line)\n", "a\n\n\(line)\nb\n",
        ] { #expect(throws: NoteError.self, "\(wrong)") { try SignedNote(parsing: Array(wrong.utf8)) } }
        #expect(throws: NoteError.self) { try SignedNote(parsing: [0xFF] + Array("a\n\n\(line)\n".utf8)) }
        let most = "a\n\n" + String(repeating: line + "\n", count: SignedNote.maximumSignatures)
        #expect(try SignedNote(parsing: Array(most.utf8)).signatures.count == 64)
        #expect(throws: NoteError.self) { try SignedNote(parsing: Array((most + line + "\n").utf8)) }
        let full = try SignedNote(parsing: Array(most.utf8))
        let (key, secret) = try pair("k", seed: 2)
        #expect(throws: NoteError.self) { try full.signed(by: key, sign: secret.sign) }
        let long = String(repeating: "a", count: SignedNote.maximumBytes)
        #expect(throws: NoteError.self) { try SignedNote(parsing: Array("\(long)\n\n\(line)\n".utf8)) }
        for text in ["a", "a\u{7}\n", "", long + "\n"] {
            #expect(throws: NoteError.self) { try SignedNote(text, key: key, sign: secret.sign) }
        }
        var random = SeededGenerator.printed(for: "bytes that are no note are refused")
        let good = Array((Self.knownText + "\n" + line + "\n").utf8)
        for _ in 0..<TestLength.cases(2000, long: 50_000) {
            var bytes = good
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = random.pick([0x0A, 0x20, 0x2B, 0x3D, 0x41, 0xE2, UInt8(random.next() & 255)])
                case 1: bytes.remove(at: place)
                default: bytes.insert(random.pick([0x0A, 0x20, 0x3D, 0x80]), at: place)
                }
            }
            if let note = try? SignedNote(parsing: bytes) { #expect(note.bytes == bytes) }
        }
    }

    @Test("a checkpoint is three lines, and others' further lines are kept")
    func checkpoints() throws {
        let root = Self.digest([1])
        let made = try Checkpoint(origin: "example.com/log 1", size: 20_852_163, root: root)
        #expect(made.text == "example.com/log 1\n20852163\n\(Base64.encode(root.bytes))\n")
        #expect(try Checkpoint(parsing: made.text) == made)
        let more = try Checkpoint(parsing: made.text + "more\nand more\n")
        #expect(more.extensionLines == ["more", "and more"])
        #expect(more.text == made.text + "more\nand more\n")
        #expect(try Checkpoint(parsing: "o\n0\n\(Base64.encode(root.bytes))\n").size == 0)
        let hash = Base64.encode(root.bytes)
        for wrong in [
            "", "o\n1\n", "o\n1\n\(hash)", "\n1\n\(hash)\n", "o\n01\n\(hash)\n", "o\n+1\n\(hash)\n", "o\n-1\n\(hash)\n",
            "o\n\n\(hash)\n", "o\n1 \n\(hash)\n", "o\n18446744073709551616\n\(hash)\n", "o\n1\n\(hash.dropLast())\n",
            "o\n1\n\(hash)\n\n", "o\n1\n\(hash) \n", "o\n1\nAAAA\n", "o\n1\n\(hash)\n\nmore\n", "o\n\u{661}\n\(hash)\n",
        ] { #expect(throws: NoteError.self, "\(wrong)") { try Checkpoint(parsing: wrong) } }
        #expect(throws: NoteError.self) { try Checkpoint(origin: "", size: 0, root: root) }
        #expect(throws: NoteError.self) { try Checkpoint(origin: "a\nb", size: 0, root: root) }
    }

    @Test("a proof with its checkpoint is read as it was written, and shows its leaf and no other")
    func proofs() throws {
        let hashing = OpenSSLTreeHashing()
        let leaves = TreeTests.data.map { hashing.leaf($0.span) }
        let naive = NaiveTree.plain
        let (key, secret) = try pair("example.com/log", seed: 4)
        let checkpoint = try Checkpoint(origin: key.name, size: 7, root: naive.root(leaves[..<7]))
        let note = try SignedNote(checkpoint.text, key: key, sign: secret.sign)
        for extra in [nil, Array("which fact".utf8)] as [[UInt8]?] {
            for index in 0..<7 {
                let hashes = naive.path(index, leaves[..<7])
                let proof = try LogProof(index: UInt64(index), hashes: hashes, note: note, extra: extra)
                let again = try LogProof(parsing: proof.bytes)
                #expect(again == proof)
                #expect(again.checkpoint == checkpoint)
                #expect(again.bytes == proof.bytes)
                #expect(again.proves(leaves[index], hashing))
                #expect(!again.proves(leaves[(index + 1) % 8], hashing))
                #expect(try again.note.signers(among: [key], Self.check) == [key])
            }
        }
        let whole = try LogProof(index: 6, hashes: naive.path(6, leaves[..<7]), note: note, extra: [1])
        let text = String(decoding: whole.bytes, as: UTF8.self)
        #expect(text.hasPrefix("c2sp.org/tlog-proof@v1\nextra AQ==\nindex 6\n"))
        for (old, new) in [
            ("@v1", "@v2"), ("extra AQ==", "extra AR=="), ("extra AQ==\n", "extra \n"), ("extra", "Extra"),
            ("index 6", "index 06"), ("index 6", "index 7"), ("index 6\n", ""), ("index 6", "index  6"),
            ("index 6\n", "index 6\nAAAA\n"), ("index 6\n", "index 6\n\n"), ("\n\n", "\n"), ("log\n7\n", "log\n07\n"),
        ] {
            let wrong = text.replacing(old, with: new, maxReplacements: 1)
            #expect(wrong != text)
            #expect(throws: NoteError.self, "\(new)") { try LogProof(parsing: Array(wrong.utf8)) }
        }
        for count in 0..<whole.bytes.count {
            #expect(throws: NoteError.self) { try LogProof(parsing: Array(whole.bytes.prefix(count))) }
        }
        let many = [Digest32](repeating: .zero, count: 64)
        #expect(throws: NoteError.self) { try LogProof(index: 0, hashes: many, note: note) }
        #expect(throws: NoteError.self) { try LogProof(index: 0, hashes: [], note: note, extra: []) }
    }

    @Test("a proof of growth is read as it was written, and shows the earlier tree and no other")
    func growth() throws {
        let hashing = OpenSSLTreeHashing()
        let leaves = TreeTests.data.map { hashing.leaf($0.span) }
        let naive = NaiveTree.plain
        let (key, secret) = try pair("example.com/log", seed: 4)
        let checkpoint = try Checkpoint(origin: key.name, size: 7, root: naive.root(leaves[..<7]))
        let note = try SignedNote(checkpoint.text, key: key, sign: secret.sign)
        for size in 0...7 {
            let root = naive.root(leaves[..<size])
            let hashes = size == 0 || size == 7 ? [] : naive.proof(size, leaves[..<7])
            let proof = try GrowthProof(size: UInt64(size), root: root, hashes: hashes, note: note)
            let again = try GrowthProof(parsing: proof.bytes)
            #expect(again == proof)
            #expect(again.bytes == proof.bytes)
            #expect(again.checkpoint == checkpoint)
            #expect(again.isValid(hashing))
            #expect(try again.note.signers(among: [key], Self.check) == [key])
            let other = naive.root(leaves[1...])
            #expect(try !GrowthProof(size: UInt64(size), root: other, hashes: hashes, note: note).isValid(hashing))
        }
        let whole = try GrowthProof(
            size: 6, root: naive.root(leaves[..<6]), hashes: naive.proof(6, leaves[..<7]), note: note)
        let text = String(decoding: whole.bytes, as: UTF8.self)
        for (old, new) in [
            ("growth 1", "growth 2"), ("size 6", "size 06"), ("size 6", "size 8"), ("size 6\n", ""),
            ("size 6", "size  6"),
            ("root ", "root"), ("root ", "root AAAA"), ("\nroot", "\nAAAA\nroot"), ("\n\n", "\nAAAA\n\n"),
            ("\n\n", "\n"),
            ("log\n7\n", "log\n5\n"),
        ] {
            let wrong = text.replacing(old, with: new, maxReplacements: 1)
            #expect(wrong != text)
            #expect(throws: NoteError.self, "\(new)") { try GrowthProof(parsing: Array(wrong.utf8)) }
        }
        for count in 0..<whole.bytes.count {
            #expect(throws: NoteError.self) { try GrowthProof(parsing: Array(whole.bytes.prefix(count))) }
        }
        let many = [Digest32](repeating: .zero, count: 65)
        #expect(throws: NoteError.self) { try GrowthProof(size: 6, root: whole.root, hashes: many, note: note) }
    }

    @Test("a sample draws each number once and by the published rule")
    func samples() throws {
        let window = try WindowID("W-2026-03B")
        let draw = SampleDraw(root: Self.digest([1]), window: window, digest: Self.digest)
        #expect(draw.numbers(below: 0, size: 5) == [])
        #expect(draw.numbers(below: 1, size: 5) == [0])
        let few = draw.numbers(below: 1 << 40, size: 100)
        #expect(Set(few).count == 100)
        #expect(draw.numbers(below: 1 << 40, size: 40) == Array(few.prefix(40)))
        #expect(draw.numbers(below: 200, size: 1000).sorted() == Array(0..<200))
        let other = SampleDraw(root: Self.digest([2]), window: window, digest: Self.digest)
        #expect(other.numbers(below: 1 << 40, size: 100) != few)
        // With three quarters of all words as population, the words above are passed over and not folded down.
        var counter = 0
        let words: [UInt64] = [.max, 5, 3 << 62, 5, (3 << 62) - 1, 7]
        let scripted = SampleDraw(root: Self.digest([1]), window: window) { _ in
            defer { counter += 1 }
            return Digest32(words: words[counter], 0, 0, 0)
        }
        #expect(scripted.numbers(below: 3 << 62, size: 3) == [5, (3 << 62) - 1, 7])
    }
}
