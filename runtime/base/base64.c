#include "base/base64.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(const char *text, size_t len, char *out, size_t *out_len)
{
    unsigned bits = 0;
    size_t count = 0, n = 0;
    int pad = 0;

    for (size_t i = 0; i < len; i++) {
        int value;

        if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')
            continue;
        if (text[i] == '=') {
            pad++;
            continue;
        }
        value = value_of(text[i]);
        if (value < 0 || pad)
            return -1;
        bits = bits << 6 | (unsigned)value;
        count++;
        if (count % 4 != 1)
            out[n++] = (char)(bits >> (6 - 2 * ((count - 1) % 4)));
    }
    if (count % 4 == 1 || pad > 2)
        return -1;
    *out_len = n;
    return 0;
}
