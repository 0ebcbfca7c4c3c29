#include "base/needles.h"

#include <stdlib.h>
#include <string.h>

#include "base/needles_priv.h"
#include "base/spelling.h"

struct needle {
    char *text;
    size_t len;
    int next; /* that begins with the same byte, or -1 */
};

struct needles {
    struct needle *all;
    size_t count, cap, shortest;
    int first[256]; /* by the byte that they begin with; -1: none */
    signed char symbols[NEEDLES_ENCODINGS][256];
};

struct needles *needles_new(void)
{
    struct needles *needles = calloc(1, sizeof *needles);

    for (int i = 0; needles && i < 256; i++)
        needles->first[i] = -1;
    if (needles)
        needles_fill_symbols(needles->symbols);
    return needles;
}

void needles_free(struct needles *needles)
{
    if (!needles)
        return;
    for (size_t i = 0; i < needles->count; i++)
        free(needles->all[i].text);
    free(needles->all);
    free(needles);
}

int needles_add(struct needles *needles, const char *text, size_t len)
{
    int *first = &needles->first[(unsigned char)text[0]];
    struct needle *needle;

    if (needles->count == needles->cap) {
        size_t cap = needles->cap ? 2 * needles->cap : 16;
        struct needle *grown = realloc(needles->all, cap * sizeof *grown);

        if (!grown)
            return -1;
        needles->all = grown;
        needles->cap = cap;
    }
    needle = &needles->all[needles->count];
    needle->text = malloc(len);
    if (!needle->text)
        return -1;
    memcpy(needle->text, text, len);
    needle->len = len;
    needle->next = *first;
    *first = (int)needles->count;
    if (needles->shortest == 0 || len < needles->shortest)
        needles->shortest = len;
    return (int)needles->count++;
}

const signed char *needles_symbols(const struct needles *needles, int encoding)
{
    return needles->symbols[encoding];
}

size_t needles_shortest(const struct needles *needles)
{
    return needles->shortest;
}

/* ---- one needle at one place ---- */

/* A text can be read in several ways, so a walk along the needle is at several places of the text
 * at once. A level is the places that have the same bytes of the needle behind them; one spelling
 * stands for four bytes at most, so that five levels are in use. More places than a level takes
 * would be of a text made to have them: the further ones are left out. */
#define LEVELS 5
#define PLACES_MAX 8

struct level {
    size_t count;
    size_t at[PLACES_MAX];
};

struct walk {
    const struct needle *needle;
    size_t skip; /* bytes of the needle that are not asked for */
    const struct view *view;
    struct level levels[LEVELS];
    size_t places; /* in all levels */
    size_t open;   /* bytes of the needle that the text had when it ended, 0: it did not end so */
};

static void walk_add(struct walk *w, size_t done, size_t at)
{
    struct level *level = &w->levels[done % LEVELS];

    for (size_t i = 0; i < level->count; i++) {
        if (level->at[i] == at)
            return;
    }
    if (level->count == PLACES_MAX)
        return;
    level->at[level->count++] = at;
    w->places++;
}

static void walk_open(struct walk *w, size_t done)
{
    if (done - w->skip > w->open)
        w->open = done - w->skip;
}

/* On from a place with so many bytes of the needle behind it. */
static void walk_step(struct walk *w, size_t done, size_t at)
{
    const struct needle *needle = w->needle;
    const char *text = w->view->text;
    struct spellings all;

    if (at == w->view->len) {
        walk_open(w, done);
        return;
    }
    if (!spelling_begins[(unsigned char)text[at]]) {
        if (text[at] == needle->text[done])
            walk_add(w, done + 1, at + 1);
        return;
    }
    spellings_at(text + at, text + w->view->len, &all);
    if (all.cut)
        walk_open(w, done);
    for (size_t i = 0; i < all.count; i++) {
        const struct spelling *one = &all.of[i];

        if (one->count == 0) {
            if (done > w->skip)
                walk_add(w, done, at + one->len);
        } else if (one->count <= needle->len - done &&
                   memcmp(one->bytes, needle->text + done, one->count) == 0) {
            walk_add(w, done + one->count, at + one->len);
        }
    }
}

/* Walks from a place on; where the needle ends, or 0. */
static size_t walk(struct walk *w, size_t at)
{
    const struct level *last = &w->levels[w->needle->len % LEVELS];
    size_t end = 0;

    for (size_t i = 0; i < LEVELS; i++)
        w->levels[i].count = 0;
    w->places = 0;
    w->open = 0;
    walk_add(w, w->skip, at);
    for (size_t done = w->skip; done < w->needle->len && w->places > 0; done++) {
        struct level *level = &w->levels[done % LEVELS];

        for (size_t i = 0; i < level->count; i++) /* which may grow meanwhile */
            walk_step(w, done, level->at[i]);
        w->places -= level->count;
        level->count = 0;
    }
    for (size_t i = 0; i < last->count; i++) {
        if (last->at[i] > end)
            end = last->at[i];
    }
    return end;
}

/* ---- all needles at all places ---- */

struct place view_place(const struct view *view, size_t at)
{
    return view->places ? view->places[at] : (struct place){at, at + 1};
}

/* The bytes of a word may stand in another order in the text. */
static struct place view_range(const struct view *view, size_t from, size_t to)
{
    struct place all = {view_place(view, from).from, view_place(view, to - 1).to};

