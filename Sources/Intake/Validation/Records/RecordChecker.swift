import Primitives

/// Judges the fields of a record, one after the other, and makes its content. Both formats share it.
///
/// All findings of a record are reported together. A finding either breaks the schema or a rule beyond it; which of the
/// two is remembered, so that a test can compare the verdicts with those of a schema validator.
struct RecordChecker {
    private let hash: ContentHash
    private var twins: TwinWindow?
    private var currencies = CurrencyCache()
    private var encoder = ContentEncoder()
    private var findings: [Finding] = []
    private var followsSchema = true
    private var ordinary: OrdinaryReader?

    /// Makes a checker.
    ///
    /// - Parameters:
    ///   - findsTwins: is for files, in which two records may be the same sale.
    ///   - lane: the fast way for ordinary records of files; nil for none.
    init(hash: @escaping ContentHash, findsTwins: Bool, lane: OrdinaryLane? = nil) {
        self.hash = hash
        ordinary = findsTwins ? lane.map(OrdinaryReader.init) : nil
        twins = findsTwins ? TwinWindow() : nil
    }

    /// Whether ordinary records are read at all.
    var readsOrdinary: Bool { ordinary != nil }

    /// Reads a record of the ordinary kind; nil where it is none, and `check` has to judge it.
    ///
    /// A record that was read here may be judged by `check` afterwards: it is no twin of itself.
    mutating func readOrdinary(_ bytes: Span<UInt8>, _ fields: OrdinaryFields, _ place: RecordPlace) -> OrdinaryRecord?
    {
        ordinary?.read(bytes, fields, place, &currencies, &twins)
    }

    /// Judges a record of so many bytes.
    mutating func check(_ raw: RawRecord, length: Int) -> RecordOutcome {
        findings = raw.findings
        followsSchema = raw.followsSchema
        let place = RecordPlace(number: raw.number, line: raw.line, offset: raw.offset, length: length)
        let amount = readAmount(raw)
        guard let content = readContent(raw, amount), !findings.contains(where: \.refuses) else {
            return refused(raw, place, amount)
        }
        if twins?.remember(content) == true {
            findings.append(
                Finding(
                    .dup003, at: raw.place(.transactionID), value: content.transactionID.text,
                    detail: "another record has the same member, store, instant, type and amount"))
        }
        let digest = ContentDigest(hash(encoder.encode(content, raw)))
        return .parsed(ParsedRecord(place: place, content: content, warnings: findings, contentDigest: digest))
    }

    /// Refuses a record for its structure alone: its fields cannot be told apart.
    mutating func refuse(_ raw: RawRecord, length: Int) -> RecordOutcome {
        findings = raw.findings
        followsSchema = false
        return refused(
            raw, RecordPlace(number: raw.number, line: raw.line, offset: raw.offset, length: length), nil)
    }

    private func refused(_ raw: RawRecord, _ place: RecordPlace, _ amount: UnitAmount?) -> RecordOutcome {
        let id = raw.isReadable(.transactionID) ? TextRule.shown(raw.bytes[raw.range(.transactionID)]) : ""
        return .refused(
            RefusedRecord(
                place: place, transactionID: id, findings: findings.sorted { $0.code < $1.code }, amount: amount,
                followsSchema: followsSchema))
    }

    // MARK: findings

    private mutating func note(
        _ code: ReasonCode, _ column: RecordColumn, _ raw: RawRecord, breaksSchema: Bool = true, detail: String = ""
    ) {
        if breaksSchema { followsSchema = false }
        guard findings.count < RawRecord.findingsPerRecord else { return }
        let value = raw.isReadable(column) ? raw.bytes[raw.range(column)] : []
        let shown = TextRule.shown(value, isAccount: column == .account)
        findings.append(Finding(code, at: raw.place(column), value: shown, detail: detail))
    }

    /// Whether a mandatory field is there to be judged; notes its absence.
    private mutating func demand(_ column: RecordColumn, _ raw: RawRecord) -> Bool {
        if raw.isReadable(column), !raw.range(column).isEmpty { return true }
        if !raw.has(column) || raw.isReadable(column) { note(.fmt001, column, raw) }
        return false
    }

