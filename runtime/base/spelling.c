#include "base/spelling.h"

#include <stdint.h>
#include <string.h>

/* How often a text may have been escaped again. Longer runs of backslashes are just those. */
#define NESTED_MAX 4
#define BACKSLASHES_MAX ((size_t)1 << NESTED_MAX)
#define ENTITY_MAX 12 /* bytes of the longest */

const bool spelling_begins[256] = {
    ['\0'] = true, ['\\'] = true, ['%'] = true,  ['&'] = true,    ['='] = true,
    ['+'] = true,  ['\''] = true, ['"'] = true,  ['`'] = true,    ['^'] = true,
    ['$'] = true,  ['\r'] = true, ['\n'] = true, ['\033'] = true,
};

static void add(struct spellings *out, const char *bytes, size_t count, size_t len)
{
    struct spelling *one = &out->of[out->count];

    if (out->count == SPELLINGS_MAX)
        return;
    memcpy(one->bytes, bytes, count);
    one->count = (unsigned char)count;
    one->len = len;
    out->count++;
}

static void add_byte(struct spellings *out, unsigned byte, size_t len)
{
    char c = (char)(unsigned char)byte;

    add(out, &c, 1, len);
}

static void add_nothing(struct spellings *out, size_t len)
{
    add(out, "", 0, len);
}

/* A character by its number, in UTF-8. */
static void add_code(struct spellings *out, uint32_t code, size_t len)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    char bytes[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    if (code > 0x10ffff)
        return;
    for (size_t i = n; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(lead[n == 1 ? 0 : n] | code);
    add(out, bytes, n, len);
}

static int digit_of(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;

    return value < (int)base ? value : -1;
}

/* How many digits, at most `max`, are at p; their value. */
static size_t number_at(const char *p, const char *end, size_t max, unsigned base, uint32_t *value)
{
    size_t n = 0;

    for (*value = 0; n < max && p + n < end && digit_of(p[n], base) >= 0; n++)
        *value = *value * base + (uint32_t)digit_of(p[n], base);
    return n;
}

static size_t blanks_at(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && (p[n] == ' ' || p[n] == '\t'))
        n++;
    return n;
}

static size_t newline_at(const char *p, const char *end)
{
    if (p < end && *p == '\n')
        return 1;
    return end - p > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* ---- backslashes ---- */

/* {hex} or so many digits, behind the letter at q. */
static void add_number(struct spellings *out, const char *p, const char *q, const char *end,
                       size_t digits)
{
    uint32_t code, low;
    size_t n;

    if (q + 1 < end && q[1] == '{') {
        n = number_at(q + 2, end, 8, 16, &code);
        out->cut = out->cut || q + 2 + n == end;
        if (n > 0 && q + 2 + n < end && q[2 + n] == '}')
            add_code(out, code, (size_t)(q + 3 + n - p));
        return;
    }
    n = number_at(q + 1, end, digits, 16, &code);
    out->cut = out->cut || (n < digits && q + 1 + n == end);
    if (n < digits)
        return;
    q += 1 + n;
    if (code >= 0xd800 && code < 0xdc00) { /* the first half of a surrogate pair */
        const char *r = q;

        while (r < end && (*r == '\\' || *r == '%'))
            r++;
        out->cut = out->cut || end - r < 5;
        if (r > q && r < end && *r == 'u' && number_at(r + 1, end, 4, 16, &low) == 4)
            add_code(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), (size_t)(r + 5 - p));
        return;
    }
    add_code(out, code, (size_t)(q - p));
}

/* \xe9 is a byte, or with some the character of that number. */
static void add_hex_byte(struct spellings *out, const char *p, const char *q, const char *end)
{
    uint32_t code;
    size_t n = number_at(q + 1, end, 2, 16, &code);

    if (n == 2)
        add_byte(out, code, (size_t)(q + 3 - p));
    if (n == 2 ? code >= 0x80 : q + 1 < end && q[1] == '{')
        add_number(out, p, q, end, 2);
    out->cut = out->cut || (n < 2 && q + 1 + n == end);
}

static void add_octal(struct spellings *out, const char *p, const char *q, const char *end)
{
    uint32_t code;
    size_t n = number_at(q, end, 3, 8, &code);

    out->cut = out->cut || (n < 3 && q + n == end);
    add_byte(out, code & 0xff, (size_t)(q + n - p));
}

/* \54 or \000054 of CSS, with the blank that ends it; a single digit is a letter's escape. */
static void add_css(struct spellings *out, const char *p, const char *q, const char *end)
{
    uint32_t code;
    size_t n = number_at(q, end, 6, 16, &code);

    out->cut = out->cut || (n < 6 && q + n == end);
    if (n > 1)
        add_code(out, code, (size_t)(q + n - p) + (q + n < end && q[n] == ' '));
}

