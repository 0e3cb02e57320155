import Foundation

/// How long tests of many cases are: short in every run, long (`COALITION_LONG=1`) in `.ci/deep`.
public enum TestLength {
    /// Whether the long form is asked for.
    public static let isLong = ProcessInfo.processInfo.environment["COALITION_LONG"] == "1"

    /// A number of cases.
    public static func cases(_ short: Int, long: Int) -> Int { isLong ? long : short }
}
