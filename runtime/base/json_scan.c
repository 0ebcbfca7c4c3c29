#include "base/json_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any integer of this many digits is exact in a double. */
#define PLAIN_DIGITS 15
/* A longer literal is compared with nothing: it is refused, or kept as text. */
#define NUMBER_MAX 512

struct scanner {
    struct json_scan *s;
    const struct json_scan_options *options;
    const unsigned char *text, *end, *p;
    const unsigned char *copied; /* the new text holds everything before this */
    int depth;
    struct err *e;
};

void json_scan_init(struct json_scan *s)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->out, SIZE_MAX / 2);
}

void json_scan_release(struct json_scan *s)
{
    free(s->edits);
    buf_release(&s->out);
    json_scan_init(s);
}

size_t json_scan_utf8(const unsigned char *p, const unsigned char *end)
{
    size_t left = (size_t)(end - p);

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if ((p[0] & 0xf0) == 0xe0) {
        if (left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
            return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
            return 0;
        if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

static int no_memory(struct scanner *sc)
{
    return err_set(sc->e, ERR_MEMORY, "out of memory while reading JSON");
}

/* Replaces text[from .. p) by a marker, or by one raw byte. Blanks keep the marker apart from what
 * is wrongly beside it: "1[]" must not become another marker. */
static struct json_edit *scan_edit(struct scanner *sc, enum json_edit_kind kind,
                                   const unsigned char *from, unsigned char byte)
{
    struct json_scan *s = sc->s;
    struct json_edit *edit;

    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct json_edit *edits = realloc(s->edits, cap * sizeof *edits);

        if (!edits)
            return NULL;
        s->edits = edits;
        s->cap = cap;
    }
    if (buf_add(&s->out, sc->copied, (size_t)(from - sc->copied)) < 0)
        return NULL;
    edit = &s->edits[s->count];
    edit->kind = kind;
    edit->in = (size_t)(from - sc->text);
    edit->in_len = (size_t)(sc->p - from);
    edit->out = s->out.len;
    if (kind == JSON_EDIT_BYTE ? buf_add(&s->out, &byte, 1) < 0
                               : buf_addf(&s->out, " %zu.5 ", s->count) < 0)
        return NULL;
    edit->out_len = s->out.len - edit->out;
    s->count++;
    sc->copied = sc->p;
    return edit;
}

static bool is_digit(const struct scanner *sc)
{
    return sc->p < sc->end && *sc->p >= '0' && *sc->p <= '9';
}

/* Whether printing the double with as many digits as the literal has gives the literal back:
 * then nothing was rounded away. Compares the digits only; the exponent is strtod's business. */
static bool is_faithful(const char *literal, double value)
{
    char printed[NUMBER_MAX + 32], digits[NUMBER_MAX + 1];
    size_t n = 0, i = 0;

    for (const char *c = literal; *c && *c != 'e' && *c != 'E'; c++) {
        if (*c < '0' || *c > '9' || (n == 0 && *c == '0'))
            continue;
        digits[n++] = *c;
    }
    while (n > 0 && digits[n - 1] == '0')
        n--;
    if (isinf(value))
        return false;
    if (n == 0)
        return true;
    if (value == 0 || fabs(value) < 2.2250738585072014e-308)
        return false; /* underflow loses digits */
    if (n <= PLAIN_DIGITS)
        return true;
    snprintf(printed, sizeof printed, "%.*e", (int)n - 1, value);
    for (const char *c = printed; *c && *c != 'e' && i < n; c++) {
        if (*c >= '0' && *c <= '9' && *c != digits[i++])
            return false;
    }
    return i == n;
}

static int scan_unfit(struct scanner *sc, const unsigned char *from, const char *literal,
                      const char *why)
{
    if (sc->options->big_as_text)
        return scan_edit(sc, JSON_EDIT_TEXT, from, 0) ? 0 : no_memory(sc);
    sc->p = from;
    err_set(sc->e, ERR_LIMIT, "the number %.40s%s %s", literal, strlen(literal) > 40 ? "…" : "",
            why);
    return err_hint(sc->e, "decode it with {big = \"text\"} to keep its text");
}

static int scan_special(struct scanner *sc, const unsigned char *from, bool integral)
{
    char literal[NUMBER_MAX + 1];
    size_t len = (size_t)(sc->p - from);
    struct json_edit *edit;
    double real;

    if (len > NUMBER_MAX) {
        memcpy(literal, from, NUMBER_MAX);
        literal[NUMBER_MAX] = '\0';
        return scan_unfit(sc, from, literal, "is too long");
    }
    memcpy(literal, from, len);
    literal[len] = '\0';
    if (integral) {
        intmax_t integer;

        errno = 0;
        integer = strtoimax(literal, NULL, 10);
        if (errno == ERANGE)
            return scan_unfit(sc, from, literal, "does not fit a 64-bit integer");
        edit = scan_edit(sc, JSON_EDIT_INTEGER, from, 0);
        if (!edit)
            return no_memory(sc);
        edit->value.integer = integer;
        return 0;
    }
    real = strtod(literal, NULL);
    if (!is_faithful(literal, real))
        return scan_unfit(sc, from, literal,
                          isinf(real) ? "is past the range of a double"
                                      : "would be rounded by a double");
    edit = scan_edit(sc, JSON_EDIT_FLOAT, from, 0);
    if (!edit)
        return no_memory(sc);
    edit->value.real = real;
    return 0;
}

/* number = [ "-" ] ( "0" / 1-9 digits ) [ "." digits ] [ e [ sign ] digits ] (RFC 8259, 6) */
static int scan_number(struct scanner *sc)
{
    const unsigned char *from = sc->p, *digits;
    bool integral = true;
    size_t count;

    if (*sc->p == '-')
        sc->p++;
    digits = sc->p;
    while (is_digit(sc))
        sc->p++;
    count = (size_t)(sc->p - digits);
    if (count == 0 || (count > 1 && *digits == '0'))
        goto malformed;
    if (sc->p < sc->end && *sc->p == '.') {
        integral = false;
        sc->p++;
        if (!is_digit(sc))
            goto malformed;
        while (is_digit(sc))
            sc->p++;
    }
    if (sc->p < sc->end && (*sc->p == 'e' || *sc->p == 'E')) {
        integral = false;
        sc->p++;
        if (sc->p < sc->end && (*sc->p == '+' || *sc->p == '-'))
            sc->p++;
        if (!is_digit(sc))
            goto malformed;
        while (is_digit(sc))
            sc->p++;
    }
    /* "12x" would be cut in two by the parser, and "-0" is an integer of ours. */
    if (sc->p < sc->end && (*sc->p == '.' || *sc->p == '+' || *sc->p == '-' || *sc->p == '_' ||
                            (*sc->p | 0x20) - 'a' + 0u < 26u))
        goto malformed;
    if (integral && count <= PLAIN_DIGITS)
        return 0;
    return scan_special(sc, from, integral);
malformed:
    sc->p = from;
    return err_set(sc->e, ERR_USAGE, "malformed number");
}

static int hex4(const unsigned char *p, const unsigned char *end)
{
    int value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = p[i];

        if (c >= '0' && c <= '9')
            c -= '0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            c = (c | 0x20) - 'a' + 10;
        else
            return -1;
        value = value * 16 + c;
    }
    return value;
}

/* p is at a backslash. A lone \udc80 to \udcff is how json.encode writes a byte that is no UTF-8
 * (as Python's surrogateescape does); the parser would refuse it. */
static int scan_escape(struct scanner *sc)
{
    const unsigned char *from = sc->p;
    int unit, low;

    if (sc->end - sc->p < 2)
        return err_set(sc->e, ERR_USAGE, "the string is not closed");
    if (!memchr("\"\\/bfnrtu", sc->p[1], 9))
        return err_set(sc->e, ERR_USAGE, "invalid escape in a string");
    sc->p += 2;
    if (from[1] != 'u')
        return 0;
    unit = hex4(sc->p, sc->end);
    if (unit < 0) {
        sc->p = from;
        return err_set(sc->e, ERR_USAGE, "invalid \\u escape in a string");
    }
    sc->p += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    if (unit >= 0xdc80 && unit <= 0xdcff)
        return scan_edit(sc, JSON_EDIT_BYTE, from, (unsigned char)(unit & 0xff)) ? 0
                                                                                 : no_memory(sc);
    low = unit < 0xdc00 && sc->end - sc->p >= 6 && sc->p[0] == '\\' && sc->p[1] == 'u'
              ? hex4(sc->p + 2, sc->end)
              : -1;
    if (low < 0xdc00 || low > 0xdfff) {
        sc->p = from;
        return err_set(sc->e, ERR_USAGE, "half of a surrogate pair in a string");
    }
    sc->p += 6;
    return 0;
}

/* Whether some byte of the word is a quote, a backslash, below 0x20 or above 0x7f. */
static bool word_is_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & highs) != 0;
}

