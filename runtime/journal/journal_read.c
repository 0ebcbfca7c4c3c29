/* The way out: events in order, and whether they still are what was written. */
#include <stdio.h>
#include <string.h>

#include "journal/journal_priv.h"

/* Events that are queued in this handle come behind those on the disk. */
static void events_queued(struct journal *j, int64_t num, uint64_t after, journal_event_fn fn,
                          void *arg)
{
    for (struct queued *q = j->first; q; q = q->next)
        if (q->run->num == num && q->event.seq > after && fn(arg, &q->event) != 0)
            return;
}

static void event_from_row(sqlite3_stmt *stmt, struct journal_event *ev)
{
    ev->seq = (uint64_t)sqlite3_column_int64(stmt, 0);
    ev->time_ms = sqlite3_column_int64(stmt, 1);
    ev->kind = (const char *)sqlite3_column_text(stmt, 2);
    ev->kind_len = (size_t)sqlite3_column_bytes(stmt, 2);
    ev->path = (const char *)sqlite3_column_text(stmt, 3);
    ev->path_len = (size_t)sqlite3_column_bytes(stmt, 3);
    ev->hash = sqlite3_column_blob(stmt, 4);
    if (sqlite3_column_bytes(stmt, 4) != DIGEST_SIZE)
        ev->hash = NULL;
    ev->payload = (const char *)sqlite3_column_text(stmt, 5);
    ev->payload_len = (size_t)sqlite3_column_bytes(stmt, 5);
    ev->kind = ev->kind ? ev->kind : "";
    ev->path = ev->path ? ev->path : "";
    ev->payload = ev->payload ? ev->payload : "";
}

static int read_run(struct journal *j, const char *id, struct journal_chain *c, struct err *e)
{
    sqlite3_stmt *stmt = journal_stmt(j, STMT_RUN_GET, e);
    struct journal_run run;
    int rc, bad = 0;

    if (!stmt)
        return -1;
    sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        c->num = sqlite3_column_int64(stmt, 0);
        run = (struct journal_run){
            id, (const char *)sqlite3_column_text(stmt, 2), sqlite3_column_int64(stmt, 3),
            (const char *)sqlite3_column_text(stmt, 4), (size_t)sqlite3_column_bytes(stmt, 4)};
        bad = !run.runbook || !run.meta || journal_genesis(&c->scratch, &run, c->hash) < 0;
    }
    sqlite3_reset(stmt);
    if (rc == SQLITE_DONE) {
        err_set(e, ERR_NOT_FOUND, "no run %s in %s", id, j->dir);
        return err_hint(e, "`almanac runs` lists them");
    }
    if (rc != SQLITE_ROW)
        return journal_fail(j, rc, "read the run", e);
    return bad ? err_set(e, ERR_MEMORY, "cannot read run %s: out of memory", id) : 0;
}

static int read_head(struct journal *j, int64_t num, uint64_t *seq, unsigned char *hash,
                     struct err *e)
{
    sqlite3_stmt *stmt = journal_stmt(j, STMT_HEAD_GET, e);
    int rc;

