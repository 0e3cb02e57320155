import CCairo
public import Primitives

/// A PDF document that is drawn page by page: A4 upright, text that can be searched and copied. Positions are in points
/// of 1/72 inch from the upper left corner.
@safe
public final class PDFCanvas {
    /// The width of an A4 page in points.
    public static let width = 595.276
    /// The height of an A4 page in points.
    public static let height = 841.89

    /// How text is set.
    public struct Style: Hashable, Sendable {
        /// The size in points.
        public var size: Int
        /// Whether it is bold.
        public var isBold: Bool

        /// Names a size and a weight.
        public init(size: Int, isBold: Bool = false) {
            self.size = size
            self.isBold = isBold
        }
    }

    /// Where a text stands against its position.
    public enum Alignment: Sendable {
        /// The position is its left end.
        case left
        /// The position is its right end.
        case right
    }

    private let sink: UnsafeMutablePointer<[UInt8]>
    private let surface: OpaquePointer
    private let context: OpaquePointer
    private let layout: OpaquePointer

    /// Begins a document.
    ///
    /// - Parameters:
    ///   - title: the title in the document's properties.
    ///   - created: the instant that is named as its creation, RFC 3339: the machine's time does not stand in it.
    /// - Throws: `Fault` when cairo has no memory for it.
    public init(title: String, created: String) throws(Fault) {
        unsafe sink = .allocate(capacity: 1)
        unsafe sink.initialize(to: [])
        let write: cairo_write_func_t = { closure, data, length in
            guard let sink = unsafe closure?.assumingMemoryBound(to: [UInt8].self) else {
                return CAIRO_STATUS_WRITE_ERROR
            }
            unsafe sink.pointee.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
            return CAIRO_STATUS_SUCCESS
        }
        // Cairo answers objects in an error state, never nil; the state is read when the document is finished.
        guard let surface = unsafe cairo_pdf_surface_create_for_stream(write, sink, Self.width, Self.height),
            let context = unsafe cairo_create(surface), let layout = unsafe pango_cairo_create_layout(context)
        else { preconditionFailure("cairo answers an object in any case") }
        unsafe self.surface = unsafe surface
        unsafe self.context = unsafe context
        unsafe self.layout = unsafe layout
        unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, created)
        try check()
    }

    deinit {
        unsafe g_object_unref(UnsafeMutableRawPointer(layout))
        unsafe cairo_destroy(context)
        unsafe cairo_surface_destroy(surface)
        unsafe sink.deinitialize(count: 1)
        unsafe sink.deallocate()
    }

    /// Writes one line of text and answers its width in points.
    ///
    /// - Parameters:
    ///   - x: the left or right end, by the alignment.
    ///   - y: the upper edge.
    ///   - width: the room there is; what is longer ends in an ellipsis. Nil for no limit.
    @discardableResult
    public func text(
        _ text: String, x: Double, y: Double, _ style: Style, _ alignment: Alignment = .left, width: Double? = nil
    ) -> Double {
        let taken = min(measure(text, style, width: width), width ?? .infinity)
        unsafe cairo_move_to(context, alignment == .left ? x : x - taken, y)
        unsafe pango_cairo_show_layout(context, layout)
        return taken
    }

    /// The width of a line of text in points.
    public func width(of text: String, _ style: Style) -> Double { measure(text, style, width: nil) }

    private func measure(_ text: String, _ style: Style, width: Double?) -> Double {
        let font = unsafe pango_font_description_new()
        defer { unsafe pango_font_description_free(font) }
        unsafe pango_font_description_set_family(font, "DejaVu Sans")
        unsafe pango_font_description_set_absolute_size(font, Double(style.size) * Double(PANGO_SCALE))
        unsafe pango_font_description_set_weight(font, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        unsafe pango_layout_set_font_description(layout, font)
        unsafe pango_layout_set_single_paragraph_mode(layout, 1)
        unsafe pango_layout_set_width(layout, width.map { Int32($0 * Double(PANGO_SCALE)) } ?? -1)
        unsafe pango_layout_set_ellipsize(layout, width == nil ? PANGO_ELLIPSIZE_NONE : PANGO_ELLIPSIZE_END)
        unsafe pango_layout_set_text(layout, text, -1)
        var (columns, rows) = (Int32(0), Int32(0))
        unsafe pango_layout_get_size(layout, &columns, &rows)
        return Double(columns) / Double(PANGO_SCALE)
    }

    /// Draws a thin line.
    public func rule(from start: Double, to end: Double, y: Double) {
        unsafe cairo_set_line_width(context, 0.5)
        unsafe cairo_move_to(context, start, y)
        unsafe cairo_line_to(context, end, y)
        unsafe cairo_stroke(context)
    }

    /// Ends the page; what follows stands on the next.
    public func endPage() { unsafe cairo_show_page(context) }

    /// Ends the document and answers its bytes. Nothing can be drawn any more.
    ///
    /// - Throws: `Fault` when something that was drawn did not succeed.
    public func finish() throws(Fault) -> [UInt8] {
        try check()
        unsafe cairo_surface_finish(surface)
        try check()
        return unsafe sink.pointee
    }

    private func check() throws(Fault) {
        for status in unsafe [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS
        {
            throw Fault("a PDF cannot be made: \(unsafe String(cString: cairo_status_to_string(status)))")
        }
    }
}
