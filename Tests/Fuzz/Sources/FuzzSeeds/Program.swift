import Foundation
import FuzzEntries

/// Writes the inputs to begin with into a folder for each target: `fuzz-seeds <folder>`.
@main struct Program {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: fuzz-seeds <folder>")
            return
        }
        for target in FuzzTarget.allCases {
            let folder = URL(filePath: CommandLine.arguments[1]).appending(path: target.rawValue)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for seed in try target.seeds() { try Data(seed.bytes).write(to: folder.appending(path: seed.name)) }
        }
    }
}
