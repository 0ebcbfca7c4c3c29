/* What a frame sends to the terminal: lines over those before, and nothing for those that stay. */
#include "base/frame.h"

#include <string.h>

#include "check.h"

#define BEGIN "\033[?2026h\r"
#define END "\033[K\033[?2026l"

static void check(struct buf *out, const char *want)
{
    CHECK(strcmp(buf_str(out), want) == 0);
    buf_reset(out);
}

int main(void)
{
    struct buf out = BUF_INIT(4096), small = BUF_INIT(12);

    CHECK(frame_begin(&out, 0, "", 0, NULL) == 0);
    CHECK(frame_line(&out, "a", 1, NULL) == 0 && frame_line(&out, "\033[2J", 4, NULL) == 0);
    CHECK(frame_end(&out, 0) == 0);
    check(&out, BEGIN "\033[Ka\n\033[K\\x1b[2J\n" END);

    /* one line of four changed */
    CHECK(frame_begin(&out, 4, "", 0, NULL) == 0 && frame_keep(&out, 2) == 0);
    CHECK(frame_line(&out, "c", 1, NULL) == 0 && frame_keep(&out, 1) == 0);
    CHECK(frame_keep(&out, 0) == 0 && frame_end(&out, 0) == 0);
    check(&out, BEGIN "\033[4A\033[2B\033[Kc\n\033[1B" END);

    /* three rows become one: the others are cleared, and the cursor stands below the one */
    CHECK(frame_begin(&out, 3, "", 0, NULL) == 0);
    CHECK(frame_line(&out, "a", 1, NULL) == 0 && frame_end(&out, 2) == 0);
    check(&out, BEGIN "\033[3A\033[Ka\n\033[K\n\033[K\n\033[K\033[2A\033[?2026l");

    /* what stays goes where the frame began */
    CHECK(frame_begin(&out, 2, "said\n", 5, NULL) == 0);
    CHECK(frame_line(&out, "a", 1, NULL) == 0 && frame_end(&out, 0) == 0);
    check(&out, BEGIN "\033[K\033[A\033[K\033[A\033[Ksaid\n\033[Ka\n" END);

    CHECK(frame_begin(&small, 0, "", 0, NULL) == 0 && frame_line(&small, "abc", 3, NULL) < 0);
    buf_release(&small);
    buf_release(&out);
    return 0;
}