/* \o{124} of Perl. */
static void add_braced_octal(struct spellings *out, const char *p, const char *q, const char *end)
{
    uint32_t code;
    size_t n = q + 1 < end && q[1] == '{' ? number_at(q + 2, end, 8, 8, &code) : 0;

    if (n > 0 && q + 2 + n < end && q[2 + n] == '}')
        add_code(out, code, (size_t)(q + 3 + n - p));
}

/* What the letter at q means behind the backslashes from p on. */
static void add_escape(struct spellings *out, const char *p, const char *q, const char *end)
{
    static const char letters[] = "abefnrtv", values[] = "\a\b\033\f\n\r\t\v";
    const char *letter = memchr(letters, *q, sizeof letters - 1);
    size_t newline = newline_at(q, end);

    if (letter)
        add_byte(out, (unsigned char)values[letter - letters], (size_t)(q + 1 - p));
    else if (digit_of(*q, 8) >= 0)
        add_octal(out, p, q, end);
    else if (*q == 'x')
        add_hex_byte(out, p, q, end);
    else if (*q == 'u' || *q == 'U')
        add_number(out, p, q, end, *q == 'u' ? 4 : 8);
    else if (newline)
        add_nothing(out, (size_t)(q + newline - p) + blanks_at(q + newline, end));
    else
        add_byte(out, (unsigned char)*q, (size_t)(q + 1 - p));
    if (*q == 'o')
        add_braced_octal(out, p, q, end);
    if (*q == '"' || *q == '\'') /* one of two, as CSV within JSON has a quotation mark */
        add_nothing(out, (size_t)(q + 1 - p));
    add_css(out, p, q, end);
}

static void add_backslash(struct spellings *out, const char *p, const char *end)
{
    size_t n = 1;

    while (n < BACKSLASHES_MAX && p + n < end && p[n] == '\\')
        n++;
    for (size_t each = 2; each <= n; each *= 2)
        add_byte(out, '\\', each);
    out->cut = p + n == end;
    if (p + n < end && p[n] != '\\')
        add_escape(out, p, p + n, end);
}

/* ---- the others ---- */

/* %XX, of which the percent sign may be written so again: %25XX. %uXXXX is JavaScript's escape().
 */
static void add_percent(struct spellings *out, const char *p, const char *end)
{
    const char *q = p + 1;

    for (int nested = 0; nested < NESTED_MAX; nested++) {
        uint32_t code;
        size_t n = number_at(q, end, 2, 16, &code);

        out->cut = out->cut || (n < 2 && q + n == end);
        if (q < end && (*q == 'u' || *q == 'U'))
            add_number(out, p, q, end, 4);
        if (n < 2)
            return;
        q += 2;
        add_byte(out, code, (size_t)(q - p));
        if (code != '%')
            return;
    }
}

/* Of the characters that encoders have names for. */
static const struct entity {
    const char *name;
    char byte;
} entities[] = {
    {"amp", '&'},    {"lt", '<'},       {"gt", '>'},     {"quot", '"'},   {"apos", '\''},
    {"sol", '/'},    {"bsol", '\\'},    {"colon", ':'},  {"semi", ';'},   {"comma", ','},
    {"period", '.'}, {"excl", '!'},     {"quest", '?'},  {"num", '#'},    {"dollar", '$'},
    {"percnt", '%'}, {"lpar", '('},     {"rpar", ')'},   {"ast", '*'},    {"plus", '+'},
    {"equals", '='}, {"commat", '@'},   {"lsqb", '['},   {"rsqb", ']'},   {"lbrack", '['},
    {"rbrack", ']'}, {"Hat", '^'},      {"lowbar", '_'}, {"grave", '`'},  {"lcub", '{'},
    {"rcub", '}'},   {"lbrace", '{'},   {"rbrace", '}'}, {"verbar", '|'}, {"vert", '|'},
    {"Tab", '\t'},   {"NewLine", '\n'}, {"nbsp", ' '},
};

/* &#39; &#x27; or a name, of which the & may be written so again: &amp;#39; */
static void add_entity(struct spellings *out, const char *p, const char *end)
{
    const char *q = p + 1;
    uint32_t code;
    size_t n;

    for (int nested = 0; nested < NESTED_MAX && end - q >= 4 && memcmp(q, "amp;", 4) == 0; nested++)
        add_byte(out, '&', (size_t)((q += 4) - p));
    out->cut = end - q < ENTITY_MAX && !memchr(q, ';', (size_t)(end - q));
    if (q < end && *q == '#') {
        bool hex = q + 1 < end && (q[1] == 'x' || q[1] == 'X');

        q += hex ? 2 : 1;
        n = number_at(q, end, 8, hex ? 16 : 10, &code);
        if (n > 0)
            add_code(out, code, (size_t)(q + n - p) + (q + n < end && q[n] == ';'));
        return;
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        n = strlen(entities[i].name);
        if ((size_t)(end - q) > n && memcmp(q, entities[i].name, n) == 0 && q[n] == ';')
            add_byte(out, (unsigned char)entities[i].byte, (size_t)(q + n + 1 - p));
    }
}

