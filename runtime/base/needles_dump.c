/* Dumps: words of several bytes, the last byte first, as od and hexdump print them on most
 * machines; and lines with an address before the bytes, and their letters behind. */
#include <stdlib.h>
#include <string.h>

#include "base/needles_priv.h"

#define ADDRESS_MIN 6 /* digits */
#define LINE_DIGITS_MAX 64

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static size_t digits_at(const struct view *view, size_t at, int base)
{
    size_t n = 0;

    while (at + n < view->len && digit_of(view->text[at + n]) < base)
        n++;
    return n;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* --- words --- */

static const struct word {
    size_t digits;
    int base;
    size_t bytes;
} words[] = {
    {4, 16, 2}, {8, 16, 4}, {16, 16, 8}, /* od -x, hexdump, od -t x4, x8 */
    {6, 8, 2},  {11, 8, 4},              /* od, od -t o4 */
};

/* Whether a word of that kind, and nothing more of one, is there. */
static bool is_word(const struct view *view, size_t at, const struct word *word)
{
    return digits_at(view, at, word->base) == word->digits &&
           (at + word->digits == view->len || is_blank(view->text[at + word->digits]) ||
            digit_of(view->text[at + word->digits]) == 99);
}

static void put_word(struct decoded *d, size_t n, const struct view *view, size_t at,
                     const struct word *word)
{
    unsigned long long value = 0;

    for (size_t i = 0; i < word->digits; i++)
        value = value * (unsigned)word->base + (unsigned)digit_of(view->text[at + i]);
    for (size_t i = 0; i < word->bytes; i++) {
        d->bytes[n + i] = (char)(unsigned char)(value >> (8 * i) & 0xff);
        d->of_bytes[n + i] =
            (struct place){view_place(view, at).from, view_place(view, at + word->digits - 1).to};
    }
}

static size_t skip_blanks(const struct view *view, size_t at)
{
    while (at < view->len && is_blank(view->text[at]))
        at++;
    return at;
}

/* Looks through the words of one kind from a place on; *at is then behind them. */
static int look_words(struct looking *l, const struct view *view, const struct word *word,
                      size_t *at)
{
    struct decoded *d = &l->decoded[view->depth];
    struct view run = {.depth = view->depth + 1};
    size_t next = *at;

    while (next < view->len && is_word(view, next, word)) {
        if (decoded_reserve(d, 2 * (run.len + word->bytes)) < 0)
            return -1;
        put_word(d, run.len, view, next, word);
        run.len += word->bytes;
        *at = next + word->digits;
        next = skip_blanks(view, *at);
    }
    run.text = d->bytes;
    run.places = d->of_bytes;
    run.ends = view->ends && next == view->len;
    if (run.len < needles_shortest(l->needles) && !run.ends)
        return 0;
    return needles_look_view(l, &run);
}

/* What a word is made of, a dump's or another. */
static const bool is_letter[256] = {
    ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true, ['5'] = true,
    ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['a'] = true, ['b'] = true,
    ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true, ['h'] = true,
    ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true, ['n'] = true,
    ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true, ['t'] = true,
    ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true, ['z'] = true,
    ['A'] = true, ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true,
    ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true, ['K'] = true, ['L'] = true,
    ['M'] = true, ['N'] = true, ['O'] = true, ['P'] = true, ['Q'] = true, ['R'] = true,
    ['S'] = true, ['T'] = true, ['U'] = true, ['V'] = true, ['W'] = true, ['X'] = true,
    ['Y'] = true, ['Z'] = true,
};

/* Where the next word may begin: behind this one, and what parts it from the next. */
static size_t next_word(const struct view *view, size_t at)
{
    while (at < view->len && is_letter[(unsigned char)view->text[at]])
        at++;
    while (at < view->len && !is_letter[(unsigned char)view->text[at]])
        at++;
    return at;
}

/* Looks through the words from a place on that are of one kind there; where they end. */
static int look_words_at(struct looking *l, const struct view *view, size_t at, size_t *end)
{
    size_t n = digits_at(view, at, 16);
    int error = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words && error == 0; i++) {
        size_t behind = at;

        if (n == words[i].digits)
            error = look_words(l, view, &words[i], &behind);
        *end = behind > *end ? behind : *end;
    }
    return error;
}

