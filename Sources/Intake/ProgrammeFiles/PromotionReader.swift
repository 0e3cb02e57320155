import Primitives
import ProgrammeModel

/// A promotion as its file states it, with the places of its funders.
struct PromotionDraft {
    let id: PromotionID
    let idSpot: Spot
    let name: String
    let validity: DateSpan
    let funders: [Located<Promotion.Share>]
}

/// Reads `promotions/<ID>.yaml`.
struct PromotionReader {
    let log: FindingLog

    func read(_ source: SourceFile, _ root: YAMLValue) -> PromotionDraft? {
        let top = Field(value: root, spot: Spot(file: source.path, line: root.line), log: log)
        guard let map = top.map() else { return nil }
        let idField = map.required("promotion")
        let id = idField?.identifier(PromotionID.self)
        if let id, id.text != source.name { idField?.refuse("the file of promotion \(id) is named \(id).yaml") }
        let name = map.required("name")?.text("a name")
        let validity = map.validity()
        let fundersField = map.required("funders")
        let funders = fundersField.flatMap(funders)
        map.later(["cap", "budget"])
        map.finish()
        guard let id, let name, let validity, let funders, let idField else { return nil }
        return PromotionDraft(id: id, idSpot: idField.spot, name: name, validity: validity, funders: funders)
    }

    private func funders(_ field: Field) -> [Located<Promotion.Share>]? {
        guard let map = field.map() else { return nil }
        var shares: [Located<Promotion.Share>] = []
        for entry in map.all() {
            let (key, weightField) = entry.value
            let weight = weightField.integer(1...1_000_000)
            guard PartnerID.accepts(key) else {
                map.log.add(
                    .cfg005, entry.spot, value: key, detail: "not a \(PartnerID.label): \(PartnerID.rule)")
                continue
            }
            if let weight {
                let share = Promotion.Share(funder: PartnerID(unchecked: key), weight: weight)
                shares.append(Located(value: share, spot: entry.spot))
            }
        }
        map.finish()
        if shares.isEmpty { field.refuse("a promotion has at least one funder") }
        return shares
    }
}