    for (size_t at = from; view->depth > 0 && at < to; at++) {
        struct place one = view_place(view, at);

        all.from = one.from < all.from ? one.from : all.from;
        all.to = one.to > all.to ? one.to : all.to;
    }
    return all;
}

static int tell(struct looking *l, const struct view *view, size_t from, size_t to, int needle)
{
    struct place range = view_range(view, from, to);
    struct found found = {
        .from = range.from, .to = range.to, .needle = needle, .encoded = view->depth > 0};

    while (found.encoded && found.to < l->len && l->text[found.to] == '=')
        found.to++; /* what fills up base64 */
    return l->look->found ? l->look->found(l->look->arg, &found) : 0;
}

static int note_open(struct looking *l, const struct view *view, size_t at, int needle, size_t open)
{
    struct look *look = l->look;
    size_t least = view->depth ? (look->open_encoded + 7) / 8 : look->open_plain;
    size_t from = view_place(view, at).from;

    if (!view->ends || open == 0)
        return 0;
    if (least && open >= least && from < look->open_at)
        look->open_at = from;
    if (look->part_last && open >= look->part_last)
        return tell(l, view, at, view->len, needle);
    return 0;
}

/* The text ended with the first bits of a byte, which begin at a symbol. */
void needles_note_bits(struct looking *l, unsigned value, unsigned bits, size_t from)
{
    struct look *look = l->look;

    if (look->open_encoded == 0 || bits < look->open_encoded || from >= look->open_at)
        return;
    for (unsigned first = 0; first < 256; first++) {
        if (first >> (8 - bits) == value && l->needles->first[first] >= 0)
            look->open_at = from;
    }
}

/* Most places are told apart by the second byte. */
static bool is_other(const struct needle *needle, const struct view *view, size_t at)
{
    return needle->len > 1 && at + 1 < view->len &&
           !spelling_begins[(unsigned char)view->text[at]] &&
           !spelling_begins[(unsigned char)view->text[at + 1]] &&
           view->text[at + 1] != needle->text[1];
}

static int look_for_one(struct looking *l, const struct view *view, size_t at, int number)
{
    struct walk w;
    size_t end;

    w.view = view;
    w.needle = &l->needles->all[number];
    w.skip = 0;
    end = walk(&w, at);
    return end ? tell(l, view, at, end, number) : note_open(l, view, at, number, w.open);
}

static int look_for(struct looking *l, const struct view *view, size_t at, char first)
{
    const struct needle *all = l->needles->all;
    int error = 0;

    for (int i = l->needles->first[(unsigned char)first]; i >= 0 && error == 0; i = all[i].next) {
        if (!is_other(&all[i], view, at))
            error = look_for_one(l, view, at, i);
    }
    return error;
}

/* Where more than the byte itself may be meant. */
static int look_spelt(struct looking *l, const struct view *view, size_t at)
{
    struct spellings all;
    int error = 0;

    spellings_at(view->text + at, view->text + view->len, &all);
    for (size_t i = 0; i < all.count && error == 0; i++) {
        bool is_new = all.of[i].count > 0;

        for (size_t j = 0; j < i && is_new; j++)
            is_new = all.of[j].count == 0 || all.of[j].bytes[0] != all.of[i].bytes[0];
        if (is_new)
            error = look_for(l, view, at, all.of[i].bytes[0]);
    }
    return error;
}

/* The end of a needle, where a text begins that was cut. */
static int look_first_part(struct looking *l, const struct view *view)
{
    struct walk w;
    size_t at = view->len > 0 && view->text[0] == '\n';
    size_t least = l->look->part_first;
    int error = 0;

    bool is_spelt;

    if (at == view->len)
        return 0;
    is_spelt = spelling_begins[(unsigned char)view->text[at]];
    w.view = view;
    for (size_t i = 0; i < l->needles->count && error == 0; i++) {
        w.needle = &l->needles->all[i];
        for (w.skip = 1; w.skip + least <= w.needle->len; w.skip++) {
            size_t end;

            if (!is_spelt && w.needle->text[w.skip] != view->text[at])
                continue;
            end = walk(&w, at);
            if (end == 0)
                continue;
            error = tell(l, view, at, end, (int)i);
            break;
        }
    }
    return error;
}

int needles_look_view(struct looking *l, const struct view *view)
{
    int error = 0;

    if (view->begins && l->look->part_first && view->len > 0)
        error = look_first_part(l, view);
    for (size_t at = 0; at < view->len && error == 0; at++) {
        unsigned char c = (unsigned char)view->text[at];

        if (spelling_begins[c])
            error = look_spelt(l, view, at);
        else if (l->needles->first[c] >= 0)
            error = look_for(l, view, at, view->text[at]);
    }
    if (error == 0)
        error = needles_look_encoded(l, view);
    return error || view->depth > 0 ? error : needles_look_dumped(l, view);
}

int needles_look(const struct needles *needles, const char *text, size_t len, struct look *look)
{
    struct looking l = {.needles = needles, .text = text, .len = len, .look = look};
    struct view view = {.text = text, .len = len, .begins = true, .ends = true};
    int error;

    look->open_at = len;
    if (needles->count == 0)
        return 0;
    error = needles_look_view(&l, &view);
    for (int i = 0; i < NEEDLES_DEPTH; i++)
        decoded_release(&l.decoded[i]);
    return error;
}