/* Looks through all words, where one begins that is no part of another. */
static int look_all_words(struct looking *l, const struct view *view)
{
    int error = 0;

    for (size_t at = 0; at + 4 <= view->len && error == 0;) {
        const unsigned char *four = (const unsigned char *)view->text + at;
        size_t end = at;

        if (is_letter[four[0]] && is_letter[four[1]] && is_letter[four[2]] && is_letter[four[3]])
            error = look_words_at(l, view, at, &end);
        at = next_word(view, end);
    }
    return error;
}

/* --- lines --- */

/* The text of dumps alone. */
struct cleaned {
    char *text;
    struct place *places;
    size_t len;
    bool ends; /* with the text that was given */
};

/* Whether a line begins with an address, or with a blank and a word where addresses were left out;
 * where what is behind it begins. */
static size_t address_at(const struct view *view, size_t at)
{
    bool is_bare = view->text[at] == ' ';
    size_t n = digits_at(view, at + is_bare, 16);
    char next = at + is_bare + n < view->len ? view->text[at + is_bare + n] : '\0';

    if (n > 16 || (next != ' ' && (next != ':' || is_bare)))
        return 0;
    return is_bare ? n >= 2 : n >= ADDRESS_MIN ? n : 0;
}

static size_t line_end(const struct view *view, size_t at)
{
    const char *newline = at < view->len ? memchr(view->text + at, '\n', view->len - at) : NULL;

    return newline ? (size_t)(newline + 1 - view->text) : view->len;
}

/* Copies the digits of a line, up to what is no more of the dump. xxd, which puts a colon behind
 * the address, has two blanks before its letters. What is found reaches to the line's end: the
 * letters behind the bytes say the same again. */
static void copy_line(struct cleaned *c, const struct view *view, size_t at, size_t end)
{
    bool is_xxd = view->text[at] == ':';
    size_t digits = 0;

    for (at += is_xxd; at < end && digits < LINE_DIGITS_MAX; at++) {
        char ch = view->text[at];

        if (digit_of(ch) == 99 && ch != ' ' && ch != '\t')
            break;
        if (is_xxd && digits && ch == ' ' && at + 1 < end && view->text[at + 1] == ' ')
            break;
        digits += digit_of(ch) != 99;
        c->text[c->len] = ch;
        c->places[c->len++] = (struct place){view_place(view, at).from, end};
    }
    c->text[c->len] = ' ';
    c->places[c->len++] = (struct place){end - 1, end};
}

/* Copies all dumps; another line between two of them is left out. */
static void copy_dumps(struct cleaned *c, const struct view *view)
{
    for (size_t at = 0, next; at < view->len; at = next) {
        size_t n = address_at(view, at);

        next = line_end(view, at);
        if (n == 0)
            continue;
        copy_line(c, view, at + n, next - (view->text[next - 1] == '\n'));
        c->ends = next == view->len;
    }
}

static bool has_dump(const struct view *view)
{
    for (size_t at = 0; at < view->len; at = line_end(view, at)) {
        if (address_at(view, at))
            return true;
    }
    return false;
}

static int look_cleaned(struct looking *l, const struct view *view)
{
    struct cleaned c = {
        .text = malloc(2 * view->len + 2),
        .places = malloc((2 * view->len + 2) * sizeof *c.places),
    };
    int error = -1;

    if (c.text && c.places) {
        struct view cleaned = {0};

        copy_dumps(&c, view);
        cleaned.text = c.text;
        cleaned.places = c.places;
        cleaned.len = c.len;
        cleaned.ends = view->ends && c.ends;
        error = needles_look_encoded(l, &cleaned);
        if (error == 0)
            error = look_all_words(l, &cleaned);
    }
    free(c.text);
    free(c.places);
    return error;
}

int needles_look_dumped(struct looking *l, const struct view *view)
{
    int error = look_all_words(l, view);

    return error || !has_dump(view) ? error : look_cleaned(l, view);
}
