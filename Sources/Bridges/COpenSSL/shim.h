// OpenSSL 3 as the bridge OpenSSLKit uses it. Static inline functions stand for macros that Swift cannot import.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// RFC 2253 text of a name, with UTF-8 as it is.
static const unsigned long coalition_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