    /// Notes a field that is missing for the record's type, or that its type does not have.
    private mutating func expect(
        _ column: RecordColumn, _ raw: RawRecord, onlyFor type: RecordType, isMandatory: Bool, given: RecordType?
    ) {
        guard let given else { return }
        if given == type, isMandatory, !raw.has(column) {
            note(.fmt001, column, raw, breaksSchema: false, detail: "\(type.rawValue) needs it")
        } else if given != type, raw.has(column) {
            note(.fmt008, column, raw, breaksSchema: false, detail: "only \(type.rawValue) has it")
        }
    }

    // MARK: fields

    private mutating func readContent(_ raw: RawRecord, _ amount: UnitAmount?) -> RecordContent? {
        let bytes = raw.bytes.span
        let id = readID(.transactionID, raw, isMandatory: true)
        var type: RecordType?
        if demand(.type, raw) {
            type = FieldParser.recordType(bytes.extracting(raw.range(.type)))
            if type == nil { note(.fmt004, .type, raw) }
        }
        var instant: Timestamp?
        if demand(.transactionDateTime, raw) {
            instant = FieldParser.instant(bytes.extracting(raw.trimmedRange(.transactionDateTime)))
            if instant == nil { note(.fmt005, .transactionDateTime, raw) }
        }
        var day: BusinessDate?
        if demand(.businessDate, raw) {
            day = FieldParser.day(bytes.extracting(raw.trimmedRange(.businessDate)))
            if day == nil { note(.fmt005, .businessDate, raw) }
        }
        let account = readAccount(raw, isMandatory: type != nil && type != .adjustment)
        checkAmount(raw, amount, type)
        var content: RecordContent?
        if let id, let type, let instant, let day, let amount {
            content = RecordContent(
                transactionID: id, type: type, occurredAt: instant, businessDate: day, account: account,
                unit: amount.unit, units: amount.units)
        }
        // Fields that most records do not have are read only where they, or a type that needs them, are there.
        if raw.present & Self.plainColumns != raw.present || type != .accrual {
            let direction = readDirection(raw, type)
            let basis = readEarnBasis(raw)
            let original = readID(.originalID, raw, isMandatory: false)
            let triggering = readID(.triggeringID, raw, isMandatory: false)
            expect(.originalID, raw, onlyFor: .reversal, isMandatory: true, given: type)
            expect(.triggeringID, raw, onlyFor: .bonus, isMandatory: false, given: type)
            content?.direction = direction
            content?.earnBasis = basis
            content?.originalID = original
            content?.triggeringID = triggering
            readCodes(raw, type, into: &content)
        }
        readSale(raw, into: &content)
        readTexts(raw, into: &content)
        return content
    }

    /// The fields of an ordinary accrual.
    private static let plainColumns: UInt32 = [
        RecordColumn.transactionID, .type, .transactionDateTime, .businessDate, .accountKind, .account, .unit, .amount,
        .saleCurrency, .saleAmount, .store, .terminal,
    ].reduce(0) { $0 | $1.bit }

    private mutating func readID(_ column: RecordColumn, _ raw: RawRecord, isMandatory: Bool) -> TransactionID? {
        guard isMandatory ? demand(column, raw) : raw.isReadable(column) else { return nil }
        guard FieldParser.isID(raw.bytes.span.extracting(raw.range(column))) else {
            note(.fmt006, column, raw)
            return nil
        }
        return TransactionID(unchecked: raw.text(column))
    }

    private mutating func readAccount(_ raw: RawRecord, isMandatory: Bool) -> MemberAccount? {
        guard raw.has(.account) || raw.has(.accountKind) else {
            if isMandatory { note(.fmt001, .account, raw, breaksSchema: false) }
            return nil
        }
        let bytes = raw.bytes.span
        var kind: MemberAccount.Kind?
        if demand(.accountKind, raw) {
            kind = FieldParser.word(bytes.extracting(raw.range(.accountKind)), MemberAccount.Kind.self)
            if kind == nil { note(.fmt009, .accountKind, raw, detail: "CARD or ACCOUNT is expected") }
        }
        guard demand(.account, raw) else { return nil }
        guard FieldParser.isAccountNumber(bytes.extracting(raw.range(.account))) else {
            note(.ref001, .account, raw)
            return nil
        }
        guard let number = MemberNumber(raw.text(.account)) else {
            note(.ref001, .account, raw, breaksSchema: false, detail: "the check digit is wrong")
            return nil
        }
        return kind.map { MemberAccount(kind: $0, number: number) }
    }

