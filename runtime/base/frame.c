#include "base/frame.h"

#include "base/shown.h"

#define UPDATE_BEGIN "\033[?2026h"
#define UPDATE_END "\033[?2026l"
#define CLEAR_LINE "\033[K"
#define UP "\033[A"

static int step(struct buf *out, int rows, char direction)
{
    return rows > 0 ? buf_addf(out, "\033[%d%c", rows, direction) : 0;
}

/* The row of the cursor first: the terminal echoes ^C there. */
static int clear_upwards(struct buf *out, int rows)
{
    int error = buf_adds(out, CLEAR_LINE);

    while (rows-- > 0 && error == 0)
        error = buf_adds(out, UP CLEAR_LINE);
    return error;
}

int frame_begin(struct buf *out, int rows, const char *above, size_t len, const char *mark)
{
    if (buf_adds(out, UPDATE_BEGIN "\r") < 0)
        return -1;
    if (len == 0)
        return step(out, rows, 'A');
    return clear_upwards(out, rows) < 0 || shown_add(out, above, len, mark) < 0 ? -1 : 0;
}

/* The row is cleared before: behind a text that fills it the cursor is still on its last column,
 * and clearing then would take that. */
int frame_line(struct buf *out, const char *text, size_t len, const char *mark)
{
    if (buf_adds(out, CLEAR_LINE) < 0 || shown_add(out, text, len, mark) < 0)
        return -1;
    return buf_adds(out, "\n");
}

int frame_keep(struct buf *out, int rows)
{
    return step(out, rows, 'B');
}

int frame_end(struct buf *out, int stale)
{
    for (int i = 0; i < stale; i++) {
        if (buf_adds(out, CLEAR_LINE "\n") < 0)
            return -1;
    }
    /* What was typed meanwhile may stand in the cursor's own row. */
    return buf_adds(out, CLEAR_LINE) < 0 || step(out, stale, 'A') < 0 ||
                   buf_adds(out, UPDATE_END) < 0
               ? -1
               : 0;
}
