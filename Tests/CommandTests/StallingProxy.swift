import Foundation
import TestKit
import Testing

/// Stands between client and gateway and lets the first connection pass only so many bytes towards the gateway. What
/// comes behind is swallowed (`stall`), or both ends are closed (`cut`). Later connections pass whole.
struct StallingProxy {
    enum Manner: String {
        case stall
        case cut
    }

    let program: RunningProgram
    let port: Int
    private let place: Workplace
    private let name: String

    init(in place: Workplace, before gateway: RunningGateway, passing limit: Int, then manner: Manner) async throws {
        let name = "proxy-\(UUID().uuidString)"
        let program = try RunningProgram(
            "python3 -c", "/usr/bin/env",
            more: [Self.script, "\(gateway.port)", "\(limit)", manner.rawValue, name], in: place)
        try await program.wait(for: "the proxy's port") { place.exists("\(name).port") }
        (self.program, self.place, self.name) = (program, place, name)
        port = try #require(Int(try place.text("\(name).port")))
    }

    /// Whether the first connection has come to its limit.
    var isAtLimit: Bool { place.exists("\(name).limit") }

    /// How many bytes went towards the gateway on connections after the first.
    func laterBytes() throws -> Int { try #require(Int(try place.text("\(name).later"))) }

    private static let script = """
        import asyncio, os, sys
        port, limit, manner, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
        count, later = 0, 0

        def tell(ending, text):
            with open(f"{name}.{ending}.new", "w") as file:
                file.write(text)
            os.rename(f"{name}.{ending}.new", f"{name}.{ending}")

        async def pump(reader, writer, number, towards_gateway):
            global later
            passed = 0
            try:
                while data := await reader.read(16384):
                    if towards_gateway and number == 1 and passed + len(data) > limit:
                        tell("limit", "")
                        if manner == "cut":
                            return
                        continue
                    passed += len(data)
                    if towards_gateway and number > 1:
                        later += len(data)
                        tell("later", str(later))
                    writer.write(data)
                    await writer.drain()
            except ConnectionError:
                pass

        async def serve(reader, writer):
            global count
            count += 1
            number = count
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
            up = asyncio.create_task(pump(reader, up_writer, number, True))
            down = asyncio.create_task(pump(up_reader, writer, number, False))
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
            up_writer.close()
            writer.close()

        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            tell("port", str(server.sockets[0].getsockname()[1]))
            async with server:
                await server.serve_forever()

        asyncio.run(main())
        """
}
