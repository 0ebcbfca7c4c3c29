/* What a text may decode to: runs of symbols, in each way in which they may be aligned. */
#include <stdlib.h>
#include <string.h>

#include "base/needles_priv.h"
#include "base/spelling.h"

/* What a byte is in an encoding, beside the value of a symbol. */
enum {
    NONE = -3,    /* ends a run of symbols */
    BETWEEN = -2, /* may stand between two */
    ASK = -1,     /* more bytes decide: ask symbol_fn */
};

/* What is at a place: a value, NONE or BETWEEN, and how many bytes it takes. */
typedef size_t symbol_fn(const struct view *view, size_t at, int *value);

static size_t line_end_at(const struct view *view, size_t at)
{
    size_t n = 0;

    while (at + n < view->len && strchr("\r\n", view->text[at + n]) && view->text[at + n] != '\0')
        n++;
    while (n > 0 && at + n < view->len && (view->text[at + n] == ' ' || view->text[at + n] == '\t'))
        n++;
    return n;
}

static int base64_value(unsigned char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const char *digit = c ? strchr(digits, c) : NULL;

    if (digit)
        return (int)(digit - digits);
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return c != '\0' && strchr("\r\n\\%&'\"`\033", c) ? ASK : NONE;
}

/* Whether a spelling joins what is before and behind it: parts of a text that a program puts
 * together, a line that goes on, what steers a terminal. A quotation mark by itself ends a run. */
static bool is_joint(const struct spelling *one)
{
    return one->count == 0 && one->len > 1;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* A text that ends within a joint may go on behind it. */
static size_t cut_or_none(const struct view *view, size_t at, const struct spellings *all,
                          int *value)
{
    bool is_cut = all->cut && is_quote(view->text[at]);

    *value = is_cut ? BETWEEN : NONE;
    return is_cut ? view->len - at : 1;
}

/* Lines may end anywhere, also where their ends are escaped, as in JSON; + and / may be escaped,
 * too.
 */
static size_t base64_at(const struct view *view, size_t at, int *value)
{
    char c = view->text[at];
    struct spellings all;

    *value = BETWEEN;
    if (c == '\n' || c == '\r')
        return line_end_at(view, at);
    spellings_at(view->text + at, view->text + view->len, &all);
    for (size_t i = all.count; i-- > 1;) {
        const struct spelling *one = &all.of[i];
        int symbol = one->count == 1 ? base64_value((unsigned char)one->bytes[0]) : NONE;

        if (symbol >= 0)
            *value = symbol;
        if (symbol >= 0 || is_joint(one) ||
            (one->count == 1 && (one->bytes[0] == '\n' || one->bytes[0] == '\r')))
            return one->len;
    }
    return cut_or_none(view, at, &all, value);
}

static int hex_value(unsigned char c)
{
    static const char digits[] = "123456789abcdef", upper[] = "ABCDEF";
    const char *digit = c ? strchr(digits, c) : NULL;

    if (digit)
        return (int)(digit - digits) + 1;
    digit = c ? strchr(upper, c) : NULL;
    if (digit)
        return (int)(digit - upper) + 10;
    if (c != '\0' && strchr("0\\'\"`\033", c))
        return ASK;
    return c != '\0' && strchr(" \t\r\n:,-", c) ? BETWEEN : NONE;
}

/* Between the digits there may be what dumps and fingerprints have there, and 0x or \x. */
static size_t hex_at(const struct view *view, size_t at, int *value)
{
    char next = at + 1 < view->len ? view->text[at + 1] : '\0';
    struct spellings all;

    *value = BETWEEN;
    if ((view->text[at] == '0' || view->text[at] == '\\') && (next == 'x' || next == 'X'))
        return 2;
    *value = 0;
    if (view->text[at] == '0')
        return 1;
    *value = BETWEEN;
    spellings_at(view->text + at, view->text + view->len, &all);
    for (size_t i = all.count; i-- > 1;) {
        if (is_joint(&all.of[i]))
            return all.of[i].len;
    }
    return cut_or_none(view, at, &all, value);
}

/* Bytes as numbers: Go's %v, a Buffer of Node in JSON, od -t u1. */
static int decimal_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return ASK;
    return c != '\0' && strchr(" \t\r\n,", c) ? BETWEEN : NONE;
}

