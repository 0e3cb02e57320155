public import ArgumentParser
public import Journal
public import OpenSSLKit
public import Primitives
public import Rendering

// Types of the domain as arguments. What does not obey a type's rule is refused by the parser, with the option's name.

extension Timestamp: ExpressibleByArgument {
    /// Reads RFC 3339, or answers nil.
    public init?(argument: String) { self.init(argument) }
    /// The instant in UTC.
    public var defaultValueDescription: String { description }
}

extension BusinessDate: ExpressibleByArgument {
    /// Reads `YYYY-MM-DD`, or answers nil.
    public init?(argument: String) { self.init(argument) }
}

extension Digest32: ExpressibleByArgument {
    /// Reads 64 hexadecimal digits, or answers nil.
    public init?(argument: String) { self.init(hex: argument) }
}

extension PartnerID: ExpressibleByArgument {
    /// Reads a partner's id, or answers nil.
    public init?(argument: String) { try? self.init(argument) }
}

extension WindowID: ExpressibleByArgument {
    /// Reads a window's id, or answers nil.
    public init?(argument: String) { try? self.init(argument) }
}

extension MessageID: ExpressibleByArgument {
    /// Reads a message's id, or answers nil.
    public init?(argument: String) { try? self.init(argument) }
}

extension DecimalNumber: ExpressibleByArgument {
    /// Reads a decimal number, or answers nil.
    public init?(argument: String) { self.init(argument) }
}

extension CurrencyCode: ExpressibleByArgument {
    /// Reads three capital letters, or answers nil.
    public init?(argument: String) { self.init(argument) }
}

extension Direction: ExpressibleByArgument {}
extension Series: ExpressibleByArgument {}
extension BatchFormat: ExpressibleByArgument {
    /// Reads the format in letters of any case, or answers nil.
    public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
extension ReceiptGrade: ExpressibleByArgument {
    /// Reads the grade in letters of any case, or answers nil.
    public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
extension DifferenceReason: ExpressibleByArgument {}
extension StatementItem: ExpressibleByArgument {
    /// Reads a line's number or a figure's name, or answers nil.
    public init?(argument: String) { self.init(argument) }
}
extension RecordStatus: ExpressibleByArgument {}
extension RecordType: ExpressibleByArgument {}
extension CertificateProfile: ExpressibleByArgument {}
extension RenderingFormat: ExpressibleByArgument {}
