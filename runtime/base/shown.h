/* shown: text as a terminal, or whoever reads a log, may get it.
 *
 * Control characters, invalid UTF-8, C1, line and paragraph separators, what changes the direction
 * of text, what is not seen, what is no character, and marks that pile up are spelt (\x1b, \u202e):
 * nothing that is shown can move the cursor, erase a line, turn one round or hide a part of it.
 * What is spelt beyond ASCII has JSON's form, so that JSON stays the JSON it was. Newlines and tabs
 * pass. Escape sequences of our own begin with ESC and a mark that only this process knows; only
 * selections of a colour (CSI … m) are let through there, without the mark.
 */
#ifndef ALMANAC_SHOWN_H
#define ALMANAC_SHOWN_H

#include <stddef.h>

#include "base/buf.h"

/* Adds the text to out. `mark` may be NULL: no sequence passes. 0, or -1 when out is full. */
int shown_add(struct buf *out, const char *text, size_t len, const char *mark);
/* Writes the text as shown_add() has it. 0, or an errno: a reader that went away is no reason to
 * stop a run. */
int shown_write(int fd, const char *text, size_t len, const char *mark);
/* Writes what shown_add() made. 0 or an errno. */
int shown_put(int fd, const struct buf *text);

#endif
