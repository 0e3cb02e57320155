/// Exact fractions for the naive model, written for it alone: it shares no arithmetic with the product.
struct NaiveFraction: Equatable {
    let top: Int128
    let bottom: Int128

    init(_ top: Int128, _ bottom: Int128 = 1) {
        var (a, b) = (top < 0 ? -top : top, bottom < 0 ? -bottom : bottom)
        while b != 0 { (a, b) = (b, a % b) }
        let common = a == 0 ? 1 : a
        self.top = (bottom < 0 ? -top : top) / common
        self.bottom = (bottom < 0 ? -bottom : bottom) / common
    }

    /// Digits with a point, as programmes write prices.
    init(decimal text: String) {
        let parts = text.split(separator: ".")
        var scale: Int128 = 1
        if parts.count == 2 { for _ in parts[1] { scale *= 10 } }
        self.init(Int128(parts.joined()) ?? 0, scale)
    }

    static func + (a: Self, b: Self) -> Self { Self(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom) }
    static func - (a: Self, b: Self) -> Self { a + Self(-b.top, b.bottom) }
    static func * (a: Self, b: Self) -> Self { Self(a.top * b.top, a.bottom * b.bottom) }

    /// A whole number of tenths, hundredths and so on: the nearest, by what is done with a rest.
    func rounded(digits: Int, _ mode: String) -> Int128 {
        var wanted = top < 0 ? -top : top
        for _ in 0..<digits { wanted *= 10 }
        let whole = wanted / bottom
        let rest = wanted % bottom
        let isUp =
            switch mode {
            case "HALF_UP": rest * 2 >= bottom
            case "HALF_EVEN": rest * 2 > bottom || (rest * 2 == bottom && whole % 2 == 1)
            default: false
            }
        let magnitude = isUp ? whole + 1 : whole
        return top < 0 ? -magnitude : magnitude
    }

    /// A finite decimal in full, else numerator and denominator.
    var text: String {
        var scaled = top < 0 ? -top : top
        for digits in 0..<30 {
            if scaled % bottom == 0 { return (top < 0 ? "-" : "") + Self.point(scaled / bottom, digits) }
            if scaled > Int128.max / 10 { break }
            scaled *= 10
        }
        return "\(top)/\(bottom)"
    }

    /// Minor units as an amount.
    static func money(_ minor: Int128, digits: Int) -> String {
        (minor < 0 ? "-" : "") + point(minor < 0 ? -minor : minor, digits)
    }

    private static func point(_ number: Int128, _ digits: Int) -> String {
        var text = String(number)
        guard digits > 0 else { return text }
        while text.count <= digits { text = "0" + text }
        return "\(text.dropLast(digits)).\(text.suffix(digits))"
    }
}
