// libxml2 as the bridge XMLKit uses it.
#include <libxml/xmlversion.h>
// Debian's libxml2 is built with ICU and its headers include ICU's, whose types Foundation defines otherwise. Nothing of
// the bridge touches the one structure that the macro changes (converters of encodings).
#undef LIBXML_ICU_ENABLED
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlstring.h>