static size_t number_at(const struct view *view, size_t at, int base, int *value)
{
    size_t n = 0;

    for (*value = 0; at + n < view->len; n++) {
        int digit = view->text[at + n] - '0';

        if (digit < 0 || digit >= base)
            break;
        *value = *value < 256 ? *value * base + digit : 256;
    }
    if (*value > 255)
        *value = NONE;
    return n;
}

static size_t decimal_at(const struct view *view, size_t at, int *value)
{
    return number_at(view, at, 10, value);
}

/* od -b, and lists with 0o or a backslash before each. */
static int octal_value(unsigned char c)
{
    if (c >= '0' && c <= '7')
        return ASK;
    return c != '\0' && strchr(" \t\r\n,\\", c) ? BETWEEN : NONE;
}

static size_t octal_at(const struct view *view, size_t at, int *value)
{
    if (view->text[at] != '0' || at + 1 == view->len || (view->text[at + 1] | 0x20) != 'o')
        return number_at(view, at, 8, value);
    *value = BETWEEN;
    return 2;
}

static const struct encoding {
    int (*value)(unsigned char c);
    symbol_fn *symbol_at;
    unsigned bits;       /* of a symbol */
    unsigned alignments; /* of its first byte in a run, each so many bits on */
    unsigned step;
} encodings[NEEDLES_ENCODINGS] = {
    {base64_value, base64_at, 6, 4, 2},
    {hex_value, hex_at, 4, 2, 4},
    {decimal_value, decimal_at, 8, 1, 0},
    {octal_value, octal_at, 8, 1, 0},
};

void needles_fill_symbols(signed char symbols[NEEDLES_ENCODINGS][256])
{
    for (int i = 0; i < NEEDLES_ENCODINGS; i++) {
        for (int c = 0; c < 256; c++)
            symbols[i][c] = (signed char)encodings[i].value((unsigned char)c);
    }
}

void decoded_release(struct decoded *decoded)
{
    free(decoded->symbols);
    free(decoded->of_symbols);
    free(decoded->bytes);
    free(decoded->of_bytes);
}

static int decoded_grow(struct decoded *d, size_t cap)
{
    unsigned char *symbols = realloc(d->symbols, cap);
    struct place *of_symbols = realloc(d->of_symbols, cap * sizeof *of_symbols);
    char *bytes = realloc(d->bytes, cap);
    struct place *of_bytes = realloc(d->of_bytes, cap * sizeof *of_bytes);

    d->symbols = symbols ? symbols : d->symbols;
    d->of_symbols = of_symbols ? of_symbols : d->of_symbols;
    d->bytes = bytes ? bytes : d->bytes;
    d->of_bytes = of_bytes ? of_bytes : d->of_bytes;
    if (!symbols || !of_symbols || !bytes || !of_bytes)
        return -1;
    d->cap = cap;
    return 0;
}

int decoded_reserve(struct decoded *d, size_t bytes)
{
    return bytes > d->cap ? decoded_grow(d, bytes) : 0;
}

static int decoded_add(struct decoded *d, int value, struct place place)
{
    if (d->count == d->cap && decoded_grow(d, d->cap ? 2 * d->cap : 256) < 0)
        return -1;
    d->symbols[d->count] = (unsigned char)value;
    d->of_symbols[d->count] = place;
    d->count++;
    return 0;
}

/* What is left of the last symbols. */
struct rest {
    unsigned value, bits;
    size_t from; /* in the text that was given */
};

