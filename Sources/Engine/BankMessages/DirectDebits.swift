import Journal
import Primitives
import ProgrammeModel

extension PaymentOrder {
    /// The order to collect, as pain.008.001.08: direct debits between firms (SEPA B2B) under each partner's mandate.
    public func directDebits() -> [UInt8] {
        var out = XMLWriter(message: "pain.008.001.08")
        out.open("CstmrDrctDbtInitn")
        header(to: &out)
        for (index, group) in groups.enumerated() {
            begin(group, index + 1, method: "DD", to: &out)
            out.open("PmtTpInf")
            out.nested("SvcLvl", "Cd", "SEPA")
            out.nested("LclInstrm", "Cd", "B2B")
            out.element("SeqTp", "RCUR")
            out.close()
            out.element("ReqdColltnDt", group.day.description)
            out.party("Cdtr", host)
            out.account("CdtrAcct", group.account.account, currency: group.account.currency)
            out.bank("CdtrAgt", bic: group.account.bic)
            out.element("ChrgBr", "SLEV")
            creditor(to: &out)
            for item in group.items { collect(item, to: &out) }
            out.close()
        }
        out.close()
        out.close()
        return out.bytes
    }

    private func creditor(to out: inout XMLWriter) {
        out.open("CdtrSchmeId")
        out.open("Id")
        out.open("PrvtId")
        out.open("Othr")
        out.element("Id", creditorID)
        out.nested("SchmeNm", "Prtry", "SEPA")
        out.close()
        out.close()
        out.close()
        out.close()
    }

    private func collect(_ item: Item, to out: inout XMLWriter) {
        out.open("DrctDbtTxInf")
        out.open("PmtId")
        out.element("InstrId", item.instruction.endToEndID)
        out.element("EndToEndId", item.instruction.endToEndID)
        out.close()
        out.amount("InstdAmt", item.amount)
        out.open("DrctDbtTx")
        out.open("MndtRltdInf")
        out.element("MndtId", ifPresent: item.account.mandate)
        out.element("DtOfSgntr", ifPresent: item.account.mandateDate?.description)
        out.close()
        out.close()
        out.bank("DbtrAgt", bic: item.account.bic)
        out.party("Dbtr", item.name)
        out.account("DbtrAcct", item.account.account)
        out.nested("Purp", "Cd", "NETT")
        out.remittance(statement: item.statement)
        out.close()
    }
}
