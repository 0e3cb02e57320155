public import Journal
public import Primitives

/// What a bundle is about: a window, or a part of it.
public struct EvidenceScope: Hashable, Sendable {
    /// The window.
    public var window: WindowID
    /// The partner that may read it; nil for the host and its auditors, who see everything.
    public var partner: PartnerID?
    /// What of the partner's window is shown.
    public var part: Part

    /// A part of a window.
    public enum Part: Hashable, Sendable {
        /// Everything.
        case whole
        /// One file, by its number.
        case file(BatchID)
        /// One record without the others of its file.
        case record(RecordLocation)
    }

    /// Names a scope.
    public init(window: WindowID, partner: PartnerID? = nil, part: Part = .whole) {
        self.window = window
        self.partner = partner
        self.part = part
    }

    /// The pairs of a manifest's scope line.
    public var pairs: [(key: String, value: String)] {
        var out = [("window", window.text)]
        if let partner { out.append(("partner", partner.text)) }
        switch part {
        case .whole: break
        case .file(let batch): out.append(("file", batch.description))
        case .record(let location): out.append(("record", location.description))
        }
        return out
    }

    /// Whether a partner's own things are shown.
    public func shows(_ other: PartnerID) -> Bool { partner == nil || partner == other }

    /// Whether everything of the window, or of the partner's window, is shown.
    public var isWhole: Bool { part == .whole }
}
