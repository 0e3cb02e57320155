package import Primitives

/// A signature, document or data directory was checked and is not what it should be.
package struct VerificationFailure: Error {
    package let findings: [Finding]
    /// What was found when it is no finding of the catalogue, such as damaged bytes.
    package let damage: String?
    /// What can be done about damage.
    package let action: String

    package init(_ finding: Finding) { self.init([finding]) }

    package init(_ findings: [Finding]) {
        self.findings = findings
        damage = nil
        action = ""
    }

    package init(damage: String, action: String = "restore what is named from a backup; nothing was changed") {
        findings = []
        self.damage = damage
        self.action = action
    }
}
