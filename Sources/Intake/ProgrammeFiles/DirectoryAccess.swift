import Foundation
public import Primitives

/// The only file of this target that touches the file system.
extension ProgrammeDirectory {
    /// Reads a programme's directory; names that begin with a dot are left out.
    ///
    /// Every file is bounded in size; what is not a regular file is a finding and never opened.
    ///
    /// - Parameter path: the directory.
    /// - Throws: `Fault` when the directory or a file in it cannot be read.
    public static func read(at path: String) throws(Fault) -> ProgrammeDirectory {
        let log = FindingLog()
        var raw: [(path: String, bytes: [UInt8])] = []
        for folder in ["", "agreements", "promotions"] {
            for name in try names(in: path, folder: folder) where !name.hasPrefix(".") {
                let relative = folder.isEmpty ? name : "\(folder)/\(name)"
                if folder.isEmpty, name == "agreements" || name == "promotions" { continue }
                guard raw.count < ProgrammeLimits.files else {
                    log.add(
                        .cfg005, Spot(file: relative), detail: "a programme has at most \(ProgrammeLimits.files) files")
                    break
                }
                if let bytes = try content(of: "\(path)/\(relative)", relative: relative, log: log) {
                    raw.append((relative, bytes))
                }
            }
        }
        return ProgrammeDirectory(raw: raw, log: log)
    }

    private static func names(in path: String, folder: String) throws(Fault) -> [String] {
        let full = folder.isEmpty ? path : "\(path)/\(folder)"
        if !folder.isEmpty, !FileManager.default.fileExists(atPath: full) { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: full).sorted()
        } catch {
            throw Fault("the directory \(full) cannot be read")
        }
    }

    private static func content(of full: String, relative: String, log: FindingLog) throws(Fault) -> [UInt8]? {
        let limit = relative.hasSuffix(".p7s") ? ProgrammeLimits.signatureBytes : ProgrammeLimits.fileBytes
        do {
            let kind = try FileManager.default.attributesOfItem(atPath: full)[.type] as? FileAttributeType
            guard kind == .typeRegular else {
                log.add(.cfg005, Spot(file: relative), detail: "a programme consists of regular files")
                return nil
            }
            guard let handle = FileHandle(forReadingAtPath: full) else { throw Fault("\(full) cannot be opened") }
            let data = try handle.read(upToCount: limit + 1) ?? Data()
            try handle.close()
            guard data.count <= limit else {
                log.add(.cfg005, Spot(file: relative), detail: "the file is larger than \(limit) bytes")
                return nil
            }
            return [UInt8](data)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault("the file \(full) cannot be read")
        }
    }
}

extension ScenarioProgramme {
    /// Writes files below a directory, which is made together with the folders it needs.
    ///
    /// - Throws: `Fault` when a folder or file cannot be written.
    static func write(_ files: [SourceFile], to directory: String) throws(Fault) {
        for file in files {
            let full = "\(directory)/\(file.path)"
            let folder = full.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data(file.bytes).write(to: URL(fileURLWithPath: full))
            } catch {
                throw Fault("the file \(full) cannot be written")
            }
        }
    }
}
