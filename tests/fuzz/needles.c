/* needles: whatever the text, a place lies in it. The first line of the input is what is looked
 * for. */
#include "base/needles.h"

#include <string.h>

#include "fuzz.h"

struct seen {
    size_t len;
};

static int check_found(void *arg, const struct found *found)
{
    const struct seen *seen = arg;

    CHECK(found->from < found->to && found->to <= seen->len && found->needle == 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *newline = size ? memchr(text, '\n', size) : NULL;
    struct needles *needles;
    struct seen seen;

    if (!newline || newline == text)
        return 0;
    needles = needles_new();
    CHECK(needles && needles_add(needles, text, (size_t)(newline - text)) == 0);
    seen.len = size - (size_t)(newline + 1 - text);
    for (int cut = 0; cut < 2; cut++) {
        struct look look = {
            .part_first = cut ? 4 : 0,
            .part_last = cut ? 4 : 0,
            .open_plain = cut ? 6 : 1,
            .open_encoded = cut ? 24 : 1,
            .found = check_found,
            .arg = &seen,
        };

        CHECK(needles_look(needles, newline + 1, seen.len, &look) == 0);
        CHECK(look.open_at <= seen.len);
    }
    needles_free(needles);
    return 0;
}
