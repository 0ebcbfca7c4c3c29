/* percent and float_text: what is written reads back. */
#include "base/percent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/float_text.h"
#include "check.h"

static void encodes(const char *text, size_t len, const char *plain, const char *want)
{
    struct buf out = BUF_INIT(4096);

    CHECK(percent_encode(&out, text, len, plain) == 0);
    CHECK(strcmp(buf_str(&out), want) == 0);
    buf_release(&out);
}

static void decodes(const char *text, bool plus, const char *want, size_t len)
{
    char out[64];

    CHECK(percent_decode(out, text, strlen(text), plus) == len);
    CHECK(memcmp(out, want, len) == 0);
}

static void every_byte(void)
{
    struct buf out = BUF_INIT(4096);
    char all[256], back[1024];

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    CHECK(percent_encode(&out, all, sizeof all, PERCENT_UNRESERVED) == 0);
    CHECK(percent_decode(back, out.data, out.len, true) == sizeof all);
    CHECK(memcmp(all, back, sizeof all) == 0);
    buf_release(&out);
}

static void a_limit(void)
{
    struct buf out = BUF_INIT(4);

    CHECK(percent_encode(&out, "a b c", 5, "") < 0);
    buf_release(&out);
}

static void floats(void)
{
    static const double values[] = {0.1, 1.0 / 3, 2, 1e300, 5e-324, -0.0, 123456789012345680.0};
    char text[FLOAT_TEXT_SIZE];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        float_text(values[i], text);
        CHECK(strtod(text, NULL) == values[i] && strpbrk(text, ".e"));
    }
    float_text(2, text);
    CHECK(strcmp(text, "2.0") == 0);
    float_text(0.1, text);
    CHECK(strcmp(text, "0.1") == 0);
}

int main(void)
{
    encodes("a b/c~", 6, PERCENT_UNRESERVED, "a%20b%2Fc~");
    encodes("\0\xff.", 3, "", "%00%FF%2E");
    decodes("a%2fb%2F+", false, "a/b/+", 5);
    decodes("a+%2B", true, "a +", 3);
    decodes("100%", false, "100%", 4);
    decodes("%4", false, "%4", 2);
    decodes("%zz%4g", false, "%zz%4g", 6);
    decodes("%00x", false, "\0x", 2);
    every_byte();
    a_limit();
    floats();
    return 0;
}
