/// In which role someone of the host read.
public enum ReaderRole: String, Hashable, Sendable, Codable, CaseIterable {
    /// An officer, who makes or checks acts.
    case officer = "OFFICER"
    /// Who runs the gateway.
    case operations = "OPERATOR"
    /// Who reads everything and changes nothing.
    case auditor = "AUDITOR"
}

/// What was read.
public enum AccessKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// A document.
    case document = "DOCUMENT"
    /// A page of a listing.
    case listing = "LISTING"
    /// The answer to a query.
    case query = "QUERY"
}

/// Someone of the host read over the socket what concerns partners; the fact's time is that of the access.
public struct AccessNoted: Hashable, Sendable, Codable {
    /// The reader's name.
    public var reader: String
    /// In which role it is connected.
    public var role: ReaderRole
    /// What was read.
    public var kind: AccessKind
    /// The document's id, the listing's or the query's name.
    public var item: String

    /// Makes the fact; the parameters are the properties of the same names.
    public init(reader: String, role: ReaderRole, kind: AccessKind, item: String) {
        self.reader = reader
        self.role = role
        self.kind = kind
        self.item = item
    }
}
