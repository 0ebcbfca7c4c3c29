/* journal_done: the done steps of a run, their payloads by their paths.
 *
 * A long run has some hundred thousand of them, and a replay meets each once: they are kept as
 * bytes, out of the way of a garbage collector, with what replays read of them looked up once.
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
    struct done_slot *slots; /* the hash table of the paths */
    size_t slot_count;       /* a power of two, at least twice count */
    uint32_t pass;           /* the replay under way, from 1 */
    uint32_t met_count;      /* how many steps it met */
    size_t next; /* the step behind the last one found: a replay asks for them in their order */
};

/* The hash is here, too: most slots that are passed over are told from it, without a look at the
 * step. */
struct done_slot {
    uint32_t hash, step; /* its index in steps plus 1, 0 where free */
};

/* A value in a payload; len is 0 when the payload has none. */
struct done_value {
    uint32_t at, len; /* from the payload's beginning */
};

struct done_step {
    size_t path, path_len, payload, payload_len; /* offsets into bytes */
    uint64_t seq;                                /* of its event */
    struct done_value result, digest;            /* JSON */
    uint32_t met, met_as; /* the last pass that met it, and as which of its steps, from 1 */
    bool forgotten;
};

void journal_done_init(struct journal_done *d);
void journal_done_release(struct journal_done *d);

/* Keeps the payload of event seq for the path, in the place of an earlier one. 0, or -1 when memory
 * is out. */
int journal_done_set(struct journal_done *d, uint64_t seq, const char *path, size_t path_len,
                     const char *payload, size_t payload_len);
/* The step is not done any more. */
void journal_done_forget(struct journal_done *d, const char *path, size_t path_len);
/* The done step has another path from now on, and so have those below it. 0, or -1 when memory is
 * out. */
int journal_done_rename(struct journal_done *d, const char *from, size_t from_len, const char *to,
                        size_t to_len);
/* The step, or NULL when it is not done. It is valid until the next set. */
struct done_step *journal_done_find(struct journal_done *d, const char *path, size_t path_len);
/* This pass meets the step: whether for the first time. */
bool journal_done_meet(struct journal_done *d, struct done_step *step);
/* Begins a pass over the script, in which no step was met yet. */
void journal_done_begin_pass(struct journal_done *d);
/* Steps below a path (path_len 0: none) were not met in this pass after all. */
void journal_done_unmeet_below(struct journal_done *d, const char *path, size_t path_len);
/* The path of step number i of count, in the order of their first outcomes; NULL for one that was
 * forgotten. Valid until the next set. */
const char *journal_done_path(const struct journal_done *d, size_t i, size_t *path_len);

#endif
