// swift-tools-version: 6.3
import PackageDescription

// One libFuzzer program for each decoder. The entry functions are the main package's target FuzzEntries. Built by
// fuzz.sh, with flags that instrument everything, which is why this is a package of its own.
let targets = ["wire", "cms", "xml", "csv", "programme"]

let package = Package(
    name: "coalition-fuzz",
    dependencies: [.package(name: "coalition", path: "../..")],
    targets: [
        // The one function of libFuzzer that is called.
        .target(name: "CLibFuzzer", path: "Sources/CLibFuzzer"),
        .target(
            name: "FuzzRunner",
            dependencies: ["CLibFuzzer", .product(name: "FuzzEntries", package: "coalition")],
            path: "Sources/FuzzRunner"),
        // Writes the inputs to begin with.
        .executableTarget(
            name: "fuzz-seeds", dependencies: [.product(name: "FuzzEntries", package: "coalition")],
            path: "Sources/FuzzSeeds"),
    ]
        + targets.map {
            .executableTarget(
                name: "fuzz-\($0)",
                dependencies: ["FuzzRunner", .product(name: "FuzzEntries", package: "coalition")], path: "Sources/\($0)"
            )
        },
    swiftLanguageModes: [.v6]
)
