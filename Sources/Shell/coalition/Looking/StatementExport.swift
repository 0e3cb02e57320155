import ArgumentParser
import Gateway
import Inquiry
import Primitives
import Rendering

/// Renders a statement.
struct StatementExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Render a clearing or settlement statement as PDF, workbook, French CSV or camt.053.",
        discussion: """
            Every form is made from the statement's signed XML and names its digest; none is signed. camt.053 is for \
            the books of a partner and exists for settlement statements.

            EXAMPLES
              coalition statement export STL-W-2026-03B-MARCHE --format pdf --data house
              coalition statement export STL-W-2026-03B-MARCHE --format csv-fr --out . \\
                --data house
              coalition statement export STL-W-2026-03B-MARCHE --format xlsx \\
                --from STL-W-2026-03B-MARCHE.xml
            """)

    @Argument(help: "The statement's id.")
    var id: String

    @Option(help: "The form: pdf, pdf-fr, xlsx, csv, csv-fr or camt053.")
    var format: RenderingFormat

    @Option(
        help: ArgumentHelp(
            "A file or directory to write to; a file of the id's name here by default.", valueName: "path"))
    var out: String?

    @Option(help: ArgumentHelp("The statement's XML, in place of a data directory or gateway.", valueName: "file"))
    var from: String?

    @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard [from, data, connection.gateway].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("give --data, --from, or --gateway with --tls-cert, --tls-key and --ca")
        }
    }

    func run() async throws {
        let bytes = try StatementRendering.render(try await xml(), as: format)
        let name = id + format.suffix
        let path = out.map { Files.isDirectory($0) ? "\($0)/\(name)" : $0 } ?? name
        try Files.write(bytes, to: path)
        Console.note(path)
    }

    private func xml() async throws -> [UInt8] {
        guard id.hasPrefix("STL-") || id.hasPrefix("CLS-") else {
            throw Refusal(.net005, value: id, detail: "clearing (CLS) and settlement (STL) statements are exported")
        }
        if let from { return try Files.read(from) }
        if let data { return try HouseReader(data).statement(id + ".xml").bytes }
        return try await RemoteDocument(connection: connection, id: id + ".xml").get().bytes
    }
}
