// cairo and pango as the bridge PDFKit uses them.
#include <cairo.h>
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