    if (!stmt)
        return -1;
    sqlite3_bind_int64(stmt, 1, num);
    rc = sqlite3_step(stmt);
    *seq = 0;
    memset(hash, 0, DIGEST_SIZE); /* a head that is gone fits no chain */
    if (rc == SQLITE_ROW) {
        *seq = (uint64_t)sqlite3_column_int64(stmt, 0);
        if (sqlite3_column_bytes(stmt, 1) == DIGEST_SIZE)
            memcpy(hash, sqlite3_column_blob(stmt, 1), DIGEST_SIZE);
    }
    sqlite3_reset(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : journal_fail(j, rc, "read the run", e);
}

int journal_events(struct journal *j, const char *run, uint64_t after, journal_event_fn fn,
                   void *arg, struct err *e)
{
    sqlite3_stmt *stmt = journal_stmt(j, STMT_RUN_GET, e);
    struct journal_event ev = {.seq = after};
    bool stopped = false;
    char doing[256];
    int64_t num;
    int rc;

    if (!stmt)
        return -1;
    sqlite3_bind_text(stmt, 1, run, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    num = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_reset(stmt);
    if (rc == SQLITE_DONE) {
        err_set(e, ERR_NOT_FOUND, "no run %s in %s", run, j->dir);
        return err_hint(e, "`almanac runs` lists them");
    }
    if (rc == SQLITE_ROW) {
        stmt = journal_stmt(j, STMT_EVENTS, e);
        if (!stmt)
            return -1;
        if (after >= 0xffffffff)
            return 0;
        sqlite3_bind_int64(stmt, 1, (num << 32 | (int64_t)after) + 1);
        sqlite3_bind_int64(stmt, 2, num << 32 | 0xffffffff);
        while (!stopped && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            event_from_row(stmt, &ev);
            stopped = fn(arg, &ev) != 0;
        }
        sqlite3_reset(stmt);
        if (stopped)
            return 0;
    }
    if (rc != SQLITE_DONE) {
        snprintf(doing, sizeof doing, "read run %s behind event %llu", run,
                 (unsigned long long)ev.seq);
        return journal_fail(j, rc, doing, e);
    }
    events_queued(j, num, after, fn, arg);
    return 0;
}

/* --- verification --- */

int journal_chain_begin(struct journal *j, const char *run, struct journal_chain *c, struct err *e)
{
    memset(c, 0, sizeof *c);
    buf_init(&c->scratch, JOURNAL_PAYLOAD_MAX * 2u);
    if (read_run(j, run, c, e) < 0 || read_head(j, c->num, &c->head_seq, c->head_hash, e) < 0) {
        journal_chain_release(c);
        return -1;
    }
    return 0;
}

static bool chain_broken(struct journal_chain *c, uint64_t seq, const char *why)
{
    if (!*c->why) {
        c->broken_seq = seq;
        snprintf(c->why, sizeof c->why, "event %llu %s", (unsigned long long)seq, why);
    }
    return false;
}

bool journal_chain_add(struct journal_chain *c, const struct journal_event *event)
{
    unsigned char hash[DIGEST_SIZE];

    if (*c->why)
        return false;
    if (event->seq != c->seq + 1)
        return chain_broken(c, c->seq + 1, "is missing");
    if (journal_event_hash(&c->scratch, c->hash, event, hash) < 0)
        return chain_broken(c, event->seq, "is too large to check");
    if (!event->hash || memcmp(hash, event->hash, DIGEST_SIZE) != 0)
        return chain_broken(c, event->seq,
                            event->seq == 1 ? "or the run's own row was changed"
                                            : "was changed, moved, or belongs elsewhere");
    c->seq = event->seq;
    memcpy(c->hash, hash, DIGEST_SIZE);
    if (c->seq == c->head_seq && memcmp(hash, c->head_hash, DIGEST_SIZE) != 0)
        return chain_broken(c, c->seq, "is not the one the run's head names");
    return true;
}

/* The head was read before the events, and is read again behind them: whatever an owner appended
 * in between lies between the two. */
int journal_chain_end(struct journal *j, struct journal_chain *c, bool *ok, struct err *e)
{
    unsigned char hash[DIGEST_SIZE];
    uint64_t head, last;

    if (read_head(j, c->num, &head, hash, e) < 0)
        return -1;
    last = head;
    for (struct queued *q = j->first; q; q = q->next)
        if (q->run->num == c->num)
            last = q->event.seq;
    if (c->seq == 0 && head == 0 && memcmp(c->hash, hash, DIGEST_SIZE) != 0)
        chain_broken(c, 1, "or the run's own row was changed");
    else if (c->seq < c->head_seq)
        chain_broken(c, c->seq + 1, "is missing: the tail was cut off");
    else if (c->seq > last)
        chain_broken(c, last + 1, "was put in by other means");
    *ok = !*c->why;
    return 0;
}

void journal_chain_release(struct journal_chain *c)
{
    buf_release(&c->scratch);
}

static int verify_event(void *arg, const struct journal_event *event)
{
    return !journal_chain_add(arg, event);
}

int journal_verify(struct journal *j, const char *run, uint64_t *broken_seq, char *why,
                   struct err *e)
{
    struct journal_chain c;
    bool ok = false;
    int rc;

    if (journal_chain_begin(j, run, &c, e) < 0)
        return -1;
    rc = journal_events(j, run, 0, verify_event, &c, e);
    if (rc == 0)
        rc = journal_chain_end(j, &c, &ok, e);
    if (rc == 0) {
        *broken_seq = c.broken_seq;
        memcpy(why, c.why, JOURNAL_WHY_MAX);
    }
    journal_chain_release(&c);
    return rc;
}
