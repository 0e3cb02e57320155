/// Where an input is cut into pieces: a function of the input, so that a run can be repeated.
struct Cuts {
    private var state: UInt64

    init(of bytes: [UInt8]) {
        // FNV-1a.
        state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The next piece's length, from 1 to 97, mostly short.
    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let bits = Int(truncatingIfNeeded: state >> 40)
        return bits & 3 == 0 ? 1 + (bits >> 2) % 97 : 1 + (bits >> 2) % 9
    }

    /// The input in pieces.
    static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var cuts = Cuts(of: bytes)
        var out: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            out.append(rest.prefix(cuts.next()))
            rest = rest.dropFirst(out[out.count - 1].count)
        }
        return out
    }
}
