#include "base/gunzip.h"

#include <limits.h>
#include <zlib.h>

#define CHUNK ((size_t)64 << 10)
#define WINDOW_GZIP (15 + 16) /* the largest window, in a gzip wrapper only */

static int fail(struct err *e, int rc, const z_stream *z)
{
    if (rc == Z_MEM_ERROR)
        return err_set(e, ERR_MEMORY, "gunzip: out of memory");
    if (rc == Z_OK || rc == Z_BUF_ERROR)
        return err_set(e, ERR_CORRUPT, "gunzip: the data ends in the middle");
    return err_set(e, ERR_CORRUPT, "gunzip: %s", z->msg ? z->msg : "the data is damaged");
}

int gunzip(const void *data, size_t len, struct buf *out, struct err *e)
{
    z_stream z = {.next_in = (Bytef *)data, .avail_in = (uInt)len};
    unsigned char chunk[CHUNK];
    int rc;

    if (len > UINT_MAX)
        return err_set(e, ERR_LIMIT, "gunzip: more than 4 GiB to unpack");
    rc = inflateInit2(&z, WINDOW_GZIP);
    if (rc != Z_OK)
        return fail(e, rc, &z);
    do {
        size_t n;

        z.next_out = chunk;
        z.avail_out = sizeof chunk;
        rc = inflate(&z, Z_NO_FLUSH);
        n = sizeof chunk - z.avail_out;
        if (n > out->max - out->len) {
            inflateEnd(&z);
            return err_set(e, ERR_LIMIT, "gunzip: %zu bytes unpack to more than the allowed %zu",
                           len, out->max);
        }
        if (buf_add(out, chunk, n) < 0)
            rc = Z_MEM_ERROR;
    } while (rc == Z_OK && (z.avail_in || !z.avail_out));
    if (rc != Z_STREAM_END) {
        fail(e, rc, &z);
        inflateEnd(&z);
        return -1;
    }
    inflateEnd(&z);
    if (z.avail_in)
        return err_set(e, ERR_CORRUPT, "gunzip: %u bytes behind its end", z.avail_in);
    return 0;
}
