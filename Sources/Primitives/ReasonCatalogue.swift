/// The catalogue of reason codes. `Specs/reason-codes.md` is written from it and a test compares the two.
enum ReasonCatalogue {
    static let entries: [String: ReasonEntry] = {
        var out: [String: ReasonEntry] = [:]
        for (order, line) in lines.enumerated() {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 6, let severity = Severity(rawValue: fields[1]) else {
                preconditionFailure("the catalogue is misspelt at \(line)")
            }
            out[fields[0]] = ReasonEntry(
                code: fields[0], order: order, severity: severity, iso: fields[2], response: fields[3], rule: fields[4],
                action: fields[5])
        }
        return out
    }()

    static func unknown(_ code: String) -> ReasonEntry {
        ReasonEntry(
            code: code, order: .max, severity: .refuseFile, iso: "-", response: "96", rule: "a code of a later version",
            action: "read the documentation of the version that issued it")
    }

    // code | severity | ISO 20022 | ISO 8583 | rule | action
    private static let lines = [
        "SIG-001|REFUSE_FILE|DS0A|63|a file or message carries a signature|"
            + "sign the exact bytes and send the detached signature with the file",
        "SIG-002|REFUSE_FILE|DS17|63|the signature matches the bytes received|"
            + "sign the file again after its last change and resend",
        "SIG-003|REFUSE_FILE|DS0G|63|the signer's certificate is registered for this partner, for signing, "
            + "and active|"
            + "sign with a registered key, or have the certificate added to the agreement",
        "SIG-004|REFUSE_FILE|DS0D|63|the signer's certificate is within its validity at receipt|"
            + "renew the certificate and register the new one",
        "SIG-005|REFUSE_FILE|DS0C|63|the signer's certificate is not revoked|sign with another registered key",
        "SIG-006|REFUSE_FILE|DS0F|63|the signer's certificate chains to the coalition's authority and is "
            + "meant for signing|"
            + "use a certificate that the coalition's authority issued for signing",
        "SIG-007|REFUSE_FILE|DS0B|63|algorithm and key follow the signature policy: SHA-256 or stronger, RSA "
            + "2048 bits or more, ECDSA P-256 or P-384|"
            + "sign with an allowed algorithm and key",
        "SIG-008|REFUSE_FILE|DS19|63|the signature is one CMS SignedData of the kind agreed, with one signer,"
            + " signed attributes and none unsigned|"
            + "make the signature with `coalition sign` or as Specs/wire.md says",
        "SIG-009|WARNING|DS0D|00|the signer's certificate stays valid for 30 days or more|"
            + "renew the certificate soon",
        "SIG-011|REFUSE_FILE|DS0C|96|the gateway has a current revocation list for the signer's certificate|"
            + "send it again later; the host has to renew its list, and nothing was kept of the file",
        "SYN-001|REFUSE_FILE|FF01|30|the document is well-formed XML, or CSV as described|"
            + "correct the structure at the place named",
        "SYN-002|REFUSE_FILE|FF02|30|header and envelope follow the schema|"
            + "correct the element named against the schema",
        "SYN-003|REFUSE_FILE|FF01|30|no DTD, no entity, nesting at most 16, tags and fields within their limits|"
            + "remove what the message names",
        "SYN-004|REFUSE_FILE|FF01|30|the bytes are UTF-8|"
            + "write the file as UTF-8",
        "SYN-005|REFUSE_FILE|DS0K|13|size and number of records stay within the limits|"
            + "split the file",
        "SYN-006|REFUSE_FILE|FF02|30|the schema version is supported|"
            + "use a version that Specs lists",
        "FIL-001|REFUSE_FILE|BE01|03|header, declaration, signature and connection name the same partner|"
            + "send the file as the partner that signed it",
        "FIL-002|REFUSE_FILE|AM18|30|the number of records is the number declared|"
            + "correct the count or complete the file",
        "FIL-003|REFUSE_FILE|AM10|30|the control sum of each unit is the sum of its records|"
            + "correct the sums or complete the file",
        "FIL-004|REFUSE_FILE|DU01|94|an id or number is used for one content only|"
            + "use the next sequence number and a new message id",
        "FIL-005|WARNING|DU01|94|a file or message is sent once; a repeat gets the stored answer|"
            + "nothing to do: the first answer holds",
        "FIL-006|WARNING|RF01|30|sequence numbers have no gap|"
            + "send the missing numbers",
        "FIL-007|REFUSE_FILE|AG01|58|the partner is active|"
            + "ask the host about the partner's status",
        "FIL-009|WARNING|DT02|00|the file's creation time is within 24 hours of the gateway's clock|"
            + "check the sending system's clock",
        "FIL-010|REFUSE_FILE|DS04|30|refused records stay within the agreement's threshold|"
            + "correct the records listed and send the file again as a replacement",
        "FIL-011|REFUSE_FILE|RF01|30|a number that was refused is used again only by a replacement that names"
            + " the refusal's receipt|"
            + "put the refusal's receipt id into ReplacesReceiptId",
        "FIL-012|REFUSE_FILE|RF01|30|the declaration at the begin of an upload is that of the file's header, "
            + "and size and digest are those of the bytes|"
            + "declare what the file says",
        "FIL-013|REFUSE_FILE|DS02|30|a file that was cancelled is not taken|"
            + "send the content under the next sequence number",
        "FMT-001|REFUSE_RECORD|CH16|30|a mandatory field is present|"
            + "add the field",
        "FMT-002|REFUSE_RECORD|AM12|13|an amount is a positive whole number of the unit's smallest quantity, "
            + "at most 999999999999|"
            + "write the amount as digits only",
        "FMT-003|REFUSE_RECORD|AM01|13|an amount is not zero|"
            + "leave the record out or correct the amount",
        "FMT-004|REFUSE_RECORD|AG03|12|the record type is one of the schema's|"
            + "use a listed type",
        "FMT-005|REFUSE_RECORD|DT01|12|a date is a real day written YYYY-MM-DD, an instant RFC 3339 with an offset|"
            + "correct the date",
        "FMT-006|REFUSE_RECORD|CH16|30|an id has 1 to 35 allowed characters|"
            + "correct the id",
        "FMT-007|REFUSE_RECORD|CH16|30|text has no control and no direction-changing characters|"
            + "remove the characters",
        "FMT-008|REFUSE_RECORD|CH16|30|a record holds the elements of the schema in its order, and nothing else|"
            + "remove or move the element named",
        "FMT-009|REFUSE_RECORD|CH16|30|a field's value follows the schema|"
            + "correct the value",
        "REF-001|REFUSE_RECORD|AC01|14|a card number has 12 to 19 digits and its check digit is right|"
            + "correct the number",
        "REF-007|REFUSE_RECORD|AM03|12|the unit is the shared currency or the partner's own|"
            + "use one of them",
        "DUP-001|WARNING|DU03|94|a transaction id is sent once; a repeat with the same content gets the first result|"
            + "nothing to do: the first result holds",
        "DUP-002|REFUSE_RECORD|DU03|94|a transaction id has one content|"
            + "use a new id for a new transaction",
        "DUP-003|WARNING|DUPL|00|one member, store, instant and amount come once within a file|"
            + "check whether the till sent the sale twice",
        "AGR-001|REFUSE_RECORD|AG01|58|an agreement is in force on the business date|"
            + "agree on terms for the date",
        "AGR-002|REFUSE_RECORD|AG03|57|the agreement grants the role for this record type|"
            + "agree on the role",
        "AGR-003|REFUSE_RECORD|CURR|12|a ratio is in force on the business date|"
            + "agree on a ratio for the date",
        "AGR-004|REFUSE_RECORD|CURR|12|a price is in force on the business date|"
            + "agree on a price for the date",
        "CNV-001|WARNING|AM12|00|a positive amount converts to at least one unit of the shared currency|"
            + "nothing to do: the record counts for zero points",
        "DAT-001|REFUSE_RECORD|DT04|12|a business date is not after the day of receipt in the partner's zone|"
            + "correct the date",
        "DAT-002|REFUSE_RECORD|TM01|12|a record arrives within the agreement's late limit|"
            + "ask the host for an adjustment",
        "DAT-003|WARNING|TM01|00|a record arrives within the agreement's days of grace|"
            + "the late fee applies",
        "LIM-001|REFUSE_RECORD|AM02|61|a record stays within the agreement's limit for its type|"
            + "split or correct the amount",
        "LIM-005|REFUSE_RECORD|AM02|61|a partner's redemptions of a day stay within the agreement's limit|"
            + "ask the host to raise the limit",
        "LIM-006|REFUSE_RECORD|AM02|61|a partner's points and units of a window stay below 1000000000000000|"
            + "check the amounts; what is meant this way is to be agreed with the host",
        "RVS-001|REFUSE_RECORD|CH16|25|the original of a reversal is an accepted record of this partner|"
            + "name the original's transaction id",
        "RVS-002|REFUSE_RECORD|DUPL|21|the original is not yet fully reversed|"
            + "nothing is left to reverse",
        "RVS-003|REFUSE_RECORD|AM02|13|the units do not exceed what is left to reverse|"
            + "reverse at most the rest",
        "RVS-004|REFUSE_RECORD|CH16|12|unit, member and type fit the original|"
            + "repeat the original's unit and member; transfers are reversed in full",
        "RVS-005|REFUSE_RECORD|TM01|12|the agreement's reversal limit in days has not passed|"
            + "ask the host for an adjustment",
        "RVS-006|WARNING|CH16|00|a bonus is reversed with the record that triggered it|"
            + "reverse the bonus as well, if it is not due",
        "TRF-001|REFUSE_RECORD|AM12|13|a transfer reaches the ratio's minimum|"
            + "transfer at least the minimum",
        "TRF-002|REFUSE_RECORD|AM12|13|a transfer is a multiple of the ratio's step|"
            + "transfer a multiple of the step",
        "PRM-001|REFUSE_RECORD|CH16|12|the promotion exists and runs on the business date|"
            + "correct the promotion or the date",
        "PRM-002|REFUSE_RECORD|AG01|57|every funder of the promotion has signed it|"
            + "have the missing funder sign",
        "ADJ-001|REFUSE_RECORD|AG01|57|an adjustment has a reason, and a partner's own is in points and a debit|"
            + "add the reason; other adjustments are the host's",
        "WIN-001|WARNING|DT05|00|a file ends before the cut-off that its upload began before|"
            + "it counts in the next window",
        "STM-001|REFUSE_FILE|-|25|an answer names a settlement statement that was issued to its sender|"
            + "name a statement of your own, as STL-WINDOW-PARTNER",
        "STM-002|REFUSE_FILE|-|12|an answer states the SHA-256 of the statement's XML as it was issued|"
            + "fetch the statement again and answer that one",
        "STM-003|REFUSE_FILE|-|12|an answer's totals are in the statement's currency, and those of who agrees "
            + "are the statement's|"
            + "agree to what the statement says, or list the differences",
        "STM-004|REFUSE_FILE|-|12|a difference is about a line or figure of the statement, each named once|"
            + "name a line that the statement has",
        "STM-005|REFUSE_FILE|-|12|a difference states a value that fits the line or figure and is not the statement's|"
            + "correct the value, or leave the difference out",
        "STM-006|REFUSE_COMMAND|-|12|a statement's figures follow from each other|"
            + "do not agree to the statement; ask the host",
        "CFG-001|REFUSE_COMMAND|-|96|versions neither overlap nor leave a gap|"
            + "correct the dates at the places named",
        "CFG-002|REFUSE_COMMAND|-|96|a change does not touch dates whose records are accepted|"
            + "let it begin after the last accepted business date",
        "CFG-003|REFUSE_COMMAND|-|96|no cycle of ratios multiplies points, and no price of reimbursement "
            + "exceeds that of issuance|"
            + "check the ratios and prices named",
        "CFG-004|REFUSE_COMMAND|-|96|a programme's file is signed by a maker and another checker of the host "
            + "and by the partners that it binds|"
            + "add the missing signatures",
        "CFG-005|REFUSE_COMMAND|-|96|a programme's file has the fields that Specs/programme.md lists, with "
            + "values of their kinds|"
            + "correct the field at the line named",
        "CFG-006|REFUSE_COMMAND|-|96|what a programme's file refers to exists|"
            + "correct the reference at the line named",
        "CFG-007|REFUSE_COMMAND|-|96|a programme configures only what this version carries out|"
            + "remove the setting named",
        "ACT-001|REFUSE_COMMAND|-|57|an act is signed by an officer of the host|"
            + "sign with an officer's certificate",
        "ACT-002|REFUSE_COMMAND|-|57|maker and checker are two people|"
            + "let another officer countersign",
        "ACT-003|REFUSE_COMMAND|-|12|an act's document is of a known kind with all its fields|"
            + "correct the act",
        "ACT-004|REFUSE_COMMAND|-|25|what an act refers to exists and stands where the act can change it|"
            + "look at its present state",
        "ACT-005|REFUSE_COMMAND|-|94|an act is carried out once|"
            + "nothing to do: it is done",
        "BNK-001|REFUSE_COMMAND|-|96|a message to a bank is about money, and the programme names the accounts, "
            + "mandates and creditor id that it needs|"
            + "complete the programme, or ask for another message",
        "BNK-002|REFUSE_COMMAND|-|12|a bank's file is a camt.053 or camt.054 message of version 08 whose entries are "
            + "booked and have references and amounts|"
            + "ask the bank for such a file with details of batches",
        "BNK-003|REFUSE_COMMAND|-|25|every entry of a bank's file is for one instruction, by end-to-end id, currency "
            + "and direction, on an account of the host|"
            + "let the bank correct the file, or record entries one by one",
        "KEY-001|REFUSE_COMMAND|-|12|a key change is a document of a known form, of the partner that signs it "
            + "and is connected|"
            + "correct the request",
        "KEY-002|REFUSE_COMMAND|-|63|a new certificate is the coalition's, names the partner, and is good for its use|"
            + "have a certificate issued by its profile",
        "KEY-003|REFUSE_COMMAND|-|94|a certificate is registered once and for one party, and a suspended key "
            + "never again|"
            + "have a certificate issued for a new key",
        "KEY-004|REFUSE_COMMAND|-|63|a rotation carries a signature of the new key over the same bytes|"
            + "sign the request with the new key as well",
        "KEY-005|REFUSE_COMMAND|-|12|a replaced key ends when its successor begins, or up to 90 days later|"
            + "name another instant",
        "KEY-006|REFUSE_COMMAND|-|25|a key that a request names is one of the partner's that can still be changed|"
            + "look at the list of keys",
        "KEY-007|REFUSE_COMMAND|-|13|a partner has at most 8 keys of one use at once|"
            + "let an old key end first",
        "FX-001|REFUSE_COMMAND|-|96|a window closes with a fixing for every pair that its lines need|"
            + "add the fixing named",
        "FX-002|REFUSE_COMMAND|-|94|a window and pair have one fixing|"
            + "nothing to do, or raise an adjustment",
        "WIN-002|REFUSE_COMMAND|-|12|a window is known to the calendar|"
            + "name a window of the programme",
        "CLK-001|REFUSE_COMMAND|-|57|the clock is moved on a data directory of the test clock only, and forwards|"
            + "name a later instant, on a directory made with --clock test",
        "NET-001|REFUSE_FILE|-|30|frames follow Specs/wire.md|"
            + "correct the client",
        "NET-002|REFUSE_FILE|-|13|a connection stays within its limits|"
            + "wait, or send less at once",
        "NET-003|REFUSE_FILE|-|91|the gateway is not shutting down|"
            + "connect again later",
        "NET-004|REFUSE_FILE|-|57|the connection's certificate is one that is registered for this use|"
            + "connect with a registered certificate",
        "NET-005|REFUSE_FILE|-|25|what was asked for exists and is the asker's|"
            + "check the id",
        "NET-006|REFUSE_FILE|-|96|the gateway can carry out what it is asked|"
            + "send the same again later; tell the host when it persists",
        "API-001|REFUSE_COMMAND|-|30|a request to the HTTPS API follows Specs/api.md|"
            + "correct the path, parameter, header or body named",
        "API-002|REFUSE_COMMAND|-|94|an idempotency key stands for one request|"
            + "take a new key for another request",
        "API-003|REFUSE_COMMAND|-|57|pages of other sites do not use the HTTPS API|"
            + "call it from a program, or from the API's own site",
        "STO-001|REFUSE_FILE|-|96|the gateway has room to store what it accepts|"
            + "send again later",
        "PRV-001|REFUSE_COMMAND|-|57|an original is kept until its retention period has passed|"
            + "wait until after the day named",
        "PRV-002|REFUSE_COMMAND|-|25|what is read from an original can be had until the original is erased|"
            + "nothing to do: receipts and statements remain",
        "PRV-003|REFUSE_COMMAND|-|57|what is read from an original is open until a member in it is forgotten|"
            + "nothing to do: the original is closed, receipts and statements remain",
    ]
}
