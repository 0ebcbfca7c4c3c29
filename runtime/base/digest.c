#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "base/err.h"

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
    /* SHA256() looks the algorithm up by name at every call, which costs more than hashing an
     * event of the journal does. */
    static _Thread_local EVP_MD_CTX *ctx;
    static _Thread_local EVP_MD *sha256;

    if (!ctx) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        ctx = EVP_MD_CTX_new();
        BUG_ON(!sha256 || !ctx);
    }
    BUG_ON(EVP_DigestInit_ex2(ctx, sha256, NULL) != 1 || EVP_DigestUpdate(ctx, data, len) != 1 ||
           EVP_DigestFinal_ex(ctx, out, NULL) != 1);
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

void digest_hmac_hex(const void *key, size_t key_len, const void *data, size_t len,
                     char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[DIGEST_SIZE];

    BUG_ON(!HMAC(EVP_sha256(), key, (int)key_len, data, len, digest, NULL));
    digest_to_hex(digest, out);
}

void digest_random_hex(char *out, size_t len)
{
    unsigned char bytes[256];

    BUG_ON(len > sizeof bytes);
    BUG_ON(getrandom(bytes, len, 0) != (ssize_t)len);
    digest_put_hex(bytes, len, out);
}
