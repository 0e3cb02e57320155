/// What a document says of the business, without what it says of places in the log, which differ from run to run.
public enum DocumentFigures {
    /// The lines of an issued document: heads and checkpoints of the log, digests and numbers of facts are left out;
    /// counts of what was received stay.
    public static func lines(of document: [UInt8]) -> [String] {
        var isEvidence = false
        return String(decoding: document, as: UTF8.self).split(separator: "\n").map(String.init).filter { line in
            if line.contains("<Evidence>") { isEvidence = true }
            let counts = ["<Files ", "<MissingSequence ", "<Messages ", "<Receipts ", "<Statements "]
            if isEvidence { return counts.contains { line.contains($0) } }
            return !line.contains("<JournalHead ") && !line.hasPrefix("Log ") && !line.hasPrefix("Checkpoint ")
        }
    }
}
