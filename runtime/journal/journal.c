/* The one way in for events: queue, chain, transaction. */
#include "journal/journal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "journal/journal_priv.h"
#include "base/loop.h"

/* A longer queue is written without a sync, so that it is bounded and a killed process has lost
 * little of its output. */
#define QUEUE_COUNT_MAX 256
#define QUEUE_BYTES_MAX (256u << 10)

static char *put_u64(char *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static char *put_bytes(char *p, const void *bytes, size_t len)
{
    memcpy(p, bytes, len);
    return p + len;
}

static char *put_counted(char *p, const char *text, size_t len)
{
    return put_bytes(put_u64(p, len), text, len);
}

int journal_genesis(struct buf *b, const struct journal_run *run, unsigned char hash[DIGEST_SIZE])
{
    static const char title[] = "almanac run 1";
    size_t title_len = strlen(title), id_len = strlen(run->id), runbook_len = strlen(run->runbook);
    char *p;

    buf_reset(b);
    p = buf_claim(b, title_len + id_len + runbook_len + run->meta_len + 4 * sizeof(uint64_t));
    if (!p)
        return -1;
    p = put_u64(put_bytes(p, title, title_len), (uint64_t)run->created_ms);
    p = put_counted(p, run->id, id_len);
    p = put_counted(p, run->runbook, runbook_len);
    put_counted(p, run->meta, run->meta_len);
    digest_bytes(b->data, b->len, hash);
    return 0;
}

int journal_event_hash(struct buf *b, const unsigned char before[DIGEST_SIZE],
                       const struct journal_event *event, unsigned char hash[DIGEST_SIZE])
{
    char *p;

    buf_reset(b);
    p = buf_claim(b, DIGEST_SIZE + 5 * sizeof(uint64_t) + event->kind_len + event->path_len +
                         event->payload_len);
    if (!p)
        return -1;
    p = put_u64(put_bytes(p, before, DIGEST_SIZE), event->seq);
    p = put_u64(p, (uint64_t)event->time_ms);
    p = put_counted(p, event->kind, event->kind_len);
    p = put_counted(p, event->path, event->path_len);
    put_counted(p, event->payload, event->payload_len);
    digest_bytes(b->data, b->len, hash);
    return 0;
}

int journal_step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    int end = sqlite3_reset(stmt);

    return rc == SQLITE_DONE || rc == SQLITE_ROW ? end : rc;
}

void journal_abort(struct journal *j)
{
    sqlite3_stmt *rollback;

    if (sqlite3_get_autocommit(j->db))
        return; /* SQLite did it itself */
    rollback = journal_stmt(j, STMT_ROLLBACK, NULL);
    if (rollback)
        journal_step(rollback);
    BUG_ON(!sqlite3_get_autocommit(j->db));
}

int journal_set_sync(struct journal *j, bool full)
{
    int rc = SQLITE_OK;

    if (j->sync_full != full)
        rc = sqlite3_exec(j->db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
                          NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        j->sync_full = full;
    return rc;
}

int journal_check_writable(struct journal *j, struct err *e)
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

/* --- the end of a run's chain --- */

static int state_look(struct journal *j, const char *id, struct run_state *s, struct err *e)
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
    s->written_seq = s->seq;
    memcpy(s->written_hash, s->hash, DIGEST_SIZE);
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
        err_set(e, ERR_CORRUPT,
                "the journal of run %s is damaged at event %llu: its last event is not the one its "
                "head names",
                id, (unsigned long long)s->seq);
        return err_hint(e, "the journal in %s was changed by other means; it is not added to",
                        j->dir);
    }
    return 0;
}

/* What the row of the run, its head and its last event say, at one moment: between two looks
 * another process may append. */
