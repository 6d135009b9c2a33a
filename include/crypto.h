/*
 * Digests, secrets and base64: a thin face of libcrypto; random bytes are the kernel's. A failure
 * (which only lack of memory can cause here) aborts. Implemented in emulator/base/crypto.c.
 */
#ifndef COALMINE_CRYPTO_H
#define COALMINE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "text.h"

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65, SHA1_HEX_SIZE = 41, MD5_HEX_SIZE = 33 };

/* The digest's bytes, or its lower-case hex digits and a NUL. */
void crypto_sha256(struct text text, unsigned char digest_out[SHA256_SIZE]);
void crypto_sha256_hex(struct text text, char hex_out[SHA256_HEX_SIZE]);
/* For names that others have made of it; never for safety. */
void crypto_sha1_hex(struct text text, char hex_out[SHA1_HEX_SIZE]);
/* False if the machine's libcrypto has no MD5, as where only FIPS 140's digests are allowed. */
MUST_CHECK bool crypto_md5_hex(struct text text, char hex_out[MD5_HEX_SIZE]);
void crypto_hmac_sha256(struct text key, struct text text, unsigned char mac_out[SHA256_SIZE]);

/* Lower-case hexadecimal with a NUL; `hex_out` has room for 2 * size + 1. */
void crypto_hex(const void *bytes, size_t size, char *hex_out);
/* Reads what crypto_hex() writes; false if `hex` is not `size` bytes of it. */
bool crypto_unhex(const char *hex, void *bytes_out, size_t size);

/* Compares in a time that does not depend on where the first difference is. */
bool crypto_equal(struct text a, struct text b);

/* Cryptographically secure bytes from the operating system, 256 at most. */
void crypto_random(void *bytes_out, size_t size);

/* Standard base64 (RFC 4648 section 4) with padding. The caller owns what is returned. */
char *base64_encode(struct text bytes);

/* NULL if `text` is not base64 (padding required, no white space). The caller owns it. */
MUST_CHECK char *base64_decode(struct text text, size_t *size_out);

/* CRC-32C (Castagnoli) as iSCSI and the journal use it. */
uint32_t crypto_crc32c(const void *bytes, size_t size);

#endif
