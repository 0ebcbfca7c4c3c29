/* frame: lines drawn over those that were drawn before, with the cursor on the row below them.
 *
 * A frame is put together in a buffer and written at once, between the marks of a synchronized
 * update (a terminal that does not know them takes no notice of them), so that nobody sees half of
 * one. Lines that did not change are stepped over. No line is wider than the terminal, and rows are
 * cleared one by one: tmux keeps a copy of a screen that is cleared whole. Texts are as shown_add()
 * has them.
 *
 * frame_begin(), then frame_line() and frame_keep() from the first row to the last, then
 * frame_end().
 */
#ifndef ALMANAC_FRAME_H
#define ALMANAC_FRAME_H

#include <stddef.h>

#include "base/buf.h"

/* Steps up the rows of the frame before. With text `above`, whole lines that stay, clears those
 * rows and writes it where they began; all lines of the frame have to follow it then. 0, or -1 when
 * out is full, as of the others. */
int frame_begin(struct buf *out, int rows, const char *above, size_t len, const char *mark);
/* Draws a line, without its newline. */
int frame_line(struct buf *out, const char *text, size_t len, const char *mark);
/* Leaves so many rows as they are. */
int frame_keep(struct buf *out, int rows);
/* Clears so many rows that the frame before had below, and ends. */
int frame_end(struct buf *out, int stale);

#endif
