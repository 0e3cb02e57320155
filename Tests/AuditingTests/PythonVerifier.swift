import Foundation
import TestKit

/// The verifier of `Specs/verify`, which shares no code with the one under test.
enum PythonVerifier {
    /// Verifies an archive with the audited house's pins.
    static func run(_ archive: [UInt8], _ audited: AuditedHouse) throws -> ExternalProgram.Outcome {
        let folder = try ScratchFolder("python")
        try folder.write(archive, to: "bundle.tar")
        return try ExternalProgram.run(
            "python3",
            [
                GoldenScenario.specs.path + "/verify/verify_evidence.py", folder.path("bundle.tar"), "--trust",
                audited.pinsPath,
            ])
    }
}
