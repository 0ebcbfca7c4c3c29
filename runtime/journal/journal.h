/* journal: the append-only record of runs, one SQLite database in a directory of its own.
 *
 * DIR/journal.db (0600, in DIR at 0700; WAL, synchronous=FULL) holds
 *   runs(num, id, runbook, created_ms, meta)            one row a run, never changed
 *   events(key, time_ms, kind, path, hash, payload)     key = num << 32 | seq, seq from 1;
 *                                                       triggers refuse UPDATE and DELETE
 *   heads(num, seq, hash)                               the last event of each run
 * and a view `history` for people with a sqlite3 shell. PRAGMA user_version is the schema's
 * version: older ones are brought forward on a read-write open, newer ones are refused.
 *
 * Hash chain, per run: hash(0) = SHA-256("almanac run 1" and the row of the run), hash(n) =
 * SHA-256(hash(n-1), seq, time, and kind, path and payload each behind its length). It makes
 * evident that an event was changed, taken out, put in or moved, and, with the head, that the
 * tail was cut off. It is no signature: who can write the file can compute a new chain.
 *
 * Appends. A durable one is on the disk when the call returns. One that is not durable is queued
 * in memory and written with the next durable one in the same transaction, so that a step costs
 * one sync; journal_flush() and journal_close() write it too, and a queue that grows long is
 * written without a sync (it then outlives the process, not the machine). No transaction and no
 * statement stays open between calls, so other processes read and write meanwhile. Reads through
 * the same handle see the queue.
 *
 * Group commit. journal_propose() queues an event that its caller waits for, and the next
 * journal_commit() makes all that were proposed durable at once, with one sync; so does any other
 * durable write before it. Nothing proposed is ever written without a sync.
 *
 * A failed append leaves nothing behind: no event, no sequence number, no transaction; what was
 * queued stays queued, and the next append tries again. A failed commit takes all that was proposed
 * out of the queue, as if it had never been; what else is queued moves up in sequence.
 *
 * Errors: ERR_IO (refused by the operating system: full disk with os_errno ENOSPC, permission,
 * read-only), ERR_CORRUPT (the file is damaged; it is never repaired here), ERR_BUSY (another
 * process held the database for 5 s), ERR_NOT_FOUND, ERR_USAGE, ERR_LIMIT, ERR_MEMORY.
 *
 * A handle belongs to one thread and must not be used in a forked child.
 */
#ifndef ALMANAC_JOURNAL_H
#define ALMANAC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

#define JOURNAL_DIR ".almanac"
#define JOURNAL_PAYLOAD_MAX (16u << 20) /* bytes of one event's payload */
#define JOURNAL_NAME_MAX 4096           /* bytes of a kind or a path */
#define JOURNAL_WHY_MAX 160

enum journal_mode {
    JOURNAL_READ,  /* the journal must exist; nothing is created */
    JOURNAL_WRITE, /* created when it does not exist */
};

struct journal;

/* Fills *out, which the caller closes. dir NULL is JOURNAL_DIR. */
int journal_open(const char *dir, enum journal_mode mode, struct journal **out, struct err *e);
/* Writes what is queued, drops the locks and frees the handle in every case; NULL is fine. -1:
 * what was queued is lost, *e says why. */
int journal_close(struct journal *j, struct err *e);

/* Runs. Strings are valid during the callback only. */
struct journal_run {
    const char *id;
    const char *runbook;
    int64_t created_ms; /* wall clock */
    const char *meta;   /* JSON text */
    size_t meta_len;
};

/* id: 1 to 128 of A-Z a-z 0-9 . _ -, not beginning with a dot; one that exists is ERR_USAGE.
 * Durable. */
int journal_create_run(struct journal *j, const char *id, const char *runbook, const char *meta,
                       size_t meta_len, struct err *e);
typedef void (*journal_run_fn)(void *arg, const struct journal_run *run);
/* All of them, the newest first; with id not NULL only that one (ERR_NOT_FOUND). fn must not call
 * the journal, and must not jump. */
int journal_runs(struct journal *j, const char *id, journal_run_fn fn, void *arg, struct err *e);

/* A run with how it stands: the last of its events that says so, run.start, run.resume, run.end or
 * run.abandoned; turn is "" where a run has none. */
struct journal_found {
    struct journal_run run;
    int64_t turn_ms;
    const char *turn;    /* its kind */
    const char *payload; /* JSON text */
    size_t payload_len;
};

typedef void (*journal_found_fn)(void *arg, const struct journal_found *found);
/* The runs that fit, the newest first; what is queued is not looked at. `wanted` is a JSON object,
 * of which each field narrows them: runbook, operator, environment; since_ms, until_ms (not
 * included) of their making; statuses, "|failed|done|", where "running" are all that have no end;
 * params, { name: [JSON text, other JSON text] }; limit. fn as of journal_runs. A row whose time or
 * JSON is none fits whatever is wanted. */
