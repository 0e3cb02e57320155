import Journal
public import Primitives
public import ProgrammeModel

/// Which certificate was whose, for which use, from when to when, and how it came and went. A fold of the log.
///
/// Certificates come by the first fact, by versions of the programme, and by their owners' key changes. What an owner
/// or the officers have suspended stays suspended, whatever a later programme lists. Signatures: Specs/rules.md.
public struct KeyBook: Hashable, Sendable, Codable {
    /// Every registration, in the order of the log.
    public private(set) var entries: [KeyEntry] = []
    /// Suspended certificates, for ever.
    public private(set) var suspensions: [Digest32: KeyEnd] = [:]
    /// The facts by which partners and officers changed keys, with the partner whose keys they are.
    public private(set) var changes: [KeyChangePlace] = []
    private var requests: [Digest32: UInt64] = [:]
    private var places: [Digest32: [Int]] = [:]

    /// No keys.
    public init() {}

    /// The registrations of a certificate.
    public func entries(of fingerprint: Digest32) -> [KeyEntry] { (places[fingerprint] ?? []).map { entries[$0] } }

    /// The fact that answered a request, by the digest of its document or of the request as it was signed.
    public func answer(to digest: Digest32) -> UInt64? { requests[digest] }

    /// Where a registration stands at an instant.
    public func state(of entry: KeyEntry, at instant: Timestamp) -> KeyState {
        if let suspension = suspensions[entry.fingerprint], suspension.at <= instant { return .suspended }
        if let end = entry.activeUntil, end <= instant { return .ended }
        return instant < entry.activeFrom ? .pending : .active
    }

    /// How many keys of a use a partner has, those to come included.
    public func count(of owner: PartnerID, use: KeyUse, at instant: Timestamp) -> Int {
        entries.count {
            guard $0.owner == owner, $0.use == use else { return false }
            let state = state(of: $0, at: instant)
            return state == .active || state == .pending
        }
    }

    /// Why a partner's key cannot be suspended, or nil when it can.
    public func obstacle(toSuspending fingerprint: Digest32, of partner: PartnerID) -> String? {
        if let suspension = suspensions[fingerprint] { return "it is suspended since \(suspension.at)" }
        return entries(of: fingerprint).contains { $0.owner == partner } ? nil : "it is no key of \(partner)"
    }

    // MARK: Facts

    /// Takes the next fact.
    mutating func apply(_ envelope: FactEnvelope) {
        switch envelope.fact {
        case .genesis(let fact): take(fact, envelope)
        case .programmeLoaded(let fact):
            load(fact.programme, version: fact.version, fact: envelope.sequence, at: envelope.time)
        case .keyChanged(let fact): take(fact, envelope)
        case .actCarriedOut(let fact):
            guard case .suspendKey(let suspension) = fact.act else { return }
            changes.append(KeyChangePlace(fact: envelope.sequence, partner: suspension.partner))
            suspend(suspension.fingerprint, KeyEnd(at: envelope.time, fact: envelope.sequence, by: .officers))
        default: return
        }
    }

    private mutating func take(_ fact: Genesis, _ envelope: FactEnvelope) {
        let host = Self.hostBeforeProgramme
        for officer in fact.officers { add(officer, host, .firstFact, envelope.time) }
        // The host's certificate itself is known by its text alone; its fingerprint is taken where hashes are made.
    }

    /// Takes a version of the programme: what it lists, and what it lists no longer.
    ///
    /// Public so that a version can be looked at before it is a fact.
    public mutating func load(_ programme: Programme, version: Int, fact: UInt64, at time: Timestamp) {
        let origin = KeyOrigin.programme(version: version, fact: fact)
        for index in entries.indices where entries[index].isHosts { entries[index].owner = programme.host }
        var listed: Set<KeyName> = []
        for agreement in programme.agreements {
            for grant in agreement.certificates {
                let use: KeyUse = grant.usage == .tls ? .tls : .sign
                list(grant, use, agreement.partner, origin)
                listed.insert(KeyName(owner: agreement.partner, use: use, fingerprint: grant.fingerprint))
            }
        }
        for officer in programme.officers {
            add(officer, programme.host, origin, time)
            listed.insert(KeyName(owner: programme.host, use: KeyUse(officer), fingerprint: officer.fingerprint))
        }
        let partners = Set(programme.agreements.map(\.partner))
        for index in entries.indices where entries[index].origin != .firstFact && !listed.contains(entries[index].name)
        {
            let isOfNobody = !entries[index].isHosts && !partners.contains(entries[index].owner)
            guard entries[index].isListed || isOfNobody else { continue }
            entries[index].isListed = false
            if entries[index].dropped == nil { entries[index].dropped = KeyEnd(at: time, fact: fact, by: .programme) }
        }
    }

