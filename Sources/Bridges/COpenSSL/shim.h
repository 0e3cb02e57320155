// OpenSSL 3 as the bridge OpenSSLKit uses it. Static inline functions stand for macros that Swift cannot import.
//
// SHA-256's own functions are called for short inputs, where EVP costs more than the digest; see ShortHasher.swift.
#define OPENSSL_SUPPRESS_DEPRECATED
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
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>

// SHA-256 of a message that is padded to whole blocks of 64 bytes already; the digest's eight words out. It spares the
// copy into the context's buffer and its clearing, which cost a short message as much as half a block.
static inline void coalition_sha256_blocks(const unsigned char *blocks, size_t count, unsigned int out[8]) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, blocks, count * 64);
    for (int word = 0; word < 8; word++) out[word] = context.h[word];
}

// A digest as four words, each with its most significant byte first.
static inline void coalition_sha256_words(const unsigned int words[8], uint64_t out[4]) {
    for (int word = 0; word < 4; word++) out[word] = (uint64_t)words[2 * word] << 32 | words[2 * word + 1];
}

// SHA-256 of messages that are padded to whole blocks, one after the other: into each the digest of an inner message is
// copied beforehand, at some byte; an outer message has at most 256 bytes. Four words out for each.
static inline void coalition_sha256_nested(
    const unsigned char *outer, size_t outer_size, const unsigned char *inner, size_t inner_size, size_t place,
    size_t count, uint64_t *out) {
    // First all inner ones: the processor begins a digest while it ends the one before, if it need not wait for it.
    for (size_t index = 0; index < count; index++) {
        unsigned int digest[8];
        coalition_sha256_blocks(inner + index * inner_size, inner_size / 64, digest);
        coalition_sha256_words(digest, out + index * 4);
    }
    for (size_t index = 0; index < count; index++) {
        unsigned char message[256];
        unsigned int digest[8];
        uint64_t *held = out + index * 4;
        memcpy(message, outer + index * outer_size, outer_size);
        for (int word = 0; word < 4; word++) {
            uint64_t bytes = __builtin_bswap64(held[word]);
            memcpy(message + place + word * 8, &bytes, 8);
        }
        coalition_sha256_blocks(message, outer_size / 64, digest);
        coalition_sha256_words(digest, held);
    }
}

// The root of the tree of RFC 6962 over hashes of four words each that are a power of two in number: they are joined in
// place, and the root is the first of them at the end.
static inline void coalition_sha256_tree(uint64_t *hashes, size_t count) {
    // The byte 1, two hashes, and the padding of FIPS 180-4 behind these 65 bytes.
    uint64_t message[16] = {0};
    message[15] = __builtin_bswap64(65 * 8);
    for (; count > 1; count /= 2) {
        for (size_t index = 0; index < count / 2; index++) {
            const uint64_t *pair = hashes + index * 8;
            uint64_t before = 1;
            for (int word = 0; word < 8; word++) {
                message[word] = __builtin_bswap64(before << 56 | pair[word] >> 8);
                before = pair[word];
            }
            message[8] = __builtin_bswap64(before << 56 | (uint64_t)0x80 << 48);
            unsigned int digest[8];
            coalition_sha256_blocks((const unsigned char *)message, 2, digest);
            coalition_sha256_words(digest, hashes + index * 4);
        }
    }
}

// SHA-256 of a byte and some bytes; 32 bytes out.
static inline void coalition_sha256_after(
    unsigned char first, const unsigned char *bytes, size_t count, unsigned char *out) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, &first, 1);
    if (count > 0) SHA256_Update(&context, bytes, count);
    SHA256_Final(out, &context);
}

// SHA-256 of some bytes; 32 bytes out.
static inline void coalition_sha256(const unsigned char *bytes, size_t count, unsigned char *out) {
    SHA256_CTX context;
    SHA256_Init(&context);
    if (count > 0) SHA256_Update(&context, bytes, count);
    SHA256_Final(out, &context);
}

// The state of SHA-256 behind one block, as eight words.
static inline void coalition_sha256_state(const unsigned char block[64], unsigned int out[8]) {
    coalition_sha256_blocks(block, 1, out);
}

// SHA-256 of a block whose state is given and some bytes behind it; 32 bytes out.
static inline void coalition_sha256_continue(
    const unsigned int state[8], const unsigned char *bytes, size_t count, unsigned char *out) {
    SHA256_CTX context;
    SHA256_Init(&context);
    for (int word = 0; word < 8; word++) context.h[word] = state[word];
    context.Nl = 512;
    SHA256_Update(&context, bytes, count);
    SHA256_Final(out, &context);
}

// HMAC-SHA-256 (RFC 2104) of some bytes, by the states behind the key's inner and outer block; 32 bytes out.
static inline void coalition_hmac_sha256(
    const unsigned int inner[8], const unsigned int outer[8], const unsigned char *bytes, size_t count,
    unsigned char *out) {
    unsigned char digest[32];
    coalition_sha256_continue(inner, bytes, count, digest);
    coalition_sha256_continue(outer, digest, 32, out);
}

// RFC 2253 text of a name, with UTF-8 as it is.
static const unsigned long coalition_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
