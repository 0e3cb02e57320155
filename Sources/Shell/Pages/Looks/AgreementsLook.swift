import House
import Primitives
import ProgrammeModel

/// Agreements: ratios, prices, fees and terms with the days for which they count, and the versions of the programme.
struct AgreementsLook {
    let context: PageContext

    func page() -> PageModel {
        var page = PageModel(title: "Agreements and ratios")
        for agreement in context.agreements { page.sections.append(section(agreement)) }
        page.sections.append(versions)
        return page
    }

    private func span(_ span: DateSpan) -> PageModel.Cell {
        let end = span.to == .distantFuture ? "" : context.format.date(span.to)
        return .init("\(context.format.date(span.from)) – \(end)")
    }

    private func section(_ agreement: Agreement) -> PageModel.Section {
        var section = PageModel.Section("\(agreement.partner): \(agreement.legalName)")
        section.add("state", .state(agreement.status.rawValue))
        section.add("own currency", agreement.ownCurrency?.description)
        section.add("settled in", agreement.settlementCurrency.description)
        section.add("daily file by", agreement.fileExpectedBy)
        section.add(
            "registrations",
            agreement.registrations.isEmpty
                ? nil : agreement.registrations.map { "\($0.label) \($0.number)" }.joined(separator: ", "))
        var ratios = PageModel.Table(
            "Ratios of \(agreement.partner)",
            [.init("version"), .init("for"), .init("ratio"), .init("rounding"), .init("counts for")])
        for ratio in agreement.ratios {
            ratios.add([
                .init(ratio.id.text), .init(ratio.purpose.rawValue),
                .init("\(ratio.fromUnits) \(ratio.from) = \(ratio.toUnits) \(ratio.to)"),
                .init(ratio.rounding.rawValue), span(ratio.validity),
            ])
        }
        var prices = PageModel.Table(
            "Prices of a point for \(agreement.partner)",
            [.init("version"), .init("for"), .number("price"), .init("counts for")])
        for price in agreement.prices {
            prices.add([
                .init(price.id.text), .init(price.kind.rawValue),
                .number("\(context.format.decimal("\(price.price)")) \(price.currency)"), span(price.validity),
            ])
        }
        var fees = PageModel.Table(
            "Fees of \(agreement.partner)", [.init("version"), .init("for"), .number("fee"), .init("counts for")])
        for fee in agreement.fees {
            fees.add([
                .init(fee.id.text), .init(fee.kind.rawValue),
                .number("\(context.format.decimal("\(fee.amount)")) \(fee.currency)"), span(fee.validity),
            ])
        }
        var terms = PageModel.Table(
            "Terms of \(agreement.partner)",
            [
                .init("version"), .number("days of grace"), .number("refused after, days"),
                .number("minimum settlement"),
                .number("windows carried at most"), .init("counts for"),
            ])
        for version in agreement.terms {
            terms.add([
                .init(version.id.text), context.number(version.graceDays), context.number(version.lateLimitDays),
                .number(context.format.money(version.minimumSettlement)), context.number(version.maxCarryWindows),
                span(version.validity),
            ])
        }
        section.tables = [ratios, prices, fees, terms]
        return section
    }

    private var versions: PageModel.Section {
        var section = PageModel.Section("Versions of the programme")
        section.add("in force", "version \(context.house.programmes.count)")
        section.note =
            "Every version stands in the log with the signed files that it came from; a bundle of evidence has "
            + "them."
        return section
    }
}