int journal_find(struct journal *j, const char *wanted, journal_found_fn fn, void *arg,
                 struct err *e);

/* Events. Pointers are valid during the callback only. */
struct journal_event {
    uint64_t seq;
    int64_t time_ms;
    const char *kind;
    size_t kind_len;
    const char *path;
    size_t path_len;
    const char *payload;
    size_t payload_len;
    const unsigned char *hash; /* DIGEST_SIZE bytes, or NULL: what is stored has another size */
};

/* Fills in seq, time and hash itself; *seq and *time_ms (either may be NULL) only on success. */
int journal_append(struct journal *j, const char *run, const char *kind, const char *path,
                   const char *payload, size_t payload_len, bool durable, uint64_t *seq,
                   int64_t *time_ms, struct err *e);
/* The same, durable once journal_commit() has returned 0; until then only reads of this handle see
 * it. seq and time_ms are filled in. */
int journal_propose(struct journal *j, const char *run, const char *kind, const char *path,
                    const char *payload, size_t payload_len, uint64_t *seq, int64_t *time_ms,
                    struct err *e);
/* Makes durable what was proposed; -1: none of it is recorded. */
int journal_commit(struct journal *j, struct err *e);
/* How many commits this handle has synced to the disk. */
uint64_t journal_syncs(const struct journal *j);
/* Writes what is queued; when durable, with a sync. */
int journal_flush(struct journal *j, bool durable, struct err *e);
/* Some appends are not on the disk yet. */
bool journal_pending(const struct journal *j);
/* The end of the run's chain: DIGEST_SIZE bytes of hash, and *seq, 0 when the run has no event. */
int journal_head(struct journal *j, const char *run, uint64_t *seq, unsigned char *hash,
                 struct err *e);
/* *seq is 0 when the run has no event. */
int journal_last_seq(struct journal *j, const char *run, uint64_t *seq, struct err *e);

/* The events of a run with a seq above `after`, in order. fn returns 0 to go on, anything else to
 * stop (which is success); it must not call the journal, and must not jump. */
typedef int (*journal_event_fn)(void *arg, const struct journal_event *event);
int journal_events(struct journal *j, const char *run, uint64_t after, journal_event_fn fn,
                   void *arg, struct err *e);

/* Verification. Feed a chain every event of a run from the first: begin, add…, end. Other
 * processes may append meanwhile. */
struct journal_chain {
    uint64_t seq; /* of the last event that checked out */
    unsigned char hash[DIGEST_SIZE];
    int64_t num;
    uint64_t head_seq;
    unsigned char head_hash[DIGEST_SIZE];
    struct buf scratch;
    uint64_t broken_seq;       /* the first event that does not check out */
    char why[JOURNAL_WHY_MAX]; /* "" while all is well */
};
int journal_chain_begin(struct journal *j, const char *run, struct journal_chain *c, struct err *e);
/* False: c->broken_seq and c->why say what is wrong. */
bool journal_chain_add(struct journal_chain *c, const struct journal_event *event);
/* After the last event: compares with the head. Sets *ok; on false c->why is filled. */
int journal_chain_end(struct journal *j, struct journal_chain *c, bool *ok, struct err *e);
void journal_chain_release(struct journal_chain *c);
/* The three in one. *broken_seq is 0 when the run checks out; why has JOURNAL_WHY_MAX bytes. */
int journal_verify(struct journal *j, const char *run, uint64_t *broken_seq, char *why,
                   struct err *e);

/* Locks: files in DIR/locks, locked for as long as the handle is open and the process lives.
 * They are never deleted. `text` is for whoever is refused (who holds it, since when).
 * Return 0: held now (also when this handle held it before); 1: somebody else holds it and
 * *holder has that one's text; -1: failed. */
int journal_lock_run(struct journal *j, const char *run, const char *text, struct buf *holder,
                     struct err *e);
int journal_lock_name(struct journal *j, const char *name, const char *text, struct buf *holder,
                      struct err *e);
/* Drops the lock of a name; nothing when this handle does not hold it. */
void journal_unlock_name(struct journal *j, const char *name);
/* The queue of those who want a name: the first call takes a place, behind all that wait already,
 * every call says how it stands. 0: nobody is before this handle; 1: somebody is; -1. The place is
 * held until it is left, the handle is closed or the process dies. */
int journal_queue(struct journal *j, const char *name, struct err *e);
void journal_leave_queue(struct journal *j, const char *name);
/* Drops all locks of this handle, and its places in queues. */
void journal_unlock(struct journal *j);
/* 1: a live process (perhaps this one) holds the run, and *holder has its text; 0: nobody; -1. */
int journal_holder(struct journal *j, const char *run, struct buf *holder, struct err *e);

#endif
