import Foundation
public import Testing

/// Runs a suite's tests on threads of their own: for tests that wait for other programs, or compute for long, without
/// giving their thread back.
///
/// All other tests share as many threads as there are cores. Were these among them, a test of deadlines would find no
/// thread for as long as two of them last.
public struct OwnThreads: SuiteTrait, TestScoping {
    /// Makes the trait.
    public init() {}

    /// Runs a suite, with what its later traits prepare, on these threads; the tasks of its tests inherit them.
    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(WaitingExecutor.shared) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// Runs the tests on threads of their own, since they wait for other programs or compute for long.
    public static var ownThreads: OwnThreads { OwnThreads() }
}

/// As many threads as there are cores, beside those of all other tasks.
private final class WaitingExecutor: TaskExecutor {
    static let shared = WaitingExecutor()

    private let queue: OperationQueue = {
        let queue = OperationQueue()
        queue.name = "tests that wait"
        queue.maxConcurrentOperationCount = max(2, ProcessInfo.processInfo.activeProcessorCount)
        return queue
    }()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        queue.addOperation { unsafe job.runSynchronously(on: executor) }
    }
}