    // MARK: amounts

    /// Reads unit and amount, for the record and for the control sums.
    private mutating func readAmount(_ raw: RawRecord) -> UnitAmount? {
        let bytes = raw.bytes.span
        var currency: CurrencyCache.Entry?
        if demand(.unit, raw) {
            currency = currencies.entry(bytes.extracting(raw.range(.unit)))
            if currency == nil { note(.fmt009, .unit, raw, detail: "three capital letters are expected") }
        }
        guard demand(.amount, raw) else { return nil }
        guard let decimal = FieldParser.decimal(bytes.extracting(raw.trimmedRange(.amount))) else {
            note(.fmt002, .amount, raw)
            return nil
        }
        guard let currency else { return nil }
        guard let units = decimal.scaled(to: currency.minorUnits ?? 0) else {
            note(.fmt002, .amount, raw, breaksSchema: false)
            return nil
        }
        return UnitAmount(unit: currency.code, units: units)
    }

    private mutating func checkAmount(_ raw: RawRecord, _ amount: UnitAmount?, _ type: RecordType?) {
        guard let amount else { return }
        if amount.units == 0 { note(.fmt003, .amount, raw, breaksSchema: false) }
        if type != .adjustment, raw.bytes[raw.range(.amount)].contains(UInt8(ascii: ".")) {
            note(.fmt002, .amount, raw, breaksSchema: false, detail: "only an adjustment in money has fraction digits")
        }
    }

    private mutating func readSale(_ raw: RawRecord, into content: inout RecordContent?) {
        guard raw.has(.saleAmount) || raw.has(.saleCurrency) else { return }
        let bytes = raw.bytes.span
        var currency: CurrencyCache.Entry?
        if demand(.saleCurrency, raw) {
            currency = currencies.entry(bytes.extracting(raw.range(.saleCurrency)))
            if currency == nil {
                note(.fmt009, .saleCurrency, raw, detail: "three capital letters are expected")
            } else if currency?.minorUnits == nil {
                note(.fmt009, .saleCurrency, raw, breaksSchema: false, detail: "a code of ISO 4217 is expected")
                currency = nil
            }
        }
        guard demand(.saleAmount, raw) else { return }
        guard let decimal = FieldParser.decimal(bytes.extracting(raw.trimmedRange(.saleAmount))) else {
            return note(.fmt009, .saleAmount, raw, detail: "at most 12 digits and 4 fraction digits are expected")
        }
        guard let currency, let digits = currency.minorUnits else { return }
        guard let minorUnits = decimal.scaled(to: digits) else {
            return note(
                .fmt009, .saleAmount, raw, breaksSchema: false,
                detail: "\(currency.code) has at most \(digits) fraction digits")
        }
        content?.sale = Money(minorUnits: minorUnits, currency: currency.code)
    }

    // MARK: codes and texts

    private mutating func readDirection(_ raw: RawRecord, _ type: RecordType?) -> Direction? {
        expect(.creditDebit, raw, onlyFor: .adjustment, isMandatory: true, given: type)
        guard raw.isReadable(.creditDebit) else { return nil }
        let direction = FieldParser.word(raw.bytes.span.extracting(raw.range(.creditDebit)), Direction.self)
        if direction == nil { note(.fmt009, .creditDebit, raw, detail: "CRDT or DBIT is expected") }
        return direction
    }

