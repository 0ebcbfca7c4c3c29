#include "digest.h"

#include <openssl/sha.h>
#include <sys/random.h>

#include "err.h"

static void digest_put_hex(const unsigned char *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

void digest_bytes(const void *data, size_t len, unsigned char out[DIGEST_SIZE])
{
    SHA256(data, len, out);
}

void digest_to_hex(const unsigned char digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE])
{
    digest_put_hex(digest, DIGEST_SIZE, out);
}

void digest_hex(const void *data, size_t len, char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[DIGEST_SIZE];

    digest_bytes(data, len, digest);
    digest_to_hex(digest, out);
}

void digest_random_hex(char *out, size_t len)
{
    unsigned char bytes[256];

    BUG_ON(len > sizeof bytes);
    BUG_ON(getrandom(bytes, len, 0) != (ssize_t)len);
    digest_put_hex(bytes, len, out);
}
