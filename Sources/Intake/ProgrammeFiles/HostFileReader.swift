import Primitives
import ProgrammeModel

/// `programme.yaml` as it stands, with the places that checks across files name.
struct HostDraft {
    let id: String?
    let host: Located<PartnerID>?
    let hostName: String?
    let currencies: Currencies
    let sharedSpot: Spot?
    let zone: Located<String>?
    let calendar: CalendarDraft?
    /// Closing days of bank calendars that are given as data, by name.
    let bankCalendars: [String: [BusinessDate]]
    let officers: [Located<Officer>]
    let openingPoints: Int64
    let retentionYears: Int?
    let banking: HostBanking?
}

/// Reads `programme.yaml`.
struct HostFileReader {
    let log: FindingLog

    func read(_ source: SourceFile, _ root: YAMLValue) -> HostDraft? {
        let top = Field(value: root, spot: Spot(file: source.path, line: root.line), log: log)
        guard let map = top.map() else { return nil }
        let id = map.required("programme").flatMap(programmeID)
        let hostMap = map.required("host")?.map()
        let hostField = hostMap?.required("id")
        let host = hostField?.identifier(PartnerID.self)
        let hostName = hostMap?.required("legalName")?.text("a legal name")
        let banking = hostMap.flatMap(banking)
        hostMap?.finish()
        let sharedField = map.required("currency")
        let shared = sharedField?.points()
        scale(map.optional("scale"))
        let prices = map.required("priceCurrency")?.moneyCode()
        let zoneField = map.required("zone")
        let zone = zoneField?.text("a time zone such as Europe/Paris")
        let calendar = map.required("calendar").flatMap(CalendarReader().read)
        let banks = bankCalendars(map.optional("bankCalendars"))
        let officers = officers(map.optional("officers"))
        let opening = map.optional("openingPoints")?.integer(0...999_999_999_999_999) ?? 0
        let retention = map.optional("retentionYears")?.integer(1...100).map { Int($0) }
        map.later(["held", "netting", "memberLimits"])
        map.finish()
        return HostDraft(
            id: id, host: host.flatMap { value in hostField.map { Located(value: value, spot: $0.spot) } },
            hostName: hostName, currencies: Currencies(shared: shared, prices: prices),
            sharedSpot: sharedField?.spot,
            zone: zone.flatMap { value in zoneField.map { Located(value: value, spot: $0.spot) } },
            calendar: calendar, bankCalendars: banks, officers: officers, openingPoints: opening,
            retentionYears: retention, banking: banking)
    }

    /// The accounts and the creditor id, where there are any.
    private func banking(_ host: MapReader) -> HostBanking? {
        let creditorField = host.optional("creditorId")
        let creditor = creditorField?.text("a creditor id", max: 35)
        if let creditor, !AccountNumber.isCreditorID(creditor) {
            creditorField?.refuse("expected a SEPA creditor id such as FR09ZZZ903112; check its digits")
        }
        let accounts = VersionList(host.optional("bankAccounts")) { map -> HostBanking.Account? in
            let currency = map.required("currency")?.moneyCode()
            let account = map.required("account").flatMap(AccountNumber.read)
            let bic = map.required("bic").flatMap(AccountNumber.readBIC)
            guard let currency, let account, let bic else { return nil }
            return HostBanking.Account(currency: currency, account: account, bic: bic)
        }
        var seen: Set<CurrencyCode> = []
        for item in accounts.items where !seen.insert(item.value.currency).inserted {
            log.add(
                .cfg005, item.spot, value: item.value.currency.description, detail: "a currency has one account")
        }
        guard creditor != nil || !accounts.items.isEmpty else { return nil }
        return HostBanking(creditorID: creditor, accounts: accounts.values)
    }

    private func programmeID(_ field: Field) -> String? {
        guard let text = field.raw("a programme id") else { return nil }
        guard text.utf8.count <= 35, text.utf8.allSatisfy({ $0.isUppercase || $0.isDigit || $0 == 0x2D }) else {
            field.refuse("expected a programme id: 1 to 35 of A-Z 0-9 -")
            return nil
        }
        return text
    }

    /// Points are whole in this version.
    private func scale(_ field: Field?) {
        guard let field, let scale = field.integer(0...8), scale != 0 else { return }
        field.refuse("fractions of points are not carried out by this version", code: .cfg007)
    }

    private func bankCalendars(_ field: Field?) -> [String: [BusinessDate]] {
        guard let map = field?.map() else { return [:] }
        var out: [String: [BusinessDate]] = [:]
        for entry in map.all() {
            let (name, field) = entry.value
            let isName = name.utf8.count <= 16 && name.utf8.allSatisfy { $0.isUppercase || $0.isDigit || $0 == 0x2D }
            if !isName || name.isEmpty {
                map.log.add(.cfg005, entry.spot, value: name, detail: "a bank calendar's name is 1 to 16 of A-Z 0-9 -")
            }
            if name == HolidayTable.target {
                map.log.add(
                    .cfg005, entry.spot, value: name, detail: "TARGET's closing days are computed, never listed")
            }
            var days: Set<BusinessDate> = []
            for item in field.items() ?? [] {
                guard let day = item.date() else { continue }
                if !days.insert(day).inserted { item.refuse("the day stands twice") }
            }
            out[name] = days.sorted()
        }
        map.finish()
        return out
    }

    private func officers(_ field: Field?) -> [Located<Officer>] {
        let list = VersionList(field) { map -> Officer? in
            let name = map.required("name")?.text("a name")
            let fingerprint = map.required("fingerprint")?.digest()
            let rolesField = map.required("roles")
            let items = rolesField?.items()
            let roles = (items ?? []).compactMap { $0.choice(OfficerRole.self) }
            if items?.isEmpty == true { rolesField?.refuse("an officer has at least one role") }
            if Set(roles).count < roles.count { rolesField?.refuse("a role stands twice") }
            guard let name, let fingerprint, !roles.isEmpty else { return nil }
            return Officer(name: name, fingerprint: fingerprint, roles: roles)
        }
        var seen: [Digest32: Spot] = [:]
        for item in list.items {
            if let first = seen[item.value.fingerprint] {
                log.add(
                    .cfg005, item.spot, value: item.value.fingerprint.description,
                    detail: "the fingerprint is already that of the officer on line \(first.line)")
            } else {
                seen[item.value.fingerprint] = item.spot
            }
        }
        return list.items
    }
}
