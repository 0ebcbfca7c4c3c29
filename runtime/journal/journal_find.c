/* Finding runs: by what their rows say, and by how they stand, in one statement. */
#include <string.h>

#include "journal/journal_priv.h"

/* How a run stands is said by the last of its turns: run.start, run.resume, run.end, run.abandoned.
 * It is looked for from the end of the run's events backwards: behind the end of a run there are
 * answers and notices only. A parameter is compared as JSON has it, 3, true or "3" of a string,
 * with each of the forms that were asked for: it is one of them at most. A row that was changed
 * into what nobody wrote fits whatever is wanted: it is not to hide a run. CASE alone evaluates no
 * more than it needs: OR asks both sides, and malformed JSON is an error. What asks the run's row
 * alone is a term of its own, without the turn: SQLite decides it before it looks for the turn of a
 * run that does not fit.
 */
#define RUN_IS_READABLE                                                                            \
    "typeof(r.created_ms) = 'integer' AND r.created_ms > 0"                                        \
    " AND r.created_ms < 253402300800000" /* the year 10000 */                                     \
    " AND json_valid(r.meta) AND substr(r.meta, 1, 1) = '{'"

static const char find_sql[] =
    "WITH wanted AS MATERIALIZED (SELECT json_extract(?1, '$.runbook') AS runbook,"
    "  json_extract(?1, '$.operator') AS operator, json_extract(?1, '$.environment') AS "
    "environment,"
    "  coalesce(json_extract(?1, '$.since_ms'), 0) AS since_ms,"
    "  coalesce(json_extract(?1, '$.until_ms'), 9223372036854775807) AS until_ms,"
    "  json_extract(?1, '$.statuses') AS statuses,"
    "  (SELECT count(*) FROM json_each(?1, '$.params')) AS params),"
    " asked AS MATERIALIZED (SELECT DISTINCT '$.params.' || json_quote(p.key) AS path,"
    "   form.value AS value FROM json_each(?1, '$.params') p, json_each(p.value) form)"
    "SELECT r.num, r.id, r.runbook, r.created_ms, r.meta, e.time_ms, e.kind, e.payload"
    " FROM runs r CROSS JOIN wanted w LEFT JOIN events e ON e.key = (SELECT key FROM events"
    "   WHERE key BETWEEN (r.num << 32) AND (r.num << 32) + 4294967295"
    "   AND kind IN ('run.start', 'run.resume', 'run.end', 'run.abandoned')"
    "   ORDER BY key DESC LIMIT 1)"
    " WHERE CASE WHEN " RUN_IS_READABLE " THEN (w.runbook IS NULL OR r.runbook = w.runbook)"
    " AND r.created_ms >= w.since_ms AND r.created_ms < w.until_ms"
    " AND (w.operator IS NULL OR json_extract(r.meta, '$.operator') = w.operator)"
    " AND (w.environment IS NULL OR json_extract(r.meta, '$.environment') = w.environment)"
    " AND (w.params = 0 OR w.params ="
    "   (SELECT count(*) FROM asked WHERE r.meta -> asked.path = asked.value))"
    " ELSE 1 END"
    " AND CASE WHEN w.statuses IS NULL THEN 1"
    "   WHEN NOT json_valid(coalesce(e.payload, '{}')) THEN 1"
    "   WHEN " RUN_IS_READABLE " THEN instr(w.statuses, '|' || CASE e.kind"
    "     WHEN 'run.end' THEN json_extract(e.payload, '$.status')"
    "     WHEN 'run.abandoned' THEN 'abandoned' ELSE 'running' END || '|') > 0"
    "   ELSE 1 END"
    " ORDER BY r.num DESC LIMIT coalesce(json_extract(?1, '$.limit'), -1)";

static const char *text_or_empty(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text ? text : "";
}

static void found_from_row(sqlite3_stmt *stmt, struct journal_found *found)
{
    found->run.id = text_or_empty(stmt, 1);
    found->run.runbook = text_or_empty(stmt, 2);
    found->run.created_ms = sqlite3_column_int64(stmt, 3);
    found->run.meta = text_or_empty(stmt, 4);
    found->run.meta_len = (size_t)sqlite3_column_bytes(stmt, 4);
    found->turn_ms = sqlite3_column_int64(stmt, 5);
    found->turn = text_or_empty(stmt, 6);
    found->payload = text_or_empty(stmt, 7);
    found->payload_len = (size_t)sqlite3_column_bytes(stmt, 7);
}

int journal_find(struct journal *j, const char *wanted, journal_found_fn fn, void *arg,
                 struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int end, rc = sqlite3_prepare_v2(j->db, find_sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, wanted, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            struct journal_found found;

            found_from_row(stmt, &found);
            fn(arg, &found);
        }
    }
    end = sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE)
        return journal_fail(j, rc == SQLITE_OK ? end : rc, "find runs", e);
    return 0;
}
