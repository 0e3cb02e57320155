import CLibFuzzer
import Foundation
public import FuzzEntries

/// Hands a program over to libFuzzer.
public enum Fuzzing {
    /// Runs libFuzzer with the program's own arguments.
    ///
    /// - Parameter run: takes an input. It is a function of C, which can carry no values.
    public static func run(_ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments, run)
    }

    /// Feeds an input to a decoder. A broken promise ends the process, as a fault of memory does.
    public static func feed(_ start: UnsafePointer<UInt8>?, _ count: Int, to target: FuzzTarget) -> CInt {
        do throws(BrokenPromise) {
            try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
            return 0
        } catch {
            // The text of a failed precondition is not part of a release build.
            FileHandle.standardError.write(Data("broken promise: \(error)\n".utf8))
            preconditionFailure("broken promise: \(error)")
        }
    }
}
