import OpenSSLKit
import Primitives
import Synchronization
import Verification

/// Whom the house believes and what time it has, for those who judge beside the writer and need not wait for it. The
/// writer alone changes it.
final class Beliefs: Sendable {
    private let state: Mutex<Believed>

    init(trust: TrustStore, register: KeyRegister, clock: HouseClock, lastTime: Timestamp) {
        state = Mutex(Believed(trust: trust, register: register, clock: clock, lastTime: lastTime))
    }

    /// What is believed now; it may change while someone judges by it.
    var now: Believed { state.withLock { $0 } }

    /// Believes by other lists or certificates. Verdicts reached before count no more.
    func believe(_ trust: TrustStore) {
        state.withLock { state in
            state.trust = trust
            state.verdicts = ChainVerdictCache()
            state.generation += 1
        }
    }

    /// Registers other keys.
    func believe(_ register: KeyRegister) {
        state.withLock { state in
            state.register = register
            state.generation += 1
        }
    }

    /// Takes note of the time of a durable fact.
    func passed(_ time: Timestamp) { state.withLock { $0.lastTime = max($0.lastTime, time) } }

    /// Keeps verdicts that were reached by what is still believed.
    func keep(_ judged: Believed) {
        state.withLock { state in
            if state.generation == judged.generation { state.verdicts = judged.verdicts }
        }
    }
}

/// Whom we believe at one moment.
struct Believed: Sendable {
    fileprivate(set) var trust: TrustStore
    fileprivate(set) var register: KeyRegister
    let clock: HouseClock
    fileprivate(set) var lastTime: Timestamp
    /// Counts changes: what was verified under an earlier count is verified again before it counts.
    fileprivate(set) var generation = 0
    var verdicts = ChainVerdictCache()

    /// The instant now, by the house's clock.
    var time: Timestamp { clock.now(lastFact: lastTime) }

    /// Judges a partner's message that travels within its signature.
    mutating func judge(_ message: [UInt8], from partner: PartnerID, limits: Limits) -> SignatureVerdict {
        SignatureVerifier(trust: trust, policy: SignaturePolicy(limits: limits))
            .judge(message: message, signers: .register(register, .partner(partner)), at: time, cache: &verdicts)
    }
}
