/* journal_done: the done steps of a run, their payloads by their paths.
 *
 * A long run has some hundred thousand of them, and a replay asks for each once: they are kept as
 * bytes, out of the way of a garbage collector.
 */
#ifndef ALMANAC_JOURNAL_DONE_H
#define ALMANAC_JOURNAL_DONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct journal_done {
    struct buf bytes; /* path and payload of each, one behind the other */
    struct done_step *steps;
    size_t count, cap; /* of steps, forgotten ones too */
    size_t forgotten;
    uint32_t *slots;   /* hash table: index into steps plus 1, 0 where free */
    size_t slot_count; /* a power of two, at least twice count */
};

struct done_step {
    size_t path, path_len, payload, payload_len; /* offsets into bytes */
    uint32_t hash;
    bool forgotten;
};

void journal_done_init(struct journal_done *d);
void journal_done_release(struct journal_done *d);

/* Keeps the payload for the path, in the place of an earlier one. 0, or -1 when memory is out. */
int journal_done_set(struct journal_done *d, const char *path, size_t path_len, const char *payload,
                     size_t payload_len);
/* The step is not done any more. */
void journal_done_forget(struct journal_done *d, const char *path, size_t path_len);
/* The payload, or NULL when the step is not done. It is valid until the next set. */
const char *journal_done_find(const struct journal_done *d, const char *path, size_t path_len,
                              size_t *payload_len);
/* The path of step number i of count, in the order of their first outcomes; NULL for one that was
 * forgotten. Valid until the next set. */
const char *journal_done_path(const struct journal_done *d, size_t i, size_t *path_len);

#endif
