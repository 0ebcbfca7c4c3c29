/* gunzip and base64: what was packed comes back; what is cut, damaged, rubbish or a bomb is
 * refused. */
#include "check.h"
#include "base/gunzip.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/base64.h"

static size_t pack(const void *data, size_t len, unsigned char *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)data, .avail_in = (uInt)len, .next_out = out};

    z.avail_out = (uInt)room;
    CHECK(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static enum err_kind unpack(const void *data, size_t len, size_t max, struct buf *out)
{
    struct err e = {0};

    buf_release(out);
    buf_init(out, max);
    if (gunzip(data, len, out, &e) == 0)
        return ERR_NONE;
    CHECK(e.message[0]);
    return e.kind;
}

static void test_gunzip(void)
{
    static char text[300000];
    static unsigned char packed[310000];
    struct buf out = BUF_INIT(1);
    uint64_t seed = 88172645463325252u;
    size_t n;

    for (size_t i = 0; i < sizeof text; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        text[i] = (char)('a' + seed % 16);
    }
    n = pack(text, sizeof text, packed, sizeof packed);
    CHECK(n > 6 && n <= sizeof packed);
    CHECK(unpack(packed, n, sizeof text, &out) == ERR_NONE);
    CHECK(out.len == sizeof text && memcmp(out.data, text, sizeof text) == 0);
    CHECK(unpack(packed, n, sizeof text - 1, &out) == ERR_LIMIT);
    for (size_t cut = 0; cut < n; cut += cut < 40 || cut + 40 > n ? 1 : 4999)
        CHECK(unpack(packed, cut, sizeof text, &out) == ERR_CORRUPT);
    packed[n - 6] ^= 0x55; /* in the checksum */
    CHECK(unpack(packed, n, sizeof text, &out) == ERR_CORRUPT);
    packed[n - 6] ^= 0x55;
    for (size_t at = 0; at < n; at += 997) { /* anywhere */
        enum err_kind kind;

        packed[at] ^= 0x55;
        kind = unpack(packed, n, sizeof text, &out);
        CHECK(kind == ERR_CORRUPT || kind == ERR_LIMIT);
        packed[at] ^= 0x55;
    }
    packed[n] = 'x';
    CHECK(unpack(packed, n + 1, sizeof text, &out) == ERR_CORRUPT);
    CHECK(unpack("not gzip at all", 15, 100, &out) == ERR_CORRUPT);

    memset(text, 0, sizeof text); /* 300 kB in some 300 bytes */
    n = pack(text, sizeof text, packed, sizeof packed);
    CHECK(n < 400);
    CHECK(unpack(packed, n, 100000, &out) == ERR_LIMIT);
    CHECK(out.len <= 100000);
    n = pack("", 0, packed, sizeof packed);
    CHECK(unpack(packed, n, 1, &out) == ERR_NONE && out.len == 0);
    buf_release(&out);
}

static int decodes(const char *text, const char *want)
{
    char out[64];
    size_t len = 99;

    if (base64_decode(text, strlen(text), out, &len) < 0)
        return !want && len == 99;
    return want && len == strlen(want) && memcmp(out, want, len) == 0;
}

static void test_base64(void)
{
    CHECK(decodes("", ""));
    CHECK(decodes("YQ==", "a") && decodes("YWI=", "ab") && decodes("YWJj", "abc"));
    CHECK(decodes("YW\nJj\r\n", "abc") && decodes("YQ", "a") && decodes("+/+/", "\xfb\xff\xbf"));
    CHECK(decodes("Y", NULL) && decodes("YQ=a", NULL) && decodes("YQ===", NULL));
    CHECK(decodes("Y\xc3\xa4==", NULL) && decodes("a-_b", NULL));
}

int main(void)
{
    test_gunzip();
    test_base64();
    return 0;
}
