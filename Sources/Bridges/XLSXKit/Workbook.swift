import CXlsx
import Glibc
public import Primitives

/// A workbook of Office Open XML that is written sheet by sheet.
@safe
public final class Workbook {
    private var handle: UnsafeMutablePointer<lxw_workbook>?
    private let descriptor: Int32
    private var formats: [CellStyle: UnsafeMutablePointer<lxw_format>] = unsafe [:]

    /// Begins a workbook. It is written into memory of the kernel, not to a folder.
    ///
    /// - Parameters:
    ///   - title: the title in the document's properties.
    ///   - createdAt: the seconds since 1970 that are named as its creation.
    /// - Throws: `Fault` when there is no room for it.
    public init(title: String, createdAt: Int) throws(Fault) {
        descriptor = unsafe memfd_create("workbook", workbook_memory_flags)
        guard descriptor >= 0, let handle = unsafe workbook_new("/proc/self/fd/\(descriptor)") else {
            throw Fault("a workbook cannot be begun: errno \(errno)")
        }
        unsafe self.handle = unsafe handle
        unsafe title.withCString { text in
            var properties = unsafe lxw_doc_properties()
            unsafe properties.title = UnsafeMutablePointer(mutating: text)
            unsafe properties.created = createdAt
            _ = unsafe workbook_set_properties(handle, &properties)
        }
    }

    deinit {
        if let handle = unsafe handle { _ = unsafe workbook_close(handle) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds a sheet.
    ///
    /// - Parameter name: at most 31 characters, used once in the workbook.
    /// - Throws: `Fault` when the workbook does not take it.
    public func sheet(_ name: String) throws(Fault) -> Worksheet {
        guard let handle = unsafe handle, let sheet = unsafe workbook_add_worksheet(handle, name) else {
            throw Fault("a workbook takes no sheet \(name)")
        }
        return unsafe Worksheet(sheet, of: self)
    }

    /// Ends the workbook and answers its bytes. Its sheets take nothing any more.
    ///
    /// - Throws: `Fault` when it cannot be written or read back.
    public func finish() throws(Fault) -> [UInt8] {
        guard let handle = unsafe handle else { throw Fault("the workbook is finished") }
        unsafe self.handle = nil
        let error = unsafe workbook_close(handle)
        guard error == LXW_NO_ERROR else {
            throw Fault("a workbook cannot be written: \(unsafe String(cString: lxw_strerror(error)))")
        }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size > 0 else { throw Fault("a workbook cannot be read back: errno \(errno)") }
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = unsafe bytes.withUnsafeMutableBytes { raw in
                unsafe pread(descriptor, raw.baseAddress?.advanced(by: done), size - done, done)
            }
            guard count > 0 else { throw Fault("a workbook cannot be read back: errno \(errno)") }
            done += count
        }
        return bytes
    }

    /// The library's format for a style; made once for each.
    func format(_ style: CellStyle) -> UnsafeMutablePointer<lxw_format>? {
        if let known = unsafe formats[style] { return unsafe known }
        guard let handle = unsafe handle, let format = unsafe workbook_add_format(handle) else { return nil }
        if style.isBold { unsafe format_set_bold(format) }
        if let digits = style.fractionDigits {
            unsafe format_set_num_format(format, digits == 0 ? "0" : "0." + String(repeating: "0", count: digits))
        }
        if style.isDate { unsafe format_set_num_format(format, "yyyy-mm-dd") }
        unsafe formats[style] = unsafe format
        return unsafe format
    }
}

/// How a cell looks.
public struct CellStyle: Hashable, Sendable {
    /// Whether its text is bold.
    public var isBold = false
    /// Fraction digits of a number; nil for as many as it has.
    public var fractionDigits: Int?
    /// Whether a number is a day.
    public var isDate = false

    /// A plain cell, or one with the features named.
    public init(isBold: Bool = false, fractionDigits: Int? = nil, isDate: Bool = false) {
        self.isBold = isBold
        self.fractionDigits = fractionDigits
        self.isDate = isDate
    }
}
