import Clearing
import FileStore
import House
import Journal
import Ledger
import OpenSSLKit
import Primitives
import ProgrammeModel
import Settlement

extension BundleCollector {
    // MARK: Acts

    /// Fixings, adjustments and steps of settlements that concern what is shown, with their documents.
    mutating func collectActs() throws {
        try collectWithholdings()
        guard scope.isWhole else { return }
        for sequence in house.evidence.acts where isCovered(sequence) && !withholdings.contains(sequence) {
            guard case .actCarriedOut(let fact) = try log.fact(sequence).fact, concerns(fact.act, sequence) else {
                continue
            }
            try addAct(sequence)
        }
    }

    /// An act with its document and signatures.
    mutating func addAct(_ sequence: UInt64) throws {
        shown.insert(sequence)
        let folder = "acts/\(Self.number(sequence))/"
        for name in ["act.json", "act.json.maker.p7s", "act.json.checker.p7s"] {
            let bytes = try log.attachment(name, of: sequence)
            if name.hasSuffix(".p7s") { try noteSigner(of: bytes) }
            add(folder + name, bytes)
        }
    }

    private func concerns(_ act: ActCarriedOut.Act, _ sequence: UInt64) -> Bool {
        // A bundle of the whole window shows every fact of the range, and so every act's document.
        if scope.partner == nil, range.contains(sequence - 1) { return true }
        return switch act {
        case .fixing(let fixing): fixing.window == scope.window || fixings.contains(fixing.window)
        case .adjustment(let adjustment, _):
            scope.shows(adjustment.partner) && range.contains(sequence - 1)
        case .suspendKey(let suspension): scope.shows(suspension.partner)
        case .erasure, .forgetting: false
        case .settlement(let step):
            switch step {
            case .approved(let window), .sent(let window): isClosedByNow(window)
            case .confirmed(let id, _, _, _), .returned(let id, _, _, _), .resent(let id), .cancelled(let id, _),
                .writtenOff(let id, _):
                house.instructions[id].map { scope.shows($0.instruction.partner) } ?? false
            }
        }
    }

    private func isClosedByNow(_ window: WindowID) -> Bool { (house.closings[window] ?? .max) <= closed }

    // MARK: Answers to statements

    /// What the partners said to the window's settlement statements, and to earlier ones within the range.
    mutating func collectAnswers() throws {
        for partner in house.programme?.agreements.map(\.partner) ?? [] where scope.shows(partner) && scope.isWhole {
            let standing = house.answers.standing(of: "STL-\(scope.window)-\(partner)")
            if let standing, isCovered(standing.sequence) { shown.insert(standing.sequence) }
        }
        for sequence in shown.sorted() {
            guard case .statementAnswered(let fact) = try log.fact(sequence).fact else { continue }
            note(fact.signer)
            try addMessage("answers/\(Self.number(sequence))/", sequence, ["answer.cms", "reply.cms"])
        }
    }

    // MARK: Programmes

    /// The signed files of all versions up to the close, as far as the reader may see them.
    mutating func collectProgrammes() throws {
        for seal in house.evidence.programmes where seal < closed {
            guard case .programmeLoaded(let fact) = try log.fact(seal - 1).fact else { continue }
            let folder = "programme/\(Padding.zeros(fact.version, 4))/"
            for file in fact.files where isShown(file: file.file.name, fact.programme) {
                try add(folder + file.file.name, attachment: file.file.name, of: seal - 1)
                var written: Set<String> = []
                for approval in file.approvals where written.insert(approval.signature.name).inserted {
                    let bytes = try log.attachment(approval.signature.name, of: seal - 1)
                    try noteSigner(of: bytes)
                    add(folder + approval.signature.name, bytes)
                }
            }
            let agreements = fact.programme.agreements.filter { scope.shows($0.partner) }
            let promotions = fact.programme.promotions.filter { isShown($0) }
            for agreement in agreements {
                for grant in agreement.certificates where grant.usage == .signing {
                    if let certificate = try? Certificate(pem: grant.pem) {
                        certificates[certificate.fingerprint] = certificate
                    }
                }
            }
            add(
                folder + "resolved.json",
                try FactCodec.json(ResolvedForm(agreements: agreements, promotions: promotions)))
        }
    }

    private struct ResolvedForm: Encodable {
        var agreements: [Agreement]
        var promotions: [Promotion]
    }

    private func isShown(_ promotion: Promotion) -> Bool {
        guard let partner = scope.partner else { return true }
        return promotions.contains(promotion.id.text) || promotion.funders.contains { $0.funder == partner }
    }

    private func isShown(file name: String, _ programme: Programme) -> Bool {
        guard let partner = scope.partner else { return true }
        let parts = name.split(separator: "/")
        guard parts.count == 2 else { return true }
        let stem = parts[1].hasSuffix(".yaml") ? String(parts[1].dropLast(5)) : String(parts[1])
        if parts[0] == "agreements" { return stem == partner.text }
        return programme.promotions.first { $0.id.text == stem }.map(isShown) ?? false
    }

    // MARK: Statements

    /// The documents of the window, and the statements before that they go on from.
    mutating func collectStatements() throws {
        guard case .windowClosed(let fact) = try log.fact(closed).fact else {
            throw Fault("fact \(closed) closes no window")
        }
        for reference in fact.attachments where !reference.name.hasSuffix(".p7s") && isShown(document: reference.name) {
            try addSigned("statements/" + reference.name, attachment: reference.name, of: closed)
        }
        let windows = house.windows.closed
        guard scope.isWhole, let index = windows.firstIndex(of: scope.window) else { return }
        for (place, window) in windows[..<index].enumerated() {
            guard let sequence = house.closings[window],
                case .windowClosed(let earlier) = try log.fact(sequence).fact
            else { continue }
            for reference in earlier.attachments where reference.name.hasSuffix(".xml") {
                let isSettlement = reference.name.hasPrefix("STL-")
                guard isShown(document: reference.name), isSettlement || place == index - 1 else { continue }
                try addSigned("history/" + reference.name, attachment: reference.name, of: sequence)
            }
        }
    }

    private func isShown(document name: String) -> Bool {
        guard let partner = scope.partner else { return true }
        return house.documents[name]?.partner == partner
    }

    // MARK: Trust

    /// Authorities, certificates and revocation lists, as material for a verifier that has its own anchors.
    mutating func collectTrust() throws {
        guard case .genesis(let genesis) = try log.fact(1).fact else { throw Fault("the log has no first fact") }
        add("trust/authorities.pem", Array(genesis.authorities.joined(separator: "\n").utf8))
        let host = try Certificate(pem: genesis.hostCertificate)
        certificates[host.fingerprint] = host
        for (fingerprint, certificate) in certificates {
            add("trust/certificates/\(fingerprint).pem", Array(certificate.pem.utf8))
        }
        for entry in house.evidence.all where entry.sequence <= checkpoint.sequence {
            if case .checkpointSigned(let fact) = try log.fact(entry.sequence).fact, entry.sequence > range.lowerBound {
                revocationLists.formUnion(fact.revocationLists)
            }
        }
        for digest in revocationLists where try source.originals.contains(digest) {
            entries.append(BundleEntry("trust/revocation/\(digest).crl", try source.originals.original(digest)))
        }
    }
}
