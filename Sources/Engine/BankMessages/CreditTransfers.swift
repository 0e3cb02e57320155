import Journal
import Primitives
import ProgrammeModel

extension PaymentOrder {
    /// The order to pay, as pain.001.001.09.
    public func creditTransfers() -> [UInt8] {
        var out = XMLWriter(message: "pain.001.001.09")
        out.open("CstmrCdtTrfInitn")
        header(to: &out)
        for (index, group) in groups.enumerated() {
            begin(group, index + 1, method: "TRF", to: &out)
            if group.account.currency.description == "EUR" {
                out.open("PmtTpInf")
                out.nested("SvcLvl", "Cd", "SEPA")
                out.close()
            }
            out.nested("ReqdExctnDt", "Dt", group.day.description)
            out.party("Dbtr", host)
            out.account("DbtrAcct", group.account.account, currency: group.account.currency)
            out.bank("DbtrAgt", bic: group.account.bic)
            out.element("ChrgBr", group.account.currency.description == "EUR" ? "SLEV" : "SHAR")
            for item in group.items { pay(item, to: &out) }
            out.close()
        }
        out.close()
        out.close()
        return out.bytes
    }

    private func pay(_ item: Item, to out: inout XMLWriter) {
        out.open("CdtTrfTxInf")
        out.open("PmtId")
        out.element("InstrId", item.instruction.endToEndID)
        out.element("EndToEndId", item.instruction.endToEndID)
        out.close()
        out.open("Amt")
        out.amount("InstdAmt", item.amount)
        out.close()
        out.bank("CdtrAgt", bic: item.account.bic)
        out.party("Cdtr", item.name)
        out.account("CdtrAcct", item.account.account)
        out.nested("Purp", "Cd", "NETT")
        out.remittance(statement: item.statement)
        out.close()
    }
}

extension PaymentOrder.Item {
    /// The settlement statement that the instruction settles.
    var statement: String { "STL-\(instruction.window)-\(instruction.partner)" }
}
