// The codes by name, for use in code: `.sig002` is SIG-002.
extension ReasonCode {
    /// SIG-001: a file or message carries a signature.
    public static let sig001 = ReasonCode(known: "SIG-001")
    /// SIG-002: the signature matches the bytes received.
    public static let sig002 = ReasonCode(known: "SIG-002")
    /// SIG-003: the signer's certificate is registered for this partner, for signing, and active.
    public static let sig003 = ReasonCode(known: "SIG-003")
    /// SIG-004: the signer's certificate is within its validity at receipt.
    public static let sig004 = ReasonCode(known: "SIG-004")
    /// SIG-005: the signer's certificate is not revoked.
    public static let sig005 = ReasonCode(known: "SIG-005")
    /// SIG-006: the signer's certificate chains to the coalition's authority and is meant for signing.
    public static let sig006 = ReasonCode(known: "SIG-006")
    /// SIG-007: algorithm and key follow the signature policy: SHA-256 or stronger, RSA 2048 bits or more, ECDSA
    /// P-256 or P-384.
    public static let sig007 = ReasonCode(known: "SIG-007")
    /// SIG-008: the signature is one CMS SignedData of the kind agreed, with one signer, signed attributes and none
    /// unsigned.
    public static let sig008 = ReasonCode(known: "SIG-008")
    /// SIG-009: the signer's certificate stays valid for 30 days or more.
    public static let sig009 = ReasonCode(known: "SIG-009")
    /// SIG-011: the gateway has a current revocation list for the signer's certificate.
    public static let sig011 = ReasonCode(known: "SIG-011")
    /// SYN-001: the document is well-formed XML, or CSV as described.
    public static let syn001 = ReasonCode(known: "SYN-001")
    /// SYN-002: header and envelope follow the schema.
    public static let syn002 = ReasonCode(known: "SYN-002")
    /// SYN-003: no DTD, no entity, nesting at most 16, tags and fields within their limits.
    public static let syn003 = ReasonCode(known: "SYN-003")
    /// SYN-004: the bytes are UTF-8.
    public static let syn004 = ReasonCode(known: "SYN-004")
    /// SYN-005: size and number of records stay within the limits.
    public static let syn005 = ReasonCode(known: "SYN-005")
    /// SYN-006: the schema version is supported.
    public static let syn006 = ReasonCode(known: "SYN-006")
    /// FIL-001: header, declaration, signature and connection name the same partner.
    public static let fil001 = ReasonCode(known: "FIL-001")
    /// FIL-002: the number of records is the number declared.
    public static let fil002 = ReasonCode(known: "FIL-002")
    /// FIL-003: the control sum of each unit is the sum of its records.
    public static let fil003 = ReasonCode(known: "FIL-003")
    /// FIL-004: an id or number is used for one content only.
    public static let fil004 = ReasonCode(known: "FIL-004")
    /// FIL-005: a file or message is sent once; a repeat gets the stored answer.
    public static let fil005 = ReasonCode(known: "FIL-005")
    /// FIL-006: sequence numbers have no gap.
    public static let fil006 = ReasonCode(known: "FIL-006")
    /// FIL-007: the partner is active.
    public static let fil007 = ReasonCode(known: "FIL-007")
    /// FIL-009: the file's creation time is within 24 hours of the gateway's clock.
    public static let fil009 = ReasonCode(known: "FIL-009")
    /// FIL-010: refused records stay within the agreement's threshold.
    public static let fil010 = ReasonCode(known: "FIL-010")
    /// FIL-011: a number that was refused is used again only by a replacement that names the refusal's receipt.
    public static let fil011 = ReasonCode(known: "FIL-011")
    /// FIL-012: the declaration at the begin of an upload is that of the file's header, and size and digest are those
    /// of the bytes.
    public static let fil012 = ReasonCode(known: "FIL-012")
    /// FIL-013: a file that was cancelled is not taken.
    public static let fil013 = ReasonCode(known: "FIL-013")
    /// FMT-001: a mandatory field is present.
    public static let fmt001 = ReasonCode(known: "FMT-001")
    /// FMT-002: an amount is a positive whole number of the unit's smallest quantity, at most 999999999999.
    public static let fmt002 = ReasonCode(known: "FMT-002")
    /// FMT-003: an amount is not zero.
    public static let fmt003 = ReasonCode(known: "FMT-003")
    /// FMT-004: the record type is one of the schema's.
    public static let fmt004 = ReasonCode(known: "FMT-004")
    /// FMT-005: a date is a real day written YYYY-MM-DD, an instant RFC 3339 with an offset.
    public static let fmt005 = ReasonCode(known: "FMT-005")
    /// FMT-006: an id has 1 to 35 allowed characters.
    public static let fmt006 = ReasonCode(known: "FMT-006")
    /// FMT-007: text has no control and no direction-changing characters.
    public static let fmt007 = ReasonCode(known: "FMT-007")
    /// FMT-008: a record holds the elements of the schema in its order, and nothing else.
    public static let fmt008 = ReasonCode(known: "FMT-008")
    /// FMT-009: a field's value follows the schema.
    public static let fmt009 = ReasonCode(known: "FMT-009")
    /// REF-001: a card number has 12 to 19 digits and its check digit is right.
    public static let ref001 = ReasonCode(known: "REF-001")
    /// REF-007: the unit is the shared currency or the partner's own.
    public static let ref007 = ReasonCode(known: "REF-007")
    /// DUP-001: a transaction id is sent once; a repeat with the same content gets the first result.
    public static let dup001 = ReasonCode(known: "DUP-001")
    /// DUP-002: a transaction id has one content.
    public static let dup002 = ReasonCode(known: "DUP-002")
    /// DUP-003: one member, store, instant and amount come once within a file.
    public static let dup003 = ReasonCode(known: "DUP-003")
    /// AGR-001: an agreement is in force on the business date.
    public static let agr001 = ReasonCode(known: "AGR-001")
    /// AGR-002: the agreement grants the role for this record type.
    public static let agr002 = ReasonCode(known: "AGR-002")
    /// AGR-003: a ratio is in force on the business date.
    public static let agr003 = ReasonCode(known: "AGR-003")
    /// AGR-004: a price is in force on the business date.
    public static let agr004 = ReasonCode(known: "AGR-004")
    /// CNV-001: a positive amount converts to at least one unit of the shared currency.
    public static let cnv001 = ReasonCode(known: "CNV-001")
    /// DAT-001: a business date is not after the day of receipt in the partner's zone.
    public static let dat001 = ReasonCode(known: "DAT-001")
    /// DAT-002: a record arrives within the agreement's late limit.
    public static let dat002 = ReasonCode(known: "DAT-002")
    /// DAT-003: a record arrives within the agreement's days of grace.
    public static let dat003 = ReasonCode(known: "DAT-003")
    /// LIM-001: a record stays within the agreement's limit for its type.
    public static let lim001 = ReasonCode(known: "LIM-001")
    /// LIM-005: a partner's redemptions of a day stay within the agreement's limit.
    public static let lim005 = ReasonCode(known: "LIM-005")
    /// LIM-006: a partner's points and units of a window stay below 1000000000000000.
    public static let lim006 = ReasonCode(known: "LIM-006")
    /// RVS-001: the original of a reversal is an accepted record of this partner.
    public static let rvs001 = ReasonCode(known: "RVS-001")
    /// RVS-002: the original is not yet fully reversed.
    public static let rvs002 = ReasonCode(known: "RVS-002")
    /// RVS-003: the units do not exceed what is left to reverse.
    public static let rvs003 = ReasonCode(known: "RVS-003")
    /// RVS-004: unit, member and type fit the original.
    public static let rvs004 = ReasonCode(known: "RVS-004")
    /// RVS-005: the agreement's reversal limit in days has not passed.
    public static let rvs005 = ReasonCode(known: "RVS-005")
    /// RVS-006: a bonus is reversed with the record that triggered it.
    public static let rvs006 = ReasonCode(known: "RVS-006")
    /// TRF-001: a transfer reaches the ratio's minimum.
    public static let trf001 = ReasonCode(known: "TRF-001")
    /// TRF-002: a transfer is a multiple of the ratio's step.
    public static let trf002 = ReasonCode(known: "TRF-002")
    /// PRM-001: the promotion exists and runs on the business date.
    public static let prm001 = ReasonCode(known: "PRM-001")
    /// PRM-002: every funder of the promotion has signed it.
    public static let prm002 = ReasonCode(known: "PRM-002")
    /// ADJ-001: an adjustment has a reason, and a partner's own is in points and a debit.
    public static let adj001 = ReasonCode(known: "ADJ-001")
    /// WIN-001: a file ends before the cut-off that its upload began before.
    public static let win001 = ReasonCode(known: "WIN-001")
    /// STM-001: an answer names a settlement statement that was issued to its sender.
    public static let stm001 = ReasonCode(known: "STM-001")
    /// STM-002: an answer states the SHA-256 of the statement's XML as it was issued.
    public static let stm002 = ReasonCode(known: "STM-002")
    /// STM-003: an answer's totals are in the statement's currency, and those of who agrees are the statement's.
    public static let stm003 = ReasonCode(known: "STM-003")
    /// STM-004: a difference is about a line or figure of the statement, each named once.
    public static let stm004 = ReasonCode(known: "STM-004")
    /// STM-005: a difference states a value that fits the line or figure and is not the statement's.
    public static let stm005 = ReasonCode(known: "STM-005")
    /// STM-006: a statement's figures follow from each other.
    public static let stm006 = ReasonCode(known: "STM-006")
    /// CFG-001: versions neither overlap nor leave a gap.
    public static let cfg001 = ReasonCode(known: "CFG-001")
    /// CFG-002: a change does not touch dates whose records are accepted.
    public static let cfg002 = ReasonCode(known: "CFG-002")
    /// CFG-003: no cycle of ratios multiplies points, and no price of reimbursement exceeds that of issuance.
    public static let cfg003 = ReasonCode(known: "CFG-003")
    /// CFG-004: a programme's file is signed by a maker and another checker of the host and by the partners that it
    /// binds.
    public static let cfg004 = ReasonCode(known: "CFG-004")
    /// CFG-005: a programme's file has the fields that Specs/programme.md lists, with values of their kinds.
    public static let cfg005 = ReasonCode(known: "CFG-005")
    /// CFG-006: what a programme's file refers to exists.
    public static let cfg006 = ReasonCode(known: "CFG-006")
    /// CFG-007: a programme configures only what this version carries out.
    public static let cfg007 = ReasonCode(known: "CFG-007")
    /// ACT-001: an act is signed by an officer of the host.
    public static let act001 = ReasonCode(known: "ACT-001")
    /// ACT-002: maker and checker are two people.
    public static let act002 = ReasonCode(known: "ACT-002")
    /// ACT-003: an act's document is of a known kind with all its fields.
    public static let act003 = ReasonCode(known: "ACT-003")
    /// ACT-004: what an act refers to exists and stands where the act can change it.
    public static let act004 = ReasonCode(known: "ACT-004")
    /// ACT-005: an act is carried out once.
    public static let act005 = ReasonCode(known: "ACT-005")
    /// BNK-001: a message to a bank is about money, and the programme names the accounts, mandates and creditor id.
    public static let bnk001 = ReasonCode(known: "BNK-001")
    /// BNK-002: a bank's file is a camt.053 or camt.054 message whose entries are booked, with references and amounts.
    public static let bnk002 = ReasonCode(known: "BNK-002")
    /// BNK-003: every entry of a bank's file is for one instruction, on an account of the host.
    public static let bnk003 = ReasonCode(known: "BNK-003")
    /// KEY-001: a key change is a document of a known form, of the partner that signs it and is connected.
    public static let key001 = ReasonCode(known: "KEY-001")
    /// KEY-002: a new certificate is the coalition's, names the partner, and is good for its use.
    public static let key002 = ReasonCode(known: "KEY-002")
    /// KEY-003: a certificate is registered once and for one party, and a suspended key never again.
    public static let key003 = ReasonCode(known: "KEY-003")
    /// KEY-004: a rotation carries a signature of the new key over the same bytes.
    public static let key004 = ReasonCode(known: "KEY-004")
    /// KEY-005: a replaced key ends when its successor begins, or up to 90 days later.
    public static let key005 = ReasonCode(known: "KEY-005")
    /// KEY-006: a key that a request names is one of the partner's that can still be changed.
    public static let key006 = ReasonCode(known: "KEY-006")
    /// KEY-007: a partner has at most 8 keys of one use at once.
    public static let key007 = ReasonCode(known: "KEY-007")
    /// FX-001: a window closes with a fixing for every pair that its lines need.
    public static let fx001 = ReasonCode(known: "FX-001")
    /// FX-002: a window and pair have one fixing.
    public static let fx002 = ReasonCode(known: "FX-002")
    /// WIN-002: a window is known to the calendar.
    public static let win002 = ReasonCode(known: "WIN-002")
    /// CLK-001: the clock is moved on a data directory of the test clock only, and forwards.
    public static let clk001 = ReasonCode(known: "CLK-001")
    /// NET-001: frames follow Specs/wire.md.
    public static let net001 = ReasonCode(known: "NET-001")
    /// NET-002: a connection stays within its limits.
    public static let net002 = ReasonCode(known: "NET-002")
    /// NET-003: the gateway is not shutting down.
    public static let net003 = ReasonCode(known: "NET-003")
    /// NET-004: the connection's certificate is one that is registered for this use.
    public static let net004 = ReasonCode(known: "NET-004")
    /// NET-005: what was asked for exists and is the asker's.
    public static let net005 = ReasonCode(known: "NET-005")
    /// NET-006: the gateway can carry out what it is asked.
    public static let net006 = ReasonCode(known: "NET-006")
    /// API-001: a request to the HTTPS API follows Specs/api.md.
    public static let api001 = ReasonCode(known: "API-001")
    /// API-002: an idempotency key stands for one request.
    public static let api002 = ReasonCode(known: "API-002")
    /// API-003: pages of other sites do not use the HTTPS API.
    public static let api003 = ReasonCode(known: "API-003")
    /// STO-001: the gateway has room to store what it accepts.
    public static let sto001 = ReasonCode(known: "STO-001")

    /// An original is kept until its retention period has passed.
    public static let prv001 = ReasonCode(known: "PRV-001")
    /// What is read from an original can be had until the original is erased.
    public static let prv002 = ReasonCode(known: "PRV-002")
    /// What is read from an original is open until a member in it is forgotten.
    public static let prv003 = ReasonCode(known: "PRV-003")
}
