/* journal_priv: what the files of the journal share. No other file includes it. */
#ifndef ALMANAC_JOURNAL_PRIV_H
#define ALMANAC_JOURNAL_PRIV_H

#include <sqlite3.h>

#include "journal/journal.h"

/* An event accepted and not written yet. */
struct queued {
    struct queued *next;
    struct run_state *run;
    bool proposed;              /* somebody waits for its commit */
    struct journal_event event; /* its pointers go into bytes */
    unsigned char hash[DIGEST_SIZE];
    char bytes[]; /* kind NUL path NUL payload NUL */
};

/* The end of a run's chain, with what is queued counted in. */
struct run_state {
    struct run_state *next;
    int64_t num;
    uint64_t seq;
    unsigned char hash[DIGEST_SIZE];
    uint64_t written_seq; /* without what is queued */
    unsigned char written_hash[DIGEST_SIZE];
    bool touched; /* by the transaction being written */
    char id[];
};

struct journal_lock;
struct wal_file;

enum journal_stmt {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_INSERT,
    STMT_HEAD_SET,
    STMT_HEAD_GET,
    STMT_RUN_GET,
    STMT_LAST,
    STMT_EVENTS,
    STMT_COUNT
};

struct journal {
    sqlite3 *db;
    char *dir;
    bool writable;
    bool sync_full;  /* the connection's present PRAGMA synchronous */
    bool unsynced;   /* something was written without a sync since the last one */
    bool sync_broke; /* a sync failed: what the disk holds is not known any more */
    sqlite3_stmt *stmts[STMT_COUNT];
    struct run_state *runs;
    struct queued *first, **last;
    size_t queued_count, queued_bytes, proposed_count;
    uint64_t syncs; /* commits that were synced */
    struct journal_lock *locks;
    struct buf scratch; /* hash input */
};

/* Fills *e from what SQLite said; doing is "append to run x". Returns -1. */
int journal_fail(struct journal *j, int rc, const char *doing, struct err *e);
/* The statement, prepared on first use, reset and ready to bind; NULL on failure. */
sqlite3_stmt *journal_stmt(struct journal *j, enum journal_stmt which, struct err *e);
/* Runs a statement that gives no rows, and resets it; SQLite's code. */
int journal_step(sqlite3_stmt *stmt);
/* Rolls back what is open. */
void journal_abort(struct journal *j);
/* Whether the next commit is synced; SQLite takes this between transactions only. */
int journal_set_sync(struct journal *j, bool full);
/* Fails where nothing may be written (any more). */
int journal_check_writable(struct journal *j, struct err *e);
/* Refuses a store that is not this user's alone to write: a symbolic link, another owner, a mode.
 */
int journal_trust(const char *dir, struct err *e);
/* The name of the VFS that the journal's database is opened with. */
const char *journal_wal_vfs(void);
/* In a transaction: its commit is synced, so the WAL takes it in one write. NULL, which the other
 * one takes, when it cannot. To be ended before the next transaction. */
struct wal_file *journal_wal_gather(sqlite3 *db);
void journal_wal_end(struct wal_file *w, bool committed);
/* hash(0) of a run, and hash(n) from hash(n-1); -1 when memory is out. scratch is overwritten. */
int journal_genesis(struct buf *scratch, const struct journal_run *run,
                    unsigned char hash[DIGEST_SIZE]);
int journal_event_hash(struct buf *scratch, const unsigned char before[DIGEST_SIZE],
                       const struct journal_event *event, unsigned char hash[DIGEST_SIZE]);

#endif
