/* The rows of runs: made once, never changed. */
#include <string.h>

#include "base/fault.h"
#include "base/loop.h"
#include "journal/journal_priv.h"

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
    rc = journal_step(stmt);
    sqlite3_finalize(stmt);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_prepare_v2(j->db, "INSERT INTO heads(num, seq, hash) VALUES(?, 0, ?)", -1, &stmt,
                            NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_int64(stmt, 1, sqlite3_last_insert_rowid(j->db));
    sqlite3_bind_blob(stmt, 2, genesis, DIGEST_SIZE, SQLITE_STATIC);
    rc = journal_step(stmt);
    sqlite3_finalize(stmt);
    return rc;
}

int journal_create_run(struct journal *j, const char *id, const char *runbook, const char *meta,
                       size_t meta_len, struct err *e)
{
    struct journal_run run = {id, runbook, loop_wall_ms(), meta, meta_len};
    unsigned char genesis[DIGEST_SIZE];
    int rc;

    if (journal_check_writable(j, e) < 0)
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
    rc = journal_set_sync(j, true);
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
    journal_abort(j);
    return -1;
}