static int state_read(struct journal *j, const char *id, struct run_state *s, struct err *e)
{
    bool alone = sqlite3_get_autocommit(j->db);
    int rc = alone ? sqlite3_exec(j->db, "BEGIN", NULL, NULL, NULL) : SQLITE_OK;

    if (rc != SQLITE_OK)
        return journal_fail(j, rc, "read the head of a run", e);
    rc = state_look(j, id, s, e);
    if (alone)
        sqlite3_exec(j->db, "COMMIT", NULL, NULL, NULL);
    return rc;
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

int journal_head(struct journal *j, const char *run, uint64_t *seq, unsigned char *hash,
                 struct err *e)
{
    struct run_state *s = j->writable ? state_of(j, run, e) : NULL;
    struct journal_chain c;

    if (s) {
        *seq = s->seq;
        memcpy(hash, s->hash, DIGEST_SIZE);
    }
    if (j->writable)
        return s ? 0 : -1;
    /* A reader keeps nothing: the owner may be appending. */
    if (journal_chain_begin(j, run, &c, e) < 0)
        return -1;
    *seq = c.head_seq;
    memcpy(hash, c.head_seq ? c.head_hash : c.hash, DIGEST_SIZE);
    journal_chain_release(&c);
    return 0;
}

int journal_last_seq(struct journal *j, const char *run, uint64_t *seq, struct err *e)
{
    unsigned char hash[DIGEST_SIZE];

    return journal_head(j, run, seq, hash, e);
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
    q->proposed = false;
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
    return journal_step(stmt);
}

static int write_head(struct journal *j, const struct run_state *s, const struct queued *extra)
{
    sqlite3_stmt *stmt = j->stmts[STMT_HEAD_SET];
    bool its = extra && extra->run == s;

    sqlite3_bind_int64(stmt, 1, (int64_t)(its ? extra->event.seq : s->seq));
    sqlite3_bind_blob(stmt, 2, its ? extra->hash : s->hash, DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, s->num);
    return journal_step(stmt);
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
    journal_abort(j);
    return -1;
}

/* What was written is where the chain of each run goes on from. */
static void write_kept(struct journal *j, const struct queued *extra, bool durable)
{
    for (struct run_state *s = j->runs; s; s = s->next) {
        bool its = extra && extra->run == s;

        s->written_seq = its ? extra->event.seq : s->seq;
        memcpy(s->written_hash, its ? extra->hash : s->hash, DIGEST_SIZE);
    }
    while (j->first) {
        struct queued *next = j->first->next;

        free(j->first);
        j->first = next;
    }
    j->last = &j->first;
    j->queued_count = j->queued_bytes = j->proposed_count = 0;
    j->unsynced = !durable;
    if (durable)
        j->syncs++;
}

/* Nothing that is proposed goes to the disk without a sync: it is told to be durable. */
static int write_queue(struct journal *j, const struct queued *extra, bool durable, struct err *e)
{
    struct wal_file *wal = NULL;
    int rc;

    durable = durable || j->proposed_count > 0;
    if (!journal_stmt(j, STMT_BEGIN, e) || !journal_stmt(j, STMT_COMMIT, e) ||
        !journal_stmt(j, STMT_INSERT, e) || !journal_stmt(j, STMT_HEAD_SET, e))
        return -1;
    rc = journal_set_sync(j, durable);
    if (rc == SQLITE_OK)
        rc = journal_step(j->stmts[STMT_BEGIN]);
    if (rc == SQLITE_OK && durable)
        wal = journal_wal_gather(j->db);
    if (rc == SQLITE_OK)
        rc = write_all(j, extra);
    if (rc == SQLITE_OK && fault_at("journal.commit"))
        rc = SQLITE_FULL;
    if (rc == SQLITE_OK)
        rc = journal_step(j->stmts[STMT_COMMIT]);
    journal_wal_end(wal, rc == SQLITE_OK);
    if (rc != SQLITE_OK)
        return write_failed(j, rc, e);
    (void)fault_at("journal.committed"); /* nothing is left that could fail: kill and abort only */
    write_kept(j, extra, durable);
    return 0;
}

static int check_event(struct journal *j, const char *run, const char *kind, const char *path,
                       size_t len, struct err *e)
{
    if (journal_check_writable(j, e) < 0)
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

/* Checks an event and makes it, as the next of its run; NULL on failure. */
static struct queued *event_accept(struct journal *j, const char *run, const char *kind,
                                   const char *path, const char *payload, size_t payload_len,
                                   struct err *e)
{
    struct run_state *s;
    struct queued *q;

    if (check_event(j, run, kind, path, payload_len, e) < 0)
        return NULL;
    s = state_of(j, run, e);
    if (!s)
        return NULL;
    if (s->seq == 0xffffffff) {
        err_set(e, ERR_LIMIT, "run %s has too many events", run);
        return NULL;
    }
    if (fault_at("journal.append")) {
        err_set(e, ERR_IO, "cannot record '%s': injected fault", kind);
        return NULL;
    }
    q = event_new(j, s, kind, path, payload, payload_len);
    if (!q)
        err_set(e, ERR_MEMORY, "cannot record '%s' of run %s: out of memory", kind, run);
    return q;
}

/* The run's chain goes on from this event. */
static void chain_to(const struct queued *q)
{
    q->run->seq = q->event.seq;
    memcpy(q->run->hash, q->hash, DIGEST_SIZE);
}

static void queue_add(struct journal *j, struct queued *q)
{
    chain_to(q);
    *j->last = q;
    j->last = &q->next;
    j->queued_count++;
    j->queued_bytes += q->event.kind_len + q->event.path_len + q->event.payload_len;
    if (q->proposed)
        j->proposed_count++;
}

static bool queue_is_long(const struct journal *j)
{
    return j->queued_count >= QUEUE_COUNT_MAX || j->queued_bytes >= QUEUE_BYTES_MAX;
}

int journal_append(struct journal *j, const char *run, const char *kind, const char *path,
                   const char *payload, size_t payload_len, bool durable, uint64_t *seq,
                   int64_t *time_ms, struct err *e)
{
    struct queued *q;

    if (!durable && queue_is_long(j) &&
        (journal_check_writable(j, e) < 0 || write_queue(j, NULL, false, e) < 0))
        return -1;
    q = event_accept(j, run, kind, path, payload, payload_len, e);
    if (!q)
        return -1;
    if (durable && write_queue(j, q, true, e) < 0) {
        free(q);
        return -1;
    }
    if (seq)
        *seq = q->event.seq;
    if (time_ms)
        *time_ms = q->event.time_ms;
    if (durable) {
        chain_to(q);
        free(q);
    } else {
        queue_add(j, q);
    }
    return 0;
}

int journal_propose(struct journal *j, const char *run, const char *kind, const char *path,
                    const char *payload, size_t payload_len, uint64_t *seq, int64_t *time_ms,
                    struct err *e)
{
    struct queued *q = event_accept(j, run, kind, path, payload, payload_len, e);

    if (!q)
        return -1;
    q->proposed = true;
    queue_add(j, q);
    *seq = q->event.seq;
    *time_ms = q->event.time_ms;
    return 0;
}

/* Takes out what was proposed, and chains anew what stays. */
static void queue_drop_proposed(struct journal *j)
{
    struct queued *q = j->first;

    j->first = NULL;
    j->last = &j->first;
    j->queued_count = j->queued_bytes = j->proposed_count = 0;
    for (struct run_state *s = j->runs; s; s = s->next) {
        s->seq = s->written_seq;
        memcpy(s->hash, s->written_hash, DIGEST_SIZE);
    }
    while (q) {
        struct queued *next = q->next;

        q->next = NULL;
        if (q->proposed) {
            free(q);
        } else {
            q->event.seq = q->run->seq + 1;
            /* The buffer has held this event before, so it grows no more. */
            BUG_ON(journal_event_hash(&j->scratch, q->run->hash, &q->event, q->hash) < 0);
            queue_add(j, q);
        }
        q = next;
    }
}

int journal_commit(struct journal *j, struct err *e)
{
    if (j->proposed_count == 0)
        return 0;
    if (journal_check_writable(j, e) == 0 && write_queue(j, NULL, true, e) == 0)
        return 0;
    queue_drop_proposed(j);
    return -1;
}

uint64_t journal_syncs(const struct journal *j)
{
    return j->syncs;
}

int journal_flush(struct journal *j, bool durable, struct err *e)
{
    if (!j->first && !(durable && j->unsynced))
        return 0;
    if (journal_check_writable(j, e) < 0)
        return -1;
    return write_queue(j, NULL, durable, e);
}

bool journal_pending(const struct journal *j)
{
    return j->first || j->unsynced;
}
