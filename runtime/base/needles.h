/* needles: texts that are looked for in others, however they are spelt there (base/spelling.h) or
 * encoded: base64 of either alphabet and any length of lines, hexadecimal, bytes in decimal or
 * octal, one of these within another, and dumps as od, hexdump and xxd print them. */
#ifndef ALMANAC_NEEDLES_H
#define ALMANAC_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>

struct needles;

/* NULL when memory is out. */
struct needles *needles_new(void);
void needles_free(struct needles *needles); /* NULL is fine */
/* Adds a text, which is copied and must not be empty; returns its number, from 0 on, or -1 when
 * memory is out. */
int needles_add(struct needles *needles, const char *text, size_t len);

struct found {
    size_t from, to; /* in the text that was looked through; `to` is behind it */
    int needle;
    bool encoded; /* the text itself does not hold it */
};

struct look {
    /* A text that was cut: the end of a needle, of so many bytes, counts where the text begins, or
     * the beginning of one where it ends. 0: it was not cut there. */
    size_t part_first, part_last;
    /* Tells where a needle begins of which the text has the beginning only: so many bytes in the
     * text itself, or so many bits in an encoded one; in open_at, which is the length of the text
     * if there is none. 0: not asked. */
    size_t open_plain, open_encoded;
    size_t open_at;
    int (*found)(void *arg, const struct found *found); /* other than 0 ends the look */
    void *arg;
};

/* Tells of every place of a needle. 0, what found() gave, or -1 when memory is out. */
int needles_look(const struct needles *needles, const char *text, size_t len, struct look *look);

#endif
