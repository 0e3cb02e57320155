import Inquiry
import Primitives

/// Exceptions of one kind: how many, what they add up to, and the first of them.
struct ExceptionSection {
    private let kind: String
    private var total: Int64 = 0
    private var sums: [String: Int128] = [:]
    private var money: [CurrencyCode: Int128] = [:]
    private var items: [Report] = []
    private let limit: Int

    /// None so far.
    ///
    /// - Parameter limit: how many are listed.
    init(_ kind: String, limit: Int) {
        self.kind = kind
        self.limit = limit
    }

    /// Counts exceptions.
    mutating func count(_ more: Int64 = 1) { total += more }

    /// Adds to what they come to, in points or in units of a partner.
    mutating func sum(_ amount: Int64, _ unit: String) { sums[unit, default: 0] += Int128(amount) }

    /// Adds to what they come to, in money without regard to its sign.
    mutating func sum(_ amount: Money) { money[amount.currency, default: 0] += Int128(amount.magnitude.minorUnits) }

    /// Lists one, unless as many as wanted are listed.
    mutating func list(_ body: (inout Report) -> Void) {
        guard items.count < limit else { return }
        var item = Report()
        body(&item)
        items.append(item)
    }

    /// Kind, count, totals and items.
    var report: Report {
        var out = Report()
        out.add("kind", kind)
        out.add("count", total)
        let points = sums.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let amounts = money.sorted { $0.key < $1.key }.map { currency, sum in
            Int64(exactly: sum).map { Money(minorUnits: $0, currency: currency).description } ?? "\(sum) in \(currency)"
        }
        if !(points + amounts).isEmpty { out.add("total", (points + amounts).joined(separator: ", ")) }
        if !items.isEmpty { out.add("items", items: items) }
        return out
    }
}