    private mutating func readEarnBasis(_ raw: RawRecord) -> EarnBasis? {
        guard raw.has(.earnBasis) || raw.has(.earnQuantity) else { return nil }
        let bytes = raw.bytes.span
        var quantity: Int?
        if raw.isReadable(.earnQuantity) {
            quantity = FieldParser.positive(bytes.extracting(raw.trimmedRange(.earnQuantity)), digits: 9).map(Int.init)
            if quantity == nil { note(.fmt009, .earnQuantity, raw, detail: "1 to 999999999 is expected") }
        }
        guard demand(.earnBasis, raw) else { return nil }
        guard let kind = FieldParser.word(bytes.extracting(raw.range(.earnBasis)), EarnBasis.Kind.self) else {
            note(.fmt009, .earnBasis, raw, detail: "AMOUNT, STEP or EVENT is expected")
            return nil
        }
        if kind == .event, !raw.has(.earnQuantity) {
            note(.fmt001, .earnQuantity, raw, breaksSchema: false, detail: "EVENT needs it")
        }
        return EarnBasis(kind: kind, quantity: quantity)
    }

    private mutating func readCodes(_ raw: RawRecord, _ type: RecordType?, into content: inout RecordContent?) {
        let bytes = raw.bytes.span
        if raw.isReadable(.entryMode) {
            let mode = FieldParser.word(bytes.extracting(raw.range(.entryMode)), EntryMode.self)
            if mode == nil { note(.fmt009, .entryMode, raw, detail: "an entry mode of the schema is expected") }
            content?.entryMode = mode
        }
        if raw.isReadable(.promotionID) {
            if FieldParser.isCode(bytes.extracting(raw.range(.promotionID))) {
                content?.promotionID = PromotionID(unchecked: raw.text(.promotionID))
            } else {
                note(.fmt006, .promotionID, raw, detail: "1 to 35 of A-Z 0-9 - _ . are expected")
            }
        } else if type == .bonus, !raw.has(.promotionID) {
            note(.fmt001, .promotionID, raw, breaksSchema: false, detail: "BONU needs it")
        }
        if raw.isReadable(.reason) {
            if FieldParser.isCode(bytes.extracting(raw.range(.reason))) {
                content?.reason = raw.text(.reason)
            } else {
                note(.fmt009, .reason, raw, detail: "1 to 35 of A-Z 0-9 - _ . are expected")
            }
        } else if type == .adjustment, !raw.has(.reason) {
            note(.adj001, .reason, raw, breaksSchema: false, detail: "an adjustment needs a reason")
        }
        if raw.isReadable(.approvalCode) {
            if FieldParser.isApproval(bytes.extracting(raw.range(.approvalCode))) {
                content?.approvalCode = raw.text(.approvalCode)
            } else {
                note(.fmt009, .approvalCode, raw, detail: "1 to 12 of A-Z 0-9 are expected")
            }
        }
    }

    private mutating func readTexts(_ raw: RawRecord, into content: inout RecordContent?) {
        // Every text is judged, also where the content is lost already.
        let store = readText(.store, raw, maximum: 35)
        let terminal = readText(.terminal, raw, maximum: 35)
        content?.store = store
        content?.terminal = terminal
        if raw.has(.terminal), !raw.has(.store) { note(.fmt001, .store, raw, detail: "TerminalId needs it") }
        guard raw.present & Self.rareTexts != 0 else { return }
        let narrative = readText(.narrative, raw, maximum: 140)
        let productCode = readText(.productCode, raw, maximum: 35)
        let counterAccount = readText(.counterAccount, raw, maximum: 35)
        let brand = readText(.brand, raw, maximum: 35)
        let channel = readText(.channel, raw, maximum: 35)
        let businessLine = readText(.businessLine, raw, maximum: 35)
        content?.narrative = narrative
        content?.productCode = productCode
        content?.counterAccount = counterAccount
        content?.brand = brand
        content?.channel = channel
        content?.businessLine = businessLine
    }

    private static let rareTexts: UInt32 = [
        RecordColumn.narrative, .productCode, .counterAccount, .brand, .channel, .businessLine,
    ].reduce(0) { $0 | $1.bit }

    private mutating func readText(_ column: RecordColumn, _ raw: RawRecord, maximum: Int) -> String? {
        guard raw.isReadable(column) else { return nil }
        switch TextRule.judge(raw.bytes.span.extracting(raw.range(column)), maximum: maximum) {
        case .fine: return raw.text(column)
        case .wrongLength: note(.fmt009, column, raw, detail: "1 to \(maximum) characters are expected")
        case .forbiddenCharacter: note(.fmt007, column, raw)
        }
        return nil
    }
}
