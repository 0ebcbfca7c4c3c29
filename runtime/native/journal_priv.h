/* journal_priv: what the files of native.journal share. No other file includes it. */
#ifndef ALMANAC_NATIVE_JOURNAL_PRIV_H
#define ALMANAC_NATIVE_JOURNAL_PRIV_H

#include <lua.h>
#include <stdbool.h>

#include "base/buf.h"
#include "engine/sched.h"
#include "journal/journal.h"

#define JOURNAL_TYPE "almanac.journal"
#define READER_TYPE "almanac.journal.reader"

/* Events are copied out in batches, so that no statement is open while Lua runs. */
#define BATCH_COUNT 256
#define BATCH_BYTES (512u << 10)

struct journal_item {
    struct journal_event
        event; /* its pointers are offsets into bytes until journal_reader_next() */
    size_t kind, path, payload;
    unsigned char hash[DIGEST_SIZE];
    bool hashed;
};

/* What becomes of an event when it is read: it is copied out; so, and the batch ends with it; it
 * is passed over; it is not read, nor are those behind it. */
enum reader_take { READER_COPY, READER_COPY_LAST, READER_PASS, READER_STOP };

/* A userdata, so that an error of Lua's in the middle releases it. */
struct journal_reader {
    uint64_t after;
    /* Says so of each; called while a statement is open, so it must not jump. NULL: all are copied
     * out. */
    enum reader_take (*take)(void *arg, const struct journal_event *ev);
    void *arg;
    struct buf bytes;
    size_t count, at;
    bool failed; /* memory ran out in the callback */
    struct journal_chain chain;
    struct journal_item items[BATCH_COUNT];
};

/* A journal as Lua holds it. */
struct journal_handle {
    struct journal *journal; /* NULL once closed */
    struct turn_end turn_end;
    struct proposal *first, **last; /* those who wait for the commit */
};

/* The journal that a method was called on; raises when there is none, or it is closed. */
struct journal *journal_arg(lua_State *L, const char *who);
/* A text argument without a NUL; raises kind usage. */
const char *journal_text_arg(lua_State *L, int arg, const char *who, const char *name);

/* Appends the event whose parts lie at 2 to 5, of the journal at 1, with all that the other tasks
 * of this turn want durable: pushes its seq and time once it is committed. Waits: `return
 * journal_propose_and_wait(…)`. */
int journal_propose_and_wait(lua_State *L, struct journal_handle *handle);
/* Commits at once, and tells those who wait. */
void journal_commit_proposals(struct journal_handle *handle);
void journal_proposal_setup(lua_State *L);

/* Pushes a reader of all events behind a seq. */
struct journal_reader *journal_reader_new(lua_State *L, uint64_t after);
/* Fetches the next batch of a run's events; raises what reading raises. */
void journal_reader_fill(lua_State *L, struct journal *j, const char *run,
                         struct journal_reader *r);
/* The next event of the batch, NULL at its end. Valid until the next fill. */
const struct journal_event *journal_reader_next(struct journal_reader *r);

/* Gives the type of journals its methods of locks. */
void journal_locks_setup(lua_State *L);

/* The methods run, runs and find. */
int journal_row(lua_State *L);
int journal_rows(lua_State *L);
int journal_rows_found(lua_State *L);
void journal_rows_setup(lua_State *L);

/* The method fold. */
int journal_fold(lua_State *L);

/* The methods head, hash and verify. */
int journal_head_of(lua_State *L);
int journal_hash_of(lua_State *L);
int journal_verify_run(lua_State *L);

#endif
