/* The rows of runs, for Lua. */
#include <string.h>
#include <lauxlib.h>

#include "engine/vm_error.h"
#include "engine/vm_type.h"
#include "journal/journal.h"
#include "native/journal_priv.h"

#define ROWS_TYPE "almanac.journal.rows"
#define ROWS_MAX ((size_t)256 << 20)

/* Rows copied out behind each other, each a head and its texts: a callback must not jump. */
struct run_rows {
    struct buf bytes;
    bool failed;
};

struct row_head {
    int64_t created_ms, turn_ms;
    size_t id_len, runbook_len, meta_len, turn_len, payload_len;
};

static void row_add(struct run_rows *rows, const struct journal_run *run,
                    const struct journal_found *found)
{
    struct row_head head = {.created_ms = run->created_ms,
                            .id_len = strlen(run->id),
                            .runbook_len = strlen(run->runbook),
                            .meta_len = run->meta_len};
    struct buf *b = &rows->bytes;

    if (found) {
        head.turn_ms = found->turn_ms;
        head.turn_len = strlen(found->turn);
        head.payload_len = found->payload_len;
    }
    if (buf_add(b, &head, sizeof head) < 0 || buf_add(b, run->id, head.id_len) < 0 ||
        buf_add(b, run->runbook, head.runbook_len) < 0 ||
        buf_add(b, run->meta, head.meta_len) < 0 ||
        (found && (buf_add(b, found->turn, head.turn_len) < 0 ||
                   buf_add(b, found->payload, head.payload_len) < 0)))
        rows->failed = true;
}

static void add_run(void *arg, const struct journal_run *run)
{
    row_add(arg, run, NULL);
}

static void add_found(void *arg, const struct journal_found *found)
{
    row_add(arg, &found->run, found);
}

static const char *push_text(lua_State *L, const char *p, size_t len, const char *field)
{
    lua_pushlstring(L, p, len);
    lua_setfield(L, -2, field);
    return p + len;
}

/* Pushes the table of the row at p; where the next one lies. */
static const char *row_push(lua_State *L, const char *p)
{
    struct row_head head;

    memcpy(&head, p, sizeof head);
    p += sizeof head;
    lua_createtable(L, 0, 7);
    lua_pushinteger(L, head.created_ms);
    lua_setfield(L, -2, "created_ms");
    p = push_text(L, p, head.id_len, "id");
    p = push_text(L, p, head.runbook_len, "runbook");
    p = push_text(L, p, head.meta_len, "meta");
    if (head.turn_len == 0)
        return p + head.payload_len;
    lua_pushinteger(L, head.turn_ms);
    lua_setfield(L, -2, "turn_ms");
    p = push_text(L, p, head.turn_len, "turn");
    return push_text(L, p, head.payload_len, "payload");
}

static int rows_gc(lua_State *L)
{
    struct run_rows *rows = lua_touserdata(L, 1);

    buf_release(&rows->bytes);
    return 0;
}

/* Leaves a userdata for rows on the stack. */
static struct run_rows *rows_new(lua_State *L)
{
    struct run_rows *rows = lua_newuserdatauv(L, sizeof *rows, 0);

    buf_init(&rows->bytes, ROWS_MAX);
    rows->failed = false;
    luaL_setmetatable(L, ROWS_TYPE);
    return rows;
}

/* Pushes the list of all rows. */
static int rows_push(lua_State *L, const struct run_rows *rows)
{
    const char *p = buf_str(&rows->bytes), *end = p + rows->bytes.len;
    lua_Integer n = 0;

    if (rows->failed)
        return vm_raisef(L, ERR_MEMORY, "cannot list the runs: out of memory");
    lua_newtable(L);
    while (p < end) {
        p = row_push(L, p);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/// What is known of a run.
///@param id string
///@return { id: string, runbook: string, created_ms: integer, meta: string }?
int journal_row(lua_State *L)
{
    struct journal *j = journal_arg(L, "run");
    const char *id = journal_text_arg(L, 2, "run", "the run's id");
    struct run_rows *rows = rows_new(L);
    struct err e;

    if (journal_runs(j, id, add_run, rows, &e) < 0) {
        if (e.kind != ERR_NOT_FOUND)
            return vm_raise(L, &e);
        lua_pushnil(L);
        return 1;
    }
    if (rows->failed)
        return vm_raisef(L, ERR_MEMORY, "cannot read the run: out of memory");
    row_push(L, rows->bytes.data);
    return 1;
}

/// All runs, the newest first.
///@return { id: string, runbook: string, created_ms: integer, meta: string }[]
int journal_rows(lua_State *L)
{
    struct journal *j = journal_arg(L, "runs");
    struct run_rows *rows = rows_new(L);
    struct err e;

    if (journal_runs(j, NULL, add_run, rows, &e) < 0)
        return vm_raise(L, &e);
    return rows_push(L, rows);
}

/// The runs that fit, the newest first, each with the last event that says how it stands: its kind
/// (turn), time and payload.
///
/// Raises: `io`, `corrupt`.
///@param wanted string  JSON, as journal_find of journal/journal.h takes it
///@return { id: string, runbook: string, created_ms: integer, meta: string, turn?: string, turn_ms?: integer, payload?: string }[]
int journal_rows_found(lua_State *L)
{
    struct journal *j = journal_arg(L, "find");
    const char *wanted = journal_text_arg(L, 2, "find", "what is wanted");
    struct run_rows *rows = rows_new(L);
    struct err e;

    if (journal_find(j, wanted, add_found, rows, &e) < 0)
        return vm_raise(L, &e);
    return rows_push(L, rows);
}

void journal_rows_setup(lua_State *L)
{
    vm_type_new(L, ROWS_TYPE, rows_gc, NULL, NULL);
}
