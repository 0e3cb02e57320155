import Foundation
import OpenSSLKit
import Primitives
import TestKit
import Testing
import Verification

@Suite("What the gateway signs")
struct CMSSignerTests {
    private let pki = TestPKI.shared

    private func opensslVerify(_ signature: [UInt8], content: [UInt8]?, certificate: Certificate? = nil) throws
        -> [UInt8]
    {
        let folder = try ScratchFolder("verify")
        try folder.write(signature, to: "s.p7s")
        try folder.write(pki.authority.certificate.pem, to: "ca.pem")
        var arguments = [
            "cms", "-verify", "-binary", "-inform", "DER", "-in", "s.p7s", "-CAfile", "ca.pem", "-out", "out",
        ]
        if let content {
            try folder.write(content, to: "content")
            arguments += ["-content", "content"]
        }
        if let certificate {
            try folder.write(certificate.pem, to: "signer.pem")
            arguments += ["-certfile", "signer.pem"]
        }
        try ExternalProgram.succeed("openssl", arguments, in: folder)
        return try folder.read("out")
    }

    @Test(
        "verifies with plain openssl cms -verify and the authority's certificate alone",
        arguments: [PrivateKey.Generation.p256, .p384, .rsa(bits: 2048)])
    func openssl(_ key: PrivateKey.Generation) throws {
        let host = try pki.issue(.hostSigning, "HOST", key: key)
        let signer = try host.signer()
        let content = SignatureBench.content
        #expect(try opensslVerify(signer.signDetached(content, at: TestPKI.noon), content: content) == content)
        #expect(
            try opensslVerify(signer.signDetached(digest: SHA256.digest(content), at: TestPKI.noon), content: content)
                == content)
        #expect(try opensslVerify(signer.signAttached(content, at: TestPKI.noon), content: nil) == content)
        let slim = try host.signer(includesCertificate: false).signAttached(content, at: TestPKI.noon)
        #expect(try opensslVerify(slim, content: nil, certificate: host.certificate) == content)
        #expect(slim.count < 500 || host.certificate.key == .rsa(bits: 2048))
    }

    @Test("is strict DER: a strict reader takes it, and writing it again gives the same bytes")
    func strictDER() throws {
        let folder = try ScratchFolder("strict")
        let signer = try pki.hostSigning.signer(chain: [pki.authority.certificate])
        let signature = try signer.signDetached(SignatureBench.content, at: TestPKI.noon)
        try folder.write(signature, to: "s.p7s")
        try folder.write(
            """
            from cryptography.hazmat.primitives.serialization import pkcs7
            print(len(pkcs7.load_der_pkcs7_certificates(open("s.p7s", "rb").read())))

            # A check of its own for DER: shortest lengths, no indefinite ones, sets in order.
            def walk(data, start, end):
                items = []
                while start < end:
                    tag, length, at = data[start], data[start + 1], start + 2
                    assert length != 0x80, "indefinite"
                    if length > 0x80:
                        n = length & 0x7F
                        length = int.from_bytes(data[at:at + n], "big"); at += n
                        assert length >= 0x80 and (n == 1 or length >> (8 * (n - 1))), "long length"
                    assert at + length <= end
                    if tag & 0x20:
                        children = walk(data, at, at + length)
                        # SET OF, and the implicitly tagged sets of a SignedData: certificates and signed attributes.
                        if tag == 0x31 or (tag == 0xA0 and len(children) > 1):
                            assert children == sorted(children), "unsorted set"
                    items.append(data[start:at + length]); start = at + length
                return items
            data = open("s.p7s", "rb").read()
            assert len(walk(data, 0, len(data))) == 1
            """, to: "check.py")
        #expect(try ExternalProgram.succeed("python3", ["check.py"], in: folder).text == "2\n")
        try ExternalProgram.openssl("asn1parse", "-inform", "DER", "-in", "s.p7s", in: folder)
        try ExternalProgram.openssl(
            "cms", "-cmsout", "-inform", "DER", "-in", "s.p7s", "-outform", "DER", "-out", "again.p7s", in: folder)
        #expect(try folder.read("again.p7s") == signature)
    }

    @Test("shows the time that the caller gave as signing time, before and after 2050")
    func signingTime() throws {
        for text in ["2026-03-10T12:00:00Z", "2051-03-10T12:00:00Z"] {
            let instant = TestPKI.instant(text)
            let bytes = try pki.hostSigning.signer().signDetached([1], at: instant)
            #expect(try CMSSignature(ber: bytes, maximumBytes: 4096).signingTime == instant)
            let folder = try ScratchFolder("time")
            try folder.write(bytes, to: "s.p7s")
            let printed = try ExternalProgram.openssl(
                "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "s.p7s", in: folder
            ).text
            #expect(printed.contains(text.hasPrefix("2026") ? "Mar 10 12:00:00 2026" : "Mar 10 12:00:00 2051"))
        }
    }

    @Test("is accepted by our own policy, attached and detached, and the evidence says who signed what")
    func ownPolicy() throws {
        let bench = try SignatureBench()
        let signer = try bench.signing.signer()
        let detached = try signer.signDetached(SignatureBench.content, at: TestPKI.noon)
        let evidence = try #require(try bench.judge(detached).verified?.evidence)
        #expect(evidence.fingerprint == bench.signing.certificate.fingerprint)
        #expect(evidence.owner == bench.partner)
        #expect(evidence.usage == .sign)
        #expect(evidence.signer == bench.signing.certificate.subject)
        #expect(evidence.contentDigest == SHA256.digest(SignatureBench.content).description)
        #expect(evidence.signatureDigest == SHA256.digest(detached))
        #expect(evidence.digestAlgorithm == "SHA-256")
        #expect(evidence.signatureAlgorithm == "ECDSA")
        #expect(evidence.signingTime == TestPKI.noon)
        #expect(evidence.judgedAt == TestPKI.noon)
        #expect(evidence.chain.count == 2)
        #expect(evidence.revocationLists.map(\.digest) == [bench.pki.revocationList.digest])
        #expect(evidence.warnings.isEmpty)
        let stored = try JSONEncoder().encode(evidence)
        #expect(try JSONDecoder().decode(SignatureEvidence.self, from: stored) == evidence)
        let attached = try signer.signAttached(SignatureBench.content, at: TestPKI.noon)
        #expect(try bench.judge(message: attached).verified?.content == SignatureBench.content)
        let bare = try bench.signing.signer(includesCertificate: false).signAttached([], at: TestPKI.noon)
        #expect(try bench.judge(message: bare).verified?.content == [])
    }
}
