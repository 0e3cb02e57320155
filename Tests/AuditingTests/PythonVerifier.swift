import Evidence
import Foundation
import TestKit

/// The verifier of `Specs/verify`, which shares no code with the one under test.
enum PythonVerifier {
    /// Verifies an archive with the audited house's pins, or others.
    static func run(
        _ archive: [UInt8], _ audited: AuditedHouse, pins: PinsFile? = nil
    ) throws -> ExternalProgram.Outcome {
        let folder = try ScratchFolder("python")
        try folder.write(archive, to: "bundle.tar")
        try folder.write((pins ?? audited.pins).text, to: "pins.pem")
        return try ExternalProgram.run(
            "python3",
            [
                GoldenScenario.specs.path + "/verify/verify_evidence.py", folder.path("bundle.tar"), "--trust",
                folder.path("pins.pem"),
            ])
    }
}
