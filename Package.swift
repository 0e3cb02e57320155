// swift-tools-version: 6.3
import PackageDescription

// The floors of Sources, bottom up. A target may import only targets of its own or lower floors, as its list says.
let package = Package(
    name: "coalition",
    products: [
        .executable(name: "coalition", targets: ["coalition"]),
        // For Tests/Fuzz, a package of its own that builds with other flags.
        .library(name: "FuzzEntries", targets: ["FuzzEntries"]),
        // For Tests/Bench, a package of its own that builds for release.
        .library(name: "BenchEntries", targets: ["BenchEntries"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Primitives: the words of the domain. Standard library only.
        .target(name: "Primitives", path: "Sources/Primitives"),

        // Bridges: C libraries and all unsafe code.
        .systemLibrary(
            name: "COpenSSL", path: "Sources/Bridges/COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibXML2", path: "Sources/Bridges/CLibXML2", pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(
            name: "CXlsx", path: "Sources/Bridges/CXlsx", pkgConfig: "xlsxwriter",
            providers: [.apt(["libxlsxwriter-dev"])]),
        .systemLibrary(
            name: "CCairo", path: "Sources/Bridges/CCairo", pkgConfig: "pangocairo",
            providers: [.apt(["libcairo2-dev", "libpango1.0-dev"])]),
        .target(name: "OpenSSLKit", dependencies: ["Primitives", "COpenSSL"], path: "Sources/Bridges/OpenSSLKit"),
        .target(name: "XMLKit", dependencies: ["Primitives", "CLibXML2"], path: "Sources/Bridges/XMLKit"),
        .target(name: "XLSXKit", dependencies: ["Primitives", "CXlsx"], path: "Sources/Bridges/XLSXKit"),
        .target(name: "PDFKit", dependencies: ["Primitives", "CCairo"], path: "Sources/Bridges/PDFKit"),

        // Engine: pure. No C, no network, no clock, no input or output.
        .target(name: "ProgrammeModel", dependencies: ["Primitives"], path: "Sources/Engine/ProgrammeModel"),
        .target(name: "Transparency", dependencies: ["Primitives"], path: "Sources/Engine/Transparency"),
        .target(
            name: "Journal", dependencies: ["Primitives", "ProgrammeModel", "Transparency"],
            path: "Sources/Engine/Journal"),
        .target(
            name: "Ledger", dependencies: ["Primitives", "ProgrammeModel", "Transparency", "Journal"],
            path: "Sources/Engine/Ledger"),
        .target(
            name: "Clearing", dependencies: ["Primitives", "ProgrammeModel", "Journal", "Ledger"],
            path: "Sources/Engine/Clearing"),
        .target(
            name: "Settlement", dependencies: ["Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing"],
            path: "Sources/Engine/Settlement"),
        .target(
            name: "Statements",
            dependencies: ["Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement"],
            path: "Sources/Engine/Statements"),
        .target(
            name: "BankMessages",
            dependencies: ["Primitives", "ProgrammeModel", "Journal", "Settlement"],
            path: "Sources/Engine/BankMessages"),
        .target(
            name: "House",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "Statements",
            ],
            path: "Sources/Engine/House"),

        // Intake: bytes become a posting batch.
        .target(name: "Wire", dependencies: ["Primitives"], path: "Sources/Intake/Wire"),
        .target(
            name: "Verification", dependencies: ["Primitives", "OpenSSLKit"], path: "Sources/Intake/Verification"),
        .target(
            name: "Validation", dependencies: ["Primitives", "ProgrammeModel", "Journal", "XMLKit"],
            path: "Sources/Intake/Validation"),
        .target(
            name: "Conversion", dependencies: ["Primitives", "ProgrammeModel", "Validation", "Journal", "Ledger"],
            path: "Sources/Intake/Conversion"),
        .target(
            name: "ProgrammeFiles",
            dependencies: ["Primitives", "ProgrammeModel", .product(name: "Yams", package: "Yams")],
            path: "Sources/Intake/ProgrammeFiles"),

        .target(
            name: "BankFiles", dependencies: ["Primitives", "BankMessages", "XMLKit"],
            path: "Sources/Intake/BankFiles"),

        // Stores: adapters of the journal's and the records' ports.
        .target(
            name: "FileStore", dependencies: ["Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger"],
            path: "Sources/Stores/FileStore"),

        // Shell: sockets, composition, the one executable.
        .target(
            name: "Transport",
            dependencies: [
                "Primitives", "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/Transport"),
        .target(
            name: "Evidence",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "Clearing", "Settlement",
                "Statements", "House", "FileStore", "OpenSSLKit",
            ],
            path: "Sources/Shell/Evidence"),
        .target(
            name: "Auditing",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "Clearing", "Settlement",
                "Statements", "House", "Verification", "Validation", "Conversion", "ProgrammeFiles", "FileStore",
                "OpenSSLKit", "XMLKit", "Evidence",
            ],
            path: "Sources/Shell/Auditing"),
        .target(
            name: "Gateway",
            dependencies: [
                "Evidence",
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "Clearing", "Settlement",
                "Statements", "House", "Wire", "Verification", "Validation", "Conversion", "ProgrammeFiles",
                "FileStore", "OpenSSLKit", "XMLKit",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/Gateway"),
        .target(
            name: "Inquiry",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "Statements", "House",
                "Validation", "Conversion", "FileStore", "OpenSSLKit", "XMLKit", "Evidence", "Gateway",
            ],
            path: "Sources/Shell/Inquiry"),
        .target(
            name: "Pages",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "House", "OpenSSLKit",
                "XMLKit", "Gateway", "Inquiry", .product(name: "Mustache", package: "swift-mustache"),
            ],
            path: "Sources/Shell/Pages"),
        .target(
            name: "Rendering",
            dependencies: ["Primitives", "BankMessages", "OpenSSLKit", "XMLKit", "XLSXKit", "PDFKit"],
            path: "Sources/Shell/Rendering"),
        .target(
            name: "Serving",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "House", "Wire",
                "Verification", "FileStore", "OpenSSLKit", "XMLKit", "Gateway", "Transport",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/Serving"),
        .target(
            name: "Portal",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "House", "Wire",
                "Verification", "FileStore", "OpenSSLKit", "Gateway", "Transport", "Serving",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/Portal", resources: [.embedInCode("openapi.yaml")]),
        .target(
            name: "Demonstration",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "Statements", "House",
                "Wire", "Validation", "ProgrammeFiles", "FileStore", "OpenSSLKit", "Transport", "Gateway", "Serving",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/Demonstration"),
        .executableTarget(
            name: "coalition",
            dependencies: [
                "Primitives", "BankMessages", "BankFiles", "Rendering", "ProgrammeModel", "Transparency", "Journal",
                "Ledger", "Clearing", "Settlement",
                "Statements", "House", "Wire", "Verification", "Validation", "Conversion", "ProgrammeFiles",
                "FileStore", "OpenSSLKit", "XMLKit", "Transport", "Evidence", "Auditing", "Gateway", "Inquiry",
                "Serving", "Portal", "Demonstration",
                .product(name: "Yams", package: "Yams"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Shell/coalition"),

        // Tests.
        .target(
            name: "TestKit",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "Clearing", "Settlement",
                "Statements", "House", "FileStore", "OpenSSLKit",
            ],
            path: "Tests/TestKit"),
        .target(
            name: "FuzzEntries",
            dependencies: [
                "Primitives", "ProgrammeModel", "Wire", "OpenSSLKit", "Verification", "Validation", "XMLKit",
                "ProgrammeFiles",
            ],
            path: "Tests/FuzzEntries"),
        .target(
            name: "BenchEntries",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "Validation", "Conversion",
                "ProgrammeFiles", "FileStore", "OpenSSLKit", "Evidence",
            ],
            path: "Tests/BenchEntries"),
        .testTarget(name: "FuzzReplayTests", dependencies: ["Primitives", "FuzzEntries", "TestKit"]),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives", "TestKit"]),
        .testTarget(
            name: "TransparencyTests", dependencies: ["Primitives", "Transparency", "OpenSSLKit", "TestKit"]),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "Statements", "House",
                "Validation", "Conversion", "FileStore", "TestKit",
            ]),
        .testTarget(name: "OpenSSLKitTests", dependencies: ["Primitives", "OpenSSLKit", "Verification", "TestKit"]),
        .testTarget(
            name: "FileStoreTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "FileStore", "OpenSSLKit",
                "TestKit",
            ]),
        .testTarget(
            name: "ProgrammeFilesTests", dependencies: ["Primitives", "ProgrammeModel", "ProgrammeFiles", "TestKit"]),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "Statements", "House",
                "Verification", "Validation", "Conversion", "ProgrammeFiles", "FileStore", "OpenSSLKit", "Evidence",
                "Gateway", "Transparency", "XMLKit", "TestKit", "Wire", "Transport", "Serving",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "DemonstrationTests",
            dependencies: [
                "Primitives", "OpenSSLKit", "Validation", "XMLKit", "Demonstration", "TestKit",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "AuditingTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Transparency", "Journal", "Ledger", "House", "FileStore", "OpenSSLKit",
                "Validation",
                "Evidence", "Auditing", "Gateway", "Demonstration", "TestKit", "BenchEntries",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "PagesTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Ledger", "Clearing", "Settlement", "House", "FileStore",
                "XMLKit", "Gateway", "Inquiry", "Pages", "Demonstration", "TestKit",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "coalition", "TestKit", "Portal",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .testTarget(
            name: "DocumentTests",
            dependencies: [
                "Primitives", "ProgrammeModel", "Journal", "Settlement", "BankMessages", "BankFiles", "PDFKit",
                "XLSXKit", "Rendering", "TestKit",
            ]),
        .testTarget(name: "WireTests", dependencies: ["Primitives", "Wire", "TestKit"]),
        .testTarget(name: "TidyTests", dependencies: ["Primitives"]),
        .testTarget(name: "XMLKitTests", dependencies: ["Primitives", "XMLKit"]),
        .testTarget(
            name: "ValidationTests", dependencies: ["Primitives", "Journal", "Validation", "XMLKit", "TestKit"]),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Primitives", "Wire", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]
}
