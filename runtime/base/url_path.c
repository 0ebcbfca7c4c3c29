#include "base/url_path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

enum { DECODED_MAX = 4 }; /* by how many servers behind one another */

/* --- one more decoding --- */

/* Characters that programs take for others, by NFKC or by the "best fit" of a code page. */
static const struct alike {
    uint32_t code;
    const char *is;
} alikes[] = {
    {0x2024, "."},  {0x2025, ".."}, {0x3002, "."},  {0xfe52, "."}, {0xff0e, "."},
    {0xff61, "."},  {0x2044, "/"},  {0x2215, "/"},  {0x29f8, "/"}, {0xff0f, "/"},
    {0x2216, "\\"}, {0xfe68, "\\"}, {0xff3c, "\\"},
};

/* What a character is to a careless program: its text, of at most two bytes, or NULL for itself. */
static const char *plain_of(uint32_t code, char one[2])
{
    for (size_t i = 0; i < sizeof alikes / sizeof alikes[0]; i++) {
        if (alikes[i].code == code)
            return alikes[i].is;
    }
    one[0] = (char)code;
    one[1] = '\0';
    return code < 0x80 ? one : NULL;
}

/* A character of more than one byte, as decoders read it that do not ask whether it could be
 * shorter, nor what its second byte is. How many bytes it has; 0: none of those. */
static size_t loose_utf8(const unsigned char *text, size_t len, uint32_t *code)
{
    size_t size = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc0 ? 2 : 0;

    if (!size || size > len || text[0] >= 0xf8)
        return 0;
    *code = text[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++)
        *code = *code << 6 | (text[i] & 0x3fU);
    return size;
}

static int hex_of(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %uXXXX, as some servers of Windows read it. */
static size_t percent_u(const unsigned char *text, size_t len, uint32_t *code)
{
    if (len < 6 || text[0] != '%' || (text[1] | 0x20) != 'u')
        return 0;
    *code = 0;
    for (size_t i = 2; i < 6; i++) {
        if (hex_of(text[i]) < 0)
            return 0;
        *code = *code << 4 | (uint32_t)hex_of(text[i]);
    }
    return 6;
}

/* Puts what is taken for a dot, a slash or another plain character in its place; never longer. */
static size_t unfold(char *text, size_t len)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t at = 0, out = 0;
    char one[2];

    while (at < len) {
        uint32_t code = 0;
        size_t size = percent_u(in + at, len - at, &code);
        const char *is;

        if (!size)
            size = loose_utf8(in + at, len - at, &code);
        is = size ? plain_of(code, one) : NULL;
        if (is) {
            /* A zero byte is one too. */
            size_t n = *is ? strlen(is) : 1;

            memcpy(text + out, is, n);
            out += n;
            at += size;
        } else {
            text[out++] = text[at++];
        }
    }
    return out;
}

/* --- segments --- */

/* Whether what stands between two slashes is . or .. to somebody: servers take away what follows a
 * semicolon or a zero byte, and what is not to be seen. */
static bool segment_is_dots(const char *text, size_t len)
{
    size_t dots = 0;

    for (size_t i = 0; i < len && text[i] != ';' && text[i]; i++) {
        if ((unsigned char)text[i] <= ' ')
            continue;
        if (text[i] != '.')
            return false;
        dots++;
    }
    return dots == 1 || dots == 2;
}

/* A path ends at # and ? for who reads it as a URL again, once it is decoded. */
static bool ends_segment(char c)
{
    return c == '/' || c == '\\' || c == '#' || c == '?';
}

static bool segments_have_dots(const char *path, size_t len)
{
    size_t at = 0;

    for (size_t end = 0; end <= len; end++) {
        if (end < len && !ends_segment(path[end]))
            continue;
        if (segment_is_dots(path + at, end - at))
            return true;
        at = end + 1;
    }
    return false;
}

bool url_path_has_dots(const char *path)
{
    size_t len = strlen(path), before;
    char *plain = malloc(len + 1);
    bool found = !plain;

    if (plain)
        memcpy(plain, path, len);
    for (int round = 0; !found && round < DECODED_MAX; round++) {
        before = len;
        len = unfold(plain, percent_decode(plain, plain, len, false));
        found = segments_have_dots(plain, len);
        if (len == before)
            break;
    }
    free(plain);
    return found;
}
