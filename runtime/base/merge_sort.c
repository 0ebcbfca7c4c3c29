#include "base/merge_sort.h"

#include <string.h>

static void merge(struct merge_item *items, struct merge_item *spare, size_t middle, size_t n,
                  merge_before *before, void *arg)
{
    size_t left = 0, right = middle, out = 0;

    if (!before(arg, &items[middle], &items[middle - 1]))
        return; /* in order as they are */
    while (left < middle && right < n)
        spare[out++] = before(arg, &items[right], &items[left]) ? items[right++] : items[left++];
    memcpy(spare + out, items + left, (middle - left) * sizeof *items);
    memcpy(items, spare, (out + middle - left) * sizeof *items);
}

void merge_sort(struct merge_item *items, struct merge_item *spare, size_t n, merge_before *before,
                void *arg)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at + width < n; at += 2 * width) {
            size_t both = n - at < 2 * width ? n - at : 2 * width;

            merge(items + at, spare, width, both, before, arg);
        }
    }
}