    private mutating func list(_ grant: CertificateGrant, _ use: KeyUse, _ owner: PartnerID, _ origin: KeyOrigin) {
        let name = KeyName(owner: owner, use: use, fingerprint: grant.fingerprint)
        guard let index = entries.firstIndex(where: { $0.name == name }) else {
            var entry = KeyEntry(
                fingerprint: grant.fingerprint, use: use, owner: owner, holder: owner.text, pem: grant.pem,
                activeFrom: grant.activeFrom, origin: origin)
            (entry.isListed, entry.agreedUntil) = (true, grant.activeTo)
            return append(entry)
        }
        // A key that its owner brought keeps its beginning; an end by either of them holds.
        let own = entries[index].enrolledFrom
        entries[index].activeFrom = min(own ?? grant.activeFrom, grant.activeFrom)
        entries[index].agreedUntil = grant.activeTo
        (entries[index].isListed, entries[index].dropped) = (true, nil)
    }

    private mutating func add(_ officer: Officer, _ host: PartnerID, _ origin: KeyOrigin, _ time: Timestamp) {
        let use = KeyUse(officer)
        let name = KeyName(owner: host, use: use, fingerprint: officer.fingerprint)
        if let index = entries.firstIndex(where: { $0.name == name }) {
            (entries[index].isListed, entries[index].dropped) = (true, nil)
            return
        }
        var entry = KeyEntry(
            fingerprint: officer.fingerprint, use: use, owner: host, holder: officer.name, pem: nil, activeFrom: time,
            origin: origin)
        entry.isListed = true
        append(entry)
    }

    private mutating func take(_ fact: KeyChanged, _ envelope: FactEnvelope) {
        changes.append(KeyChangePlace(fact: envelope.sequence, partner: fact.partner))
        requests[fact.digest] = envelope.sequence
        requests[fact.request] = envelope.sequence
        switch fact.change {
        case .suspended(let fingerprint):
            suspend(fingerprint, KeyEnd(at: envelope.time, fact: envelope.sequence, by: .owner))
        case .rotated(let rotation):
            let grant = rotation.grant
            var entry = KeyEntry(
                fingerprint: grant.fingerprint, use: grant.usage == .tls ? .tls : .sign, owner: fact.partner,
                holder: fact.partner.text, pem: grant.pem, activeFrom: grant.activeFrom,
                origin: .keyChange(fact: envelope.sequence))
            entry.enrolledFrom = grant.activeFrom
            append(entry)
            guard let replaced = rotation.replaces, let until = rotation.replacedUntil else { return }
            for index in places[replaced] ?? []
            where entries[index].owner == fact.partner && entries[index].use == entry.use {
                let end = KeyEnd(at: until, fact: envelope.sequence, by: .owner)
                if entries[index].ownEnd.map({ until < $0.at }) ?? true { entries[index].ownEnd = end }
                entries[index].replacedBy = grant.fingerprint
            }
        }
    }

    private mutating func suspend(_ fingerprint: Digest32, _ end: KeyEnd) {
        if suspensions[fingerprint] == nil { suspensions[fingerprint] = end }
    }

    private mutating func append(_ entry: KeyEntry) {
        places[entry.fingerprint, default: []].append(entries.count)
        entries.append(entry)
    }

    /// The host's id while no programme says another.
    public static let hostBeforeProgramme = PartnerID(unchecked: "HOST")
}
