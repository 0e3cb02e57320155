public import Journal
import Primitives
public import Validation

extension RecordEntry {
    /// The entry of a record that could not be read as one: its place, and its amount where that could be read.
    public init(_ refused: RefusedRecord) {
        self.init(
            record: UInt32(refused.place.number), offset: UInt64(refused.place.offset),
            length: UInt32(refused.place.length))
        unit = refused.amount?.unit
        units = refused.amount?.units ?? 0
    }
}