/* =XX, or = at the end of a line that goes on. */
static void add_quoted_printable(struct spellings *out, const char *p, const char *end)
{
    uint32_t code;
    size_t n = number_at(p + 1, end, 2, 16, &code), newline = newline_at(p + 1, end);

    if (n == 2)
        add_byte(out, code, 3);
    if (newline)
        add_nothing(out, 1 + newline);
    out->cut = n < 2 && p + 1 + n == end;
}

/* A newline may be one, that of an indented text, a space that was folded, or nothing, where a long
 * line was wrapped. */
static void add_newline(struct spellings *out, const char *p, const char *end)
{
    size_t newline = newline_at(p, end), blanks;

    if (newline == 0)
        return;
    blanks = blanks_at(p + newline, end);
    add_byte(out, '\n', newline);
    if (blanks > 0)
        add_byte(out, '\n', newline + blanks);
    add_byte(out, ' ', newline + blanks);
    add_nothing(out, newline + blanks);
}

/* ---- what stands between ---- */

static size_t space_at(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && strchr(" \t\r\n", p[n]) && p[n])
        n++;
    return n;
}

/* From a quotation mark on, what stands between two parts of a text that a program of several lines
 * puts together: `" +\n  "`, `" . "`, `" \\\n "`; 0: nothing does. */
static size_t joint_at(const char *p, const char *end, bool *cut)
{
    const char *q = p + 1;

    q += space_at(q, end);
    if (q < end && *q && strchr("+.&\\|", *q))
        q += q + 1 < end && q[1] == *q ? 2 : 1;
    q += space_at(q, end);
    *cut = *cut || q == end;
    return q < end && q > p + 1 && *q == *p ? (size_t)(q + 1 - p) : 0;
}

#define SEQUENCE_MAX 4096 /* bytes of one that steers a terminal */

/* How many bytes behind an escape steer a terminal with it (ECMA-48, 5.4, 5.6). `escape` is how it
 * is written, which is how the one is written that ends a string, too. */
static size_t sequence_at(const char *p, const char *end, const char *escape, size_t len, bool *cut)
{
    const char *limit = end - p > SEQUENCE_MAX ? p + SEQUENCE_MAX : end, *q = p;

    if (q < limit && *q && strchr("]PX^_", *q)) {
        while (q < limit && *q != '\a' &&
               !((size_t)(limit - q) >= len && memcmp(q, escape, len) == 0))
            q++;
        if (q < limit && *q != '\a')
            q += len;
        else if (q < limit)
            return (size_t)(q + 1 - p);
        while (q < limit && *q == '\\')
            q++;
    } else {
        if (q < limit && *q == '[')
            q++;
        while (q < limit && *q >= ' ' && *q <= '?')
            q++;
        q += q < limit;
    }
    *cut = *cut || q == end;
    return (size_t)(q - p);
}

/* Of whatever may be meant by an escape: it may stand for nothing, with what belongs to it. */
static void add_sequences(struct spellings *out, const char *p, const char *end)
{
    size_t count = out->count;

    for (size_t i = 0; i < count; i++) {
        size_t len = out->of[i].len;

        if (out->of[i].count == 1 && out->of[i].bytes[0] == '\033')
            add_nothing(out, len + sequence_at(p + len, end, p, len, &out->cut));
    }
}

static void add_quote(struct spellings *out, const char *p, const char *end)
{
    size_t joint = joint_at(p, end, &out->cut);

    add_nothing(out, 1);
    if (joint)
        add_nothing(out, joint);
}

void spellings_at(const char *p, const char *end, struct spellings *out)
{
    out->count = 0;
    out->cut = false;
    add(out, p, 1, 1);
    switch (*p) {
    case '\\':
        add_backslash(out, p, end);
        break;
    case '%':
        add_percent(out, p, end);
        break;
    case '&':
        add_entity(out, p, end);
        break;
    case '=':
        add_quoted_printable(out, p, end);
        break;
    case '+':
        add_byte(out, ' ', 1);
        break;
    case '\r':
    case '\n':
        add_newline(out, p, end);
        break;
    case '\'':
    case '"':
    case '`':
        add_quote(out, p, end);
        break;
    case '\0': /* between the letters of UTF-16 */
    case '^':
    case '$':
        add_nothing(out, 1);
        break;
    default:
        break;
    }
    add_sequences(out, p, end);
}
