/* needles_priv: what the files of needles share. Nobody else includes it. */
#ifndef ALMANAC_NEEDLES_PRIV_H
#define ALMANAC_NEEDLES_PRIV_H

#include "base/needles.h"

#define NEEDLES_DEPTH 3 /* encodings within one another */
#define NEEDLES_ENCODINGS 4

/* A range of the text that was given. */
struct place {
    size_t from, to;
};

/* A text, or what one decodes to. */
struct view {
    const char *text;
    size_t len;
    const struct place *places; /* where each byte comes from; NULL: the text is the one given */
    int depth;
    bool begins, ends; /* with the text that was given */
};

/* What grows while an encoded text is decoded, and is used again for the next. */
struct decoded {
    unsigned char *symbols; /* their values */
    struct place *of_symbols;
    size_t count, cap; /* of symbols; there are no more bytes */
    char *bytes;
    struct place *of_bytes;
};

struct looking {
    const struct needles *needles;
    const char *text;
    size_t len;
    struct look *look;
    struct decoded decoded[NEEDLES_DEPTH];
};

/* What each byte is in each encoding. */
void needles_fill_symbols(signed char symbols[NEEDLES_ENCODINGS][256]);
const signed char *needles_symbols(const struct needles *needles, int encoding);
size_t needles_shortest(const struct needles *needles);
/* Looks through a view and all that it may decode to. As needles_look(). */
int needles_look_view(struct looking *l, const struct view *view);
void needles_note_bits(struct looking *l, unsigned value, unsigned bits, size_t from);
int needles_look_encoded(struct looking *l, const struct view *view);
/* Looks through what the words of a dump may hold, of the text that was given. */
int needles_look_dumped(struct looking *l, const struct view *view);
/* Room for so many bytes. */
int decoded_reserve(struct decoded *decoded, size_t bytes);
/* Where the byte of a view comes from. */
struct place view_place(const struct view *view, size_t at);
void decoded_release(struct decoded *decoded);

#endif
