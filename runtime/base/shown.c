#include "base/shown.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/json_scan.h"
#include "base/unicode.h"

#define SHOWN_MAX ((size_t)512 << 20)

static uint32_t code_point(const unsigned char *p, size_t len)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = p[0] & lead[len];

    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3fu);
    return code;
}

/* C1, what splits or reorders lines (Unicode Standard Annex 9, Trojan Source), what is not seen (a
 * name that looks like another one must not be another one), and what is no character. */
static int is_spelt(uint32_t code)
{
    return (code >= 0x80 && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
           (code >= 0xfff9 && code <= 0xfffb) || unicode_is_invisible(code) ||
           unicode_is_noncharacter(code);
}

/* More marks than this over one character would be drawn over the lines around it. No script needs
 * as many. */
#define MARKS_MAX 8

static int spell(struct buf *out, uint32_t code)
{
    if (code < 0x10000)
        return buf_addf(out, "\\u%04x", (unsigned)code);
    code -= 0x10000;
    return buf_addf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code >> 10)),
                    (unsigned)(0xdc00 + (code & 0x3ff)));
}

/* The length of ESC mark [ digits and semicolons m, or 0. */
static size_t colour_len(const char *p, const char *end, const char *mark)
{
    size_t n = mark ? strlen(mark) : 0;
    const char *q = p + 1 + n;

    if (n == 0 || (size_t)(end - p) < n + 3 || memcmp(p + 1, mark, n) != 0 || *q != '[')
        return 0;
    for (q++; q < end && ((*q >= '0' && *q <= '9') || *q == ';'); q++)
        ;
    return q < end && *q == 'm' ? (size_t)(q + 1 - p) : 0;
}

static int add_colour(struct buf *out, const char *p, size_t len, size_t mark)
{
    return buf_adds(out, "\033") < 0 || buf_add(out, p + 1 + mark, len - 1 - mark) < 0 ? -1 : 0;
}

/* Adds what begins at p and does not pass as it is; returns its length, 0 when out is full. */
static size_t add_spelt(struct buf *out, const char *p, const char *end, size_t len,
                        const char *mark)
{
    size_t colour = *p == '\033' ? colour_len(p, end, mark) : 0;

    if (colour)
        return add_colour(out, p, colour, strlen(mark)) < 0 ? 0 : colour;
    if (*p == '\r' && p + 1 < end && p[1] == '\n')
        return 1;
    if (len > 1)
        return spell(out, code_point((const unsigned char *)p, len)) < 0 ? 0 : len;
    return buf_addf(out, "\\x%02x", (unsigned)(unsigned char)*p) < 0 ? 0 : 1;
}

int shown_add(struct buf *out, const char *text, size_t len, const char *mark)
{
    const char *p = text, *end = text + len, *from = text;
    int marks = 0; /* over the character before p */

    while (p < end) {
        const unsigned char *u = (const unsigned char *)p;
        size_t n = json_scan_utf8(u, (const unsigned char *)end);
        size_t taken;

        if (n == 1 && ((*u >= 0x20 && *u != 0x7f) || *u == '\n' || *u == '\t')) {
            p++;
            marks = 0;
            continue;
        }
        if (n > 1 && !is_spelt(code_point(u, n))) {
            marks = unicode_is_mark(code_point(u, n)) ? marks + 1 : 0;
            if (marks <= MARKS_MAX) {
                p += n;
                continue;
            }
        }
        if (buf_add(out, from, (size_t)(p - from)) < 0)
            return -1;
        taken = add_spelt(out, p, end, n, mark);
        if (taken == 0)
            return -1;
        p += taken;
        from = p;
    }
    return buf_add(out, from, (size_t)(p - from));
}

int shown_write(int fd, const char *text, size_t len, const char *mark)
{
    struct buf out = BUF_INIT(SHOWN_MAX);
    int error =
        shown_add(&out, text, len, mark) < 0 ? ENOMEM : file_write_all(fd, buf_str(&out), out.len);

    buf_release(&out);
    return error;
}

int shown_put(int fd, const struct buf *text)
{
    return file_write_all(fd, buf_str(text), text->len);
}
