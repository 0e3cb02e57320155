import Foundation

/// The two streams of the terminal. Nothing here is buffered, so that lines of both come in the order of writing.
enum Console {
    /// Writes text to standard output, with a line break behind it unless there is one.
    static func write(_ text: String) {
        write(Array((text.hasSuffix("\n") || text.isEmpty ? text : text + "\n").utf8))
    }

    /// Writes bytes to standard output. Whoever closes the other end early, such as `head`, wants no more. Bytes that
    /// cannot be written otherwise, such as to a full disk, end the program: half a document must not look like one.
    static func write(_ bytes: [UInt8]) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            guard errno != EPIPE else { return }
            note("coalition: fault: standard output cannot be written — look at the disk that it goes to")
            exit(ExitStatus.fault.rawValue)
        }
    }

    /// Writes a line to standard error.
    static func note(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Writes text to standard error without a line break, for a line that is written over.
    static func progress(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether standard error is a terminal, where a line can be written over.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }
}