static int scan_string(struct scanner *sc)
{
    const unsigned char *from = sc->p++;

    while (sc->p < sc->end) {
        uint64_t word;
        size_t len;

        if (sc->end - sc->p >= 8) {
            memcpy(&word, sc->p, sizeof word);
            if (!word_is_special(word)) {
                sc->p += 8;
                continue;
            }
        }
        if (*sc->p == '"') {
            sc->p++;
            return 0;
        }
        if (*sc->p == '\\') {
            if (scan_escape(sc) < 0)
                return -1;
            continue;
        }
        if (*sc->p < 0x20)
            return err_set(sc->e, ERR_USAGE, "control character 0x%02x in a string", *sc->p);
        len = json_scan_utf8(sc->p, sc->end);
        if (len == 0)
            return err_set(sc->e, ERR_USAGE, "byte 0x%02x is not UTF-8", *sc->p);
        sc->p += len;
    }
    sc->p = from;
    return err_set(sc->e, ERR_USAGE, "the string that begins here is not closed");
}

static int scan_open(struct scanner *sc)
{
    const unsigned char *from = sc->p++;

    if (sc->depth >= sc->options->max_depth) {
        sc->p = from;
        return err_set(sc->e, ERR_LIMIT, "nested deeper than %d levels", sc->options->max_depth);
    }
    if (*from == '[') {
        const unsigned char *q = sc->p;

        while (q < sc->end && (*q == ' ' || *q == '\n' || *q == '\r' || *q == '\t'))
            q++;
        if (q < sc->end && *q == ']') {
            sc->p = q + 1;
            return scan_edit(sc, JSON_EDIT_EMPTY_ARRAY, from, 0) ? 0 : no_memory(sc);
        }
    }
    sc->depth++;
    return 0;
}