/* The bytes of the symbols without so many bits of the first; how many. */
static size_t decode(struct decoded *d, unsigned bits, unsigned dropped, struct rest *rest)
{
    unsigned held = 0;
    int have = -(int)dropped;
    size_t n = 0, first = 0;

    for (size_t i = 0; i < d->count; i++) {
        if (have <= 0)
            first = i;
        held = (held << bits | d->symbols[i]) & 0xffff;
        have += (int)bits;
        if (have < 8)
            continue;
        have -= 8;
        d->bytes[n] = (char)(unsigned char)(held >> have & 0xff);
        d->of_bytes[n] = (struct place){d->of_symbols[first].from, d->of_symbols[i].to};
        first = i; /* which has bits of the next byte, too */
        n++;
    }
    *rest = (struct rest){.bits = have > 0 ? (unsigned)have : 0, .from = d->of_symbols[first].from};
    rest->value = held & ((1u << rest->bits) - 1);
    return n;
}

/* What a byte is, where the one behind it tells that it is no joint: most quotation marks are none.
 */
static int value_at(const struct view *view, size_t at, const signed char *symbols)
{
    int value = symbols[(unsigned char)view->text[at]];
    char next;

    if (value != ASK || !is_quote(view->text[at]))
        return value;
    next = at + 1 < view->len ? view->text[at + 1] : ' ';
    return next == view->text[at] || (next && strchr(" \t\r\n+.&\\|", next)) ? ASK : NONE;
}

/* How many bytes are to be skipped at the beginning of a run of plain symbols that is too short for
 * a needle; 0: it is looked through. */
static size_t too_short_at(const struct view *view, size_t at, const signed char *symbols,
                           size_t least)
{
    size_t n = 0;

    while (n < least && at + n < view->len && symbols[(unsigned char)view->text[at + n]] >= 0)
        n++;
    return n < least && at + n < view->len && value_at(view, at + n, symbols) == NONE ? n : 0;
}

/* How many bytes begin no run. */
static size_t no_symbols(const struct view *view, size_t at, const signed char *symbols)
{
    size_t n = 0;

    while (at + n < view->len && symbols[(unsigned char)view->text[at + n]] < ASK)
        n++;
    return n;
}

/* Looks through what a run of symbols decodes to. */
static int look_run(struct looking *l, const struct encoding *e, struct view run)
{
    struct decoded *d = &l->decoded[run.depth - 1];
    bool open = run.ends && (l->look->open_encoded || l->look->part_last);
    size_t least = open || run.begins ? 0 : needles_shortest(l->needles);
    int error = 0;

    if (d->count * e->bits / 8 < least)
        d->count = 0;
    for (unsigned i = 0; i < e->alignments && d->count > 0 && error == 0; i++) {
        struct rest rest;

        run.len = decode(d, e->bits, i * e->step, &rest);
        run.text = d->bytes;
        run.places = d->of_bytes;
        if (run.ends && rest.bits > 0)
            needles_note_bits(l, rest.value, rest.bits, rest.from);
        error = needles_look_view(l, &run);
    }
    d->count = 0;
    return error;
}

static int look_as(struct looking *l, const struct view *view, const struct encoding *e,
                   const signed char *symbols)
{
    struct decoded *d = &l->decoded[view->depth];
    struct view run = {.depth = view->depth + 1, .begins = view->begins && l->look->part_first};
    size_t least = (needles_shortest(l->needles) * 8 + e->bits - 1) / e->bits;
    int error = 0;

    for (size_t at = 0, n; at < view->len && error == 0; at += n) {
        int value = value_at(view, at, symbols);

        n = value >= 0 && d->count == 0 && !run.begins ? too_short_at(view, at, symbols, least) : 0;
        if (n > 0)
            continue;
        n = value == ASK ? e->symbol_at(view, at, &value) : 1;
        if (value >= 0) {
            error = decoded_add(
                d, value,
                (struct place){view_place(view, at).from, view_place(view, at + n - 1).to});
        } else if (value == NONE) {
            if (d->count > 0)
                error = look_run(l, e, run);
            run.begins = false;
            n += no_symbols(view, at + n, symbols);
        }
    }
    run.ends = view->ends;
    return error || d->count == 0 ? error : look_run(l, e, run);
}

int needles_look_encoded(struct looking *l, const struct view *view)
{
    int error = 0;

    for (int i = 0; view->depth < NEEDLES_DEPTH && i < NEEDLES_ENCODINGS && error == 0; i++)
        error = look_as(l, view, &encodings[i], needles_symbols(l->needles, i));
    return error;
}
