// swift-tools-version: 6.3
import PackageDescription

// Programs that measure parts of the engine by themselves. Built for release, apart from the main package.
let package = Package(
    name: "coalition-bench",
    dependencies: [.package(name: "coalition", path: "../..")],
    targets: [
        .executableTarget(
            name: "evidence-cost", dependencies: [.product(name: "BenchEntries", package: "coalition")],
            path: "Sources/evidence-cost"),
        .executableTarget(
            name: "engine-cost", dependencies: [.product(name: "BenchEntries", package: "coalition")],
            path: "Sources/engine-cost"),
    ],
    swiftLanguageModes: [.v6]
)