static int scan_token(struct scanner *sc)
{
    switch (*sc->p) {
    case '"':
        return scan_string(sc);
    case '[':
    case '{':
        return scan_open(sc);
    case ']':
    case '}':
        sc->depth--;
        sc->p++;
        return 0;
    case '-':
    case '0' ... '9':
        return scan_number(sc);
    case '\0': /* the parser would take it for the end */
        return err_set(sc->e, ERR_USAGE, "unexpected NUL byte");
    default:
        sc->p++;
        return 0;
    }
}

int json_scan_text(struct json_scan *s, const char *text, size_t len,
                   const struct json_scan_options *options, size_t *at, struct err *e)
{
    struct scanner sc = {
        .s = s,
        .options = options,
        .text = (const unsigned char *)text,
        .end = (const unsigned char *)text + len,
        .p = (const unsigned char *)text,
        .copied = (const unsigned char *)text,
        .e = e,
    };

    while (sc.p < sc.end) {
        if (scan_token(&sc) < 0) {
            *at = (size_t)(sc.p - sc.text);
            return -1;
        }
    }
    if (s->count > 0 && buf_add(&s->out, sc.copied, (size_t)(sc.end - sc.copied)) < 0)
        return no_memory(&sc);
    return 0;
}

size_t json_scan_origin(const struct json_scan *s, size_t out)
{
    size_t low = 0, high = s->count;
    const struct json_edit *edit;

    while (low < high) { /* the first edit that begins past `out` */
        size_t middle = low + (high - low) / 2;

        if (s->edits[middle].out <= out)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return out;
    edit = &s->edits[low - 1];
    if (out < edit->out + edit->out_len)
        return edit->in;
    return edit->in + edit->in_len + (out - edit->out - edit->out_len);
}
