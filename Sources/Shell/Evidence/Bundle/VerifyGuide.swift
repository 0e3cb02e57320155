/// The page that leads a reader through a check of a bundle without our program.
enum VerifyGuide {
    static func text(_ scope: EvidenceScope, origin: String) -> String {
        let subject = scope.pairs.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return """
            # How to check this bundle

            It is the evidence of \(subject), from the log `\(origin)`. You need `sha256sum`, `openssl` 3 and, for the
            arithmetic, Python 3.11 with the verifier of the project (`Specs/verify/verify_evidence.py`) or the program
            `coalition`. You also need a *pins file* that reached you over another way than this bundle: the coalition's
            authority certificates and the line `logkey` with the key of the log. Nothing in here can stand for it.

            1. Unpack: `mkdir bundle && tar -xf BUNDLE.tar -C bundle && cd bundle`

            2. Every entry is as listed: `sha256sum -c MANIFEST`

            3. The list is signed by the log's key. The line in `MANIFEST.sig` ends with base64: four bytes that name the key,
               then the signature over the bytes of `MANIFEST`.

                   awk '{print $3}' MANIFEST.sig | base64 -d | tail -c 64 > manifest.sig
                   awk '/^logkey /{print $2}' PINS | cut -d+ -f3- | base64 -d | tail -c 32 > key.raw
                   (printf '\\x30\\x2a\\x30\\x05\\x06\\x03\\x2b\\x65\\x70\\x03\\x21\\x00'; cat key.raw) > key.der
                   openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in MANIFEST -sigfile manifest.sig

            4. The host signed the checkpoint to which all proofs lead, and each statement:

                   openssl cms -verify -binary -inform DER -CAfile PINS -in checkpoint.note.p7s \\
                     -content checkpoint.note -out /dev/null
                   for f in statements/*.xml; do openssl cms -verify -binary -inform DER -CAfile PINS \\
                     -in $f.p7s -content $f -out /dev/null; done

            5. A partner signed each file; the certificate is one of `trust/certificates`, and whose it is says the signed
               agreement in `programme`:

                   openssl cms -verify -binary -inform DER -CAfile PINS -certfile CERTIFICATE.pem \\
                     -in batches/NUMBER/signature.p7s -content batches/NUMBER/original -out /dev/null

            6. Everything else, to the last digit:

                   python3 verify_evidence.py BUNDLE.tar --trust PINS
                   coalition verify BUNDLE.tar --trust PINS

            The exit status says what failed: 10 archive, 11 signature, 12 a key that was not valid at the time,
            13 completeness, 14 order, 15 arithmetic, 16 document, 17 unknown trust root, 18 proof of the log; 0 is good.
            What each check compares stands in `Specs/evidence.md`.

            """
    }
}
