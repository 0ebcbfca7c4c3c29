#include "base/percent.h"

#include <string.h>

static bool is_plain(char c, const char *plain)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(plain, c));
}

int percent_encode(struct buf *out, const char *text, size_t len, const char *plain)
{
    int rc = 0;

    for (size_t i = 0; i < len && rc == 0; i++)
        rc = is_plain(text[i], plain) ? buf_add(out, text + i, 1)
                                      : buf_addf(out, "%%%02X", (unsigned char)text[i]);
    return rc;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t percent_decode(char *out, const char *text, size_t len, bool plus)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    return n;
}
