/* spelling: what a place of a text may stand for, as programs write bytes down.
 *
 * Beside the byte itself: escapes with backslashes (C, JSON, Go, Python, shells; nested, so that
 * their backslashes doubled), %XX, HTML's entities, quoted-printable, a plus for a space, quotes
 * that a shell takes away, lines that were wrapped or folded, parts of a text that a program puts
 * together, and what steers a terminal between them. A text is read in every way that
 * it can be read in, so that nobody needs to know who wrote it. */
#ifndef ALMANAC_SPELLING_H
#define ALMANAC_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#define SPELLINGS_MAX 20

struct spelling {
    char bytes[4];
    unsigned char count; /* of bytes; 0: it stands for nothing */
    size_t len;          /* bytes of the text that it takes */
};

struct spellings {
    struct spelling of[SPELLINGS_MAX];
    size_t count;
    bool cut; /* the text ends within one */
};

/* Bytes of which more than the byte itself may be meant; the others need not be asked about. */
extern const bool spelling_begins[256];
/* All that may be meant at p, which is before end; the byte itself first. */
void spellings_at(const char *p, const char *end, struct spellings *out);

#endif
