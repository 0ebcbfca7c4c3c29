/* Runs, and the one way in for events: queue, chain, transaction. */
#include "journal/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "journal/journal_priv.h"
#include "base/loop.h"

/* A longer queue is written without a sync, so that it is bounded and a killed process has lost
 * little of its output. */
#define QUEUE_COUNT_MAX 256
#define QUEUE_BYTES_MAX (256u << 10)

static void put_u64(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static int add_counted(struct buf *b, const void *bytes, size_t len)
{
    unsigned char n[8];

    put_u64(n, len);
    return buf_add(b, n, sizeof n) < 0 || buf_add(b, bytes, len) < 0 ? -1 : 0;
}

int journal_genesis(struct buf *b, const struct journal_run *run, unsigned char hash[DIGEST_SIZE])
{
    unsigned char created[8];

    put_u64(created, (uint64_t)run->created_ms);
    buf_reset(b);
    if (buf_adds(b, "almanac run 1") < 0 || buf_add(b, created, sizeof created) < 0 ||
        add_counted(b, run->id, strlen(run->id)) < 0 ||
        add_counted(b, run->runbook, strlen(run->runbook)) < 0 ||
        add_counted(b, run->meta, run->meta_len) < 0)
        return -1;
    digest_bytes(b->data, b->len, hash);
    return 0;
}

int journal_event_hash(struct buf *b, const unsigned char before[DIGEST_SIZE],
                       const struct journal_event *event, unsigned char hash[DIGEST_SIZE])
{
    unsigned char fixed[DIGEST_SIZE + 16];

    memcpy(fixed, before, DIGEST_SIZE);
    put_u64(fixed + DIGEST_SIZE, event->seq);
    put_u64(fixed + DIGEST_SIZE + 8, (uint64_t)event->time_ms);
    buf_reset(b);
    if (buf_add(b, fixed, sizeof fixed) < 0 || add_counted(b, event->kind, event->kind_len) < 0 ||
        add_counted(b, event->path, event->path_len) < 0 ||
        add_counted(b, event->payload, event->payload_len) < 0)
        return -1;
    digest_bytes(b->data, b->len, hash);
    return 0;
}

/* Runs a statement that gives no rows, and resets it. */
static int step_done(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    int end = sqlite3_reset(stmt);

    return rc == SQLITE_DONE || rc == SQLITE_ROW ? end : rc;
}

static void transaction_abort(struct journal *j)
{
    sqlite3_stmt *rollback;

    if (sqlite3_get_autocommit(j->db))
        return; /* SQLite did it itself */
    rollback = journal_stmt(j, STMT_ROLLBACK, NULL);
    if (rollback)
        step_done(rollback);
    BUG_ON(!sqlite3_get_autocommit(j->db));
}

/* SQLite takes this setting between transactions only. */
static int set_sync(struct journal *j, bool full)
{
    int rc = SQLITE_OK;

    if (j->sync_full != full)
        rc = sqlite3_exec(j->db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                          NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        j->sync_full = full;
    return rc;
}

static int check_writable(struct journal *j, struct err *e)
{
    if (!j->writable)
        return err_set(e, ERR_USAGE, "the journal in %s was opened to read only", j->dir);
    if (j->sync_broke) {
        err_set(e, ERR_IO, "the disk that holds %s failed to sync: nothing more is recorded",
                j->dir);
        return err_hint(e, "check the disk, then go on with `almanac resume`, which reads what "
                           "it holds");
    }
    return 0;
}

/* --- runs --- */

static bool run_id_ok(const char *id)
{
    static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(id);

    return len > 0 && len <= 128 && id[0] != '.' && strspn(id, ok) == len;
}

static void run_from_row(sqlite3_stmt *stmt, struct journal_run *run)
{
    run->id = (const char *)sqlite3_column_text(stmt, 1);
    run->runbook = (const char *)sqlite3_column_text(stmt, 2);
    run->created_ms = sqlite3_column_int64(stmt, 3);
    run->meta = (const char *)sqlite3_column_text(stmt, 4);
    run->meta_len = (size_t)sqlite3_column_bytes(stmt, 4);
    run->id = run->id ? run->id : "";
    run->runbook = run->runbook ? run->runbook : "";
    run->meta = run->meta ? run->meta : "";
}

static int run_missing(struct journal *j, const char *id, struct err *e)
{
    err_set(e, ERR_NOT_FOUND, "no run %s in %s", id, j->dir);
    return err_hint(e, "`almanac runs` lists them");
}

int journal_runs(struct journal *j, const char *id, journal_run_fn fn, void *arg, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    int rc, end;

    rc = sqlite3_prepare_v2(j->db,
                            id ? "SELECT num, id, runbook, created_ms, meta FROM runs WHERE id = ?"
                               : "SELECT num, id, runbook, created_ms, meta FROM runs"
                                 " ORDER BY num DESC",
                            -1, &stmt, NULL);
    if (rc == SQLITE_OK && id)
        rc = sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            struct journal_run run;

            run_from_row(stmt, &run);
            found = true;
            fn(arg, &run);
        }
    }
    end = sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE)
        return journal_fail(j, rc == SQLITE_OK ? end : rc, "list the runs", e);
    return id && !found ? run_missing(j, id, e) : 0;
}

