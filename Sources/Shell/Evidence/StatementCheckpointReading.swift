public import Statements
import Transparency

extension StatementCheckpoint {
    /// Reads a note; whether it is signed is not looked at.
    ///
    /// - Throws: `NoteError` when it is no checkpoint.
    public init(note: String) throws {
        let checkpoint = try Checkpoint(parsing: SignedNote(parsing: Array(note.utf8)).text)
        self.init(origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, note: note)
    }
}
