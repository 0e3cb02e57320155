import ArgumentParser
import Gateway
import Inquiry
import OpenSSLKit
import Primitives
import Transport
import Wire

/// Who makes an act, who checks it, and where it is carried out.
struct ActOptions: ParsableArguments {
    @OptionGroup var place: PlaceOptions
    @OptionGroup var maker: SignerOptions

    @Option(help: ArgumentHelp("A checker's certificate, to countersign at once.", valueName: "file"))
    var checkerCert: String?

    @Option(help: ArgumentHelp("Its key.", valueName: "file"))
    var checkerKey: String?

    @Option(help: "The maker's own reference, 1 to 64 characters; random by default.")
    var reference: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (checkerCert == nil) == (checkerKey == nil) else {
            throw ValidationError("--checker-cert and --checker-key come together")
        }
    }

    /// Begins a document of an act.
    func document(_ act: String) throws -> ActDocument {
        ActDocument(act: act, reference: try reference ?? Hex.encode(SecureRandom.bytes(8)))
    }

    /// Proposes an act, countersigns it when a checker was named, and prints what became of it.
    func carryOut(_ document: ActDocument) async throws {
        // What the gateway would refuse to read is refused here, with the field's name.
        _ = try ActDocument(document.bytes)
        let maker = try maker.signer()
        var checker: CMSSigner?
        if let checkerCert, let checkerKey { checker = try SigningFiles.signer(checkerCert, checkerKey) }
        let delivery = ActDelivery(document: document.bytes, maker: maker, checker: checker)
        let outcome =
            if let house = try place.house() {
                try await delivery.carryOut(house)
            } else {
                try await place.connection.connected { try await delivery.carryOut($0) }
            }
        outcome.show(output)
    }
}

/// What became of an act.
struct ActReport: Sendable {
    let digest: Digest32
    /// What it did; nil while it waits for its checker.
    let detail: String?

    init(_ outcome: ActOutcome) {
        digest = outcome.digest
        detail = outcome.fact.map { "fact \($0)" }
    }

    init(_ result: ActResult) {
        digest = result.digest
        detail = result.state == .done ? result.detail : nil
    }

    func show(_ output: OutputOptions) {
        let state = detail == nil ? ActState.awaitingChecker : .done
        let text = detail.map { "done: \($0)" } ?? "waits for another officer: coalition act countersign \(digest)"
        output.show(
            ["digest": .of(digest), "state": .text(state.rawValue), "detail": .optional(detail)], "\(digest)\n\(text)")
    }
}

/// A signed act on its way.
struct ActDelivery: Sendable {
    let document: [UInt8]
    let maker: CMSSigner
    let checker: CMSSigner?

    /// Carries it out on a data directory.
    func carryOut(_ house: Clearinghouse) async throws -> ActReport {
        let now = await house.now
        let proposed = try await house.propose(
            document: document, signature: try maker.signDetached(document, at: now))
        guard let checker, proposed.fact == nil else { return ActReport(proposed) }
        return ActReport(
            try await house.countersign(
                digest: proposed.digest, signature: try checker.signDetached(document, at: now)))
    }

    /// Sends it to a gateway.
    func carryOut(_ connection: GatewayConnection) async throws -> ActReport {
        let now = connection.welcome.time
        let proposed = try await connection.act(
            OfficerAct(document: document, signature: try maker.signDetached(document, at: now)))
        guard let checker, proposed.state == .awaitingChecker else { return ActReport(proposed) }
        return ActReport(
            try await connection.countersign(
                Countersignature(digest: proposed.digest, signature: try checker.signDetached(document, at: now))))
    }
}
