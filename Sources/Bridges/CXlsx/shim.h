// libxlsxwriter as the bridge XLSXKit uses it.
#include <xlsxwriter.h>

// A file in memory (Linux), which the C library declares for GNU sources only.
extern int memfd_create(const char *name, unsigned int flags);
static const unsigned int workbook_memory_flags = 1; // MFD_CLOEXEC