static int run_insert(struct journal *j, const struct journal_run *run,
                      const unsigned char *genesis)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        j->db, "INSERT INTO runs(id, runbook, created_ms, meta) VALUES(?, ?, ?, ?)", -1, &stmt,
        NULL);

    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_text(stmt, 1, run->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, run->runbook, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, run->created_ms);
    sqlite3_bind_text(stmt, 4, run->meta, (int)run->meta_len, SQLITE_STATIC);
    rc = step_done(stmt);
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_prepare_v2(j->db, "INSERT INTO heads(num, seq, hash) VALUES(?, 0, ?)", -1, &stmt,
                            NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(stmt, 1, sqlite3_last_insert_rowid(j->db));
    sqlite3_bind_blob(stmt, 2, genesis, DIGEST_SIZE, SQLITE_STATIC);
    rc = step_done(stmt);
    sqlite3_finalize(stmt);
    return rc;
}

int journal_create_run(struct journal *j, const char *id, const char *runbook, const char *meta,
                       size_t meta_len, struct err *e)
{
    struct journal_run run = {id, runbook, loop_wall_ms(), meta, meta_len};
    unsigned char genesis[DIGEST_SIZE];
    int rc;

    if (check_writable(j, e) < 0)
        return -1;
    if (!run_id_ok(id))
        return err_set(e, ERR_USAGE,
                       "run id '%.140s': want 1 to 128 of A-Z a-z 0-9 . _ -, no dot first", id);
    if (strlen(runbook) > JOURNAL_NAME_MAX || meta_len > JOURNAL_PAYLOAD_MAX)
        return err_set(e, ERR_LIMIT, "run %s: its runbook's name or its data are too long", id);
    if (journal_genesis(&j->scratch, &run, genesis) < 0)
        return err_set(e, ERR_MEMORY, "cannot create run %s: out of memory", id);
    if (fault_at("journal.create"))
        return err_set(e, ERR_IO, "cannot create run %s: injected fault", id);
    rc = set_sync(j, true);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(j->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = run_insert(j, &run, genesis);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(j->db, "COMMIT", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_CONSTRAINT_UNIQUE)
        err_set(e, ERR_USAGE, "there is a run %s in %s already", id, j->dir);
    else
        journal_fail(j, rc, "record a new run", e);
    transaction_abort(j);
    return -1;
}

/* --- the end of a run's chain --- */

/* What the row of the run, its head and its last event say. */
static int state_read(struct journal *j, const char *id, struct run_state *s, struct err *e)
{
    struct journal_chain c;
    sqlite3_stmt *stmt;
    bool same;
    int rc;

    if (journal_chain_begin(j, id, &c, e) < 0)
        return -1;
    s->num = c.num;
    s->seq = c.head_seq;
    memcpy(s->hash, c.head_hash, DIGEST_SIZE);
    same = c.head_seq != 0 || memcmp(c.hash, c.head_hash, DIGEST_SIZE) == 0;
    journal_chain_release(&c);
    stmt = journal_stmt(j, STMT_LAST, e);
    if (!stmt)
        return -1;
    sqlite3_bind_int64(stmt, 1, s->num << 32);
    sqlite3_bind_int64(stmt, 2, s->num << 32 | 0xffffffff);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        same = same && (uint64_t)sqlite3_column_int64(stmt, 0) == s->seq &&
               sqlite3_column_bytes(stmt, 1) == DIGEST_SIZE &&
               memcmp(sqlite3_column_blob(stmt, 1), s->hash, DIGEST_SIZE) == 0;
    else
        same = same && s->seq == 0;
    sqlite3_reset(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return journal_fail(j, rc, "read the last event", e);
    if (!same) {
        err_set(e, ERR_CORRUPT, "run %s: its last event is not the one its head names", id);
        return err_hint(e, "the journal in %s was changed by other means; it is not added to",
                        j->dir);
    }
    return 0;
}

static struct run_state *state_cached(const struct journal *j, const char *id)
{
    for (struct run_state *s = j->runs; s; s = s->next)
        if (strcmp(s->id, id) == 0)
            return s;
    return NULL;
}

static struct run_state *state_of(struct journal *j, const char *id, struct err *e)
{
    struct run_state *s = state_cached(j, id);
    size_t len = strlen(id);

    if (s)
        return s;
    s = calloc(1, sizeof *s + len + 1);
    if (!s) {
        err_set(e, ERR_MEMORY, "run %s: out of memory", id);
        return NULL;
    }
    memcpy(s->id, id, len + 1);
    if (state_read(j, id, s, e) < 0) {
        free(s);
        return NULL;
    }
    s->next = j->runs;
    j->runs = s;
    return s;
}

int journal_last_seq(struct journal *j, const char *run, uint64_t *seq, struct err *e)
{
    struct run_state *s = j->writable ? state_of(j, run, e) : NULL;
    struct journal_chain c;

    if (s)
        *seq = s->seq;
    if (j->writable)
        return s ? 0 : -1;
    /* A reader keeps nothing: the owner may be appending. */
    if (journal_chain_begin(j, run, &c, e) < 0)
        return -1;
    *seq = c.head_seq;
    journal_chain_release(&c);
    return 0;
}

/* --- events --- */

static struct queued *event_new(struct journal *j, struct run_state *s, const char *kind,
                                const char *path, const char *payload, size_t len)
{
    size_t kind_len = strlen(kind), path_len = strlen(path);
    struct queued *q = malloc(sizeof *q + kind_len + path_len + len + 3);
    char *p;

    if (!q)
        return NULL;
    p = q->bytes;
    q->next = NULL;
    q->run = s;
    q->event = (struct journal_event){.seq = s->seq + 1,
                                      .time_ms = loop_wall_ms(),
                                      .kind = p,
                                      .kind_len = kind_len,
                                      .path = p + kind_len + 1,
                                      .path_len = path_len,
                                      .payload = p + kind_len + path_len + 2,
                                      .payload_len = len,
                                      .hash = q->hash};
    memcpy(p, kind, kind_len + 1);
    memcpy(p + kind_len + 1, path, path_len + 1);
    memcpy(p + kind_len + path_len + 2, payload, len);
    p[kind_len + path_len + 2 + len] = '\0';
    if (journal_event_hash(&j->scratch, s->hash, &q->event, q->hash) < 0) {
        free(q);
        return NULL;
    }
    return q;
}

static int write_event(struct journal *j, const struct queued *q)
{
    sqlite3_stmt *stmt = j->stmts[STMT_INSERT];
    const struct journal_event *ev = &q->event;

    q->run->touched = true;
    sqlite3_bind_int64(stmt, 1, q->run->num << 32 | (int64_t)ev->seq);
    sqlite3_bind_int64(stmt, 2, ev->time_ms);
    sqlite3_bind_text(stmt, 3, ev->kind, (int)ev->kind_len, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, ev->path, (int)ev->path_len, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 5, q->hash, DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 6, ev->payload, (int)ev->payload_len, SQLITE_STATIC);
    return step_done(stmt);
}

static int write_head(struct journal *j, const struct run_state *s, const struct queued *extra)
{
    sqlite3_stmt *stmt = j->stmts[STMT_HEAD_SET];
    bool its = extra && extra->run == s;

    sqlite3_bind_int64(stmt, 1, (int64_t)(its ? extra->event.seq : s->seq));
    sqlite3_bind_blob(stmt, 2, its ? extra->hash : s->hash, DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, s->num);
    return step_done(stmt);
}

/* The queue, then extra (which may be NULL), in a transaction that BEGIN has opened. */
static int write_all(struct journal *j, const struct queued *extra)
{
    int rc = SQLITE_OK;

    for (struct run_state *s = j->runs; s; s = s->next)
        /* With nothing to write a head is written anyway: a sync needs a commit with a page. */
        s->touched = !j->first && !extra;
    for (struct queued *q = j->first; q && rc == SQLITE_OK; q = q->next)
        rc = write_event(j, q);
    if (rc == SQLITE_OK && extra)
        rc = write_event(j, extra);
    for (struct run_state *s = j->runs; s && rc == SQLITE_OK; s = s->next)
        if (s->touched)
            rc = write_head(j, s, extra);
    return rc;
}

static int write_failed(struct journal *j, int rc, struct err *e)
{
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        err_set(e, ERR_BUSY, "cannot record: another process wrote to the same run in %s", j->dir);
        err_hint(e, "one process owns a run; take its lock before you append");
    } else {
        journal_fail(j, rc, "record what happened", e);
    }
    transaction_abort(j);
    return -1;
}

static int write_queue(struct journal *j, const struct queued *extra, bool durable, struct err *e)
{
    int rc;

    if (!journal_stmt(j, STMT_BEGIN, e) || !journal_stmt(j, STMT_COMMIT, e) ||
        !journal_stmt(j, STMT_INSERT, e) || !journal_stmt(j, STMT_HEAD_SET, e))
        return -1;
    rc = set_sync(j, durable);
    if (rc == SQLITE_OK)
        rc = step_done(j->stmts[STMT_BEGIN]);
    if (rc == SQLITE_OK)
        rc = write_all(j, extra);
    if (rc == SQLITE_OK && fault_at("journal.commit"))
        rc = SQLITE_FULL;
    if (rc == SQLITE_OK)
        rc = step_done(j->stmts[STMT_COMMIT]);
    if (rc != SQLITE_OK)
        return write_failed(j, rc, e);
    (void)fault_at("journal.committed"); /* nothing is left that could fail: kill and abort only */
    while (j->first) {
        struct queued *next = j->first->next;

        free(j->first);
        j->first = next;
    }
    j->last = &j->first;
    j->queued_count = j->queued_bytes = 0;
    j->unsynced = !durable;
    return 0;
}

static int check_event(struct journal *j, const char *run, const char *kind, const char *path,
                       size_t len, struct err *e)
{
    if (check_writable(j, e) < 0)
        return -1;
    if (!*kind)
        return err_set(e, ERR_USAGE, "run %s: an event needs a kind", run);
    if (strlen(kind) > JOURNAL_NAME_MAX || strlen(path) > JOURNAL_NAME_MAX)
        return err_set(e, ERR_LIMIT, "run %s: the kind or path of an event is over %d bytes", run,
                       JOURNAL_NAME_MAX);
    if (len > JOURNAL_PAYLOAD_MAX) {
        err_set(e, ERR_LIMIT, "run %s, %s '%s': %zu bytes are too many for the journal (max %u)",
                run, kind, path, len, JOURNAL_PAYLOAD_MAX);
        return err_hint(e, "return less from the step: a summary, or the name of a file");
    }
    return 0;
}

int journal_append(struct journal *j, const char *run, const char *kind, const char *path,
                   const char *payload, size_t payload_len, bool durable, uint64_t *seq,
                   int64_t *time_ms, struct err *e)
{
    struct run_state *s;
    struct queued *q;

    if (check_event(j, run, kind, path, payload_len, e) < 0)
        return -1;
    s = state_of(j, run, e);
    if (!s)
        return -1;
    if (s->seq == 0xffffffff)
        return err_set(e, ERR_LIMIT, "run %s has too many events", run);
    if (fault_at("journal.append"))
        return err_set(e, ERR_IO, "cannot record '%s': injected fault", kind);
    if (!durable && (j->queued_count >= QUEUE_COUNT_MAX || j->queued_bytes >= QUEUE_BYTES_MAX) &&
        write_queue(j, NULL, false, e) < 0)
        return -1;
    q = event_new(j, s, kind, path, payload, payload_len);
    if (!q)
        return err_set(e, ERR_MEMORY, "cannot record '%s' of run %s: out of memory", kind, run);
    if (durable && write_queue(j, q, true, e) < 0) {
        free(q);
        return -1;
    }
    s->seq = q->event.seq;
    memcpy(s->hash, q->hash, DIGEST_SIZE);
    if (seq)
        *seq = q->event.seq;
    if (time_ms)
        *time_ms = q->event.time_ms;
    if (durable) {
        free(q);
        return 0;
    }
    *j->last = q;
    j->last = &q->next;
    j->queued_count++;
    j->queued_bytes += q->event.kind_len + q->event.path_len + payload_len;
    return 0;
}

int journal_flush(struct journal *j, bool durable, struct err *e)
{
    if (!j->first && !(durable && j->unsynced))
        return 0;
    if (check_writable(j, e) < 0)
        return -1;
    return write_queue(j, NULL, durable, e);
}

bool journal_pending(const struct journal *j)
{
    return j->first || j->unsynced;
}
