/* merge_sort: a stable sort by a comparison that may do anything: what it says decides the order
 * alone, and nothing is read out of bounds when it contradicts itself. */
#ifndef ALMANAC_MERGE_SORT_H
#define ALMANAC_MERGE_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_item {
    uint64_t head; /* for the comparison: what decides most often, beside the item */
    uint32_t index;
};

/* Whether item a stands before item b. It may not return at all. */
typedef bool merge_before(void *arg, const struct merge_item *a, const struct merge_item *b);

/* Sorts n items; spare has room for as many. */
void merge_sort(struct merge_item *items, struct merge_item *spare, size_t n, merge_before *before,
                void *arg);

#endif
