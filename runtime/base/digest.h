/* digest: SHA-256 (FIPS 180-4), from libcrypto, with and without a key. */
#ifndef ALMANAC_DIGEST_H
#define ALMANAC_DIGEST_H

#include <stddef.h>

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE 65 /* 64 digits and a NUL */

void digest_bytes(const void *data, size_t len, unsigned char out[DIGEST_SIZE]);
void digest_to_hex(const unsigned char digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]);
/* digest_bytes() and digest_to_hex() in one. */
void digest_hex(const void *data, size_t len, char out[DIGEST_HEX_SIZE]);
/* HMAC-SHA-256 (RFC 2104). */
void digest_hmac_hex(const void *key, size_t key_len, const void *data, size_t len,
                     char out[DIGEST_HEX_SIZE]);
/* len random bytes from the operating system, as 2*len hex digits and a NUL. Aborts when the
 * system has none. */
void digest_random_hex(char *out, size_t len);

#endif
