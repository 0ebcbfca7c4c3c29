#include "native/journal.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"
#include "journal/journal.h"
#include "native/done_steps.h"
#include "native/journal_priv.h"

/* ---- arguments ---- */

static struct journal_handle *handle_arg(lua_State *L, const char *who)
{
    struct journal_handle *handle = luaL_testudata(L, 1, JOURNAL_TYPE);

    if (!handle)
        vm_raisef(L, ERR_USAGE, "journal:%s: call it on a journal, with a colon", who);
    return handle;
}

struct journal *journal_arg(lua_State *L, const char *who)
{
    struct journal_handle *handle = handle_arg(L, who);

    if (!handle->journal)
        vm_raisef(L, ERR_USAGE, "journal:%s: the journal is closed", who);
    return handle->journal;
}

static const char *bytes_arg(lua_State *L, int arg, const char *who, const char *name, size_t *len)
{
    if (lua_type(L, arg) != LUA_TSTRING)
        vm_raisef(L, ERR_USAGE, "journal:%s: %s must be text, not %s", who, name,
                  luaL_typename(L, arg));
    return lua_tolstring(L, arg, len);
}

const char *journal_text_arg(lua_State *L, int arg, const char *who, const char *name)
{
    size_t len;
    const char *text = bytes_arg(L, arg, who, name, &len);

    if (strlen(text) != len)
        vm_raisef(L, ERR_USAGE, "journal:%s: %s must not hold a zero byte", who, name);
    return text;
}

static const char *text_field(lua_State *L, int t, const char *key, const char *who, size_t *len)
{
    const char *text = vm_opt_string(L, t, key, who, len, NULL);

    if (!text)
        vm_raisef(L, ERR_USAGE, "%s: %s is missing", who, key);
    return text;
}

static void table_arg(lua_State *L, int arg, const char *who)
{
    if (!lua_istable(L, arg))
        vm_raisef(L, ERR_USAGE, "%s: want a table, not %s", who, luaL_typename(L, arg));
}

/* ---- opening and closing ---- */

/// Opens a store; of mode "rw" it is made where there is none.
///
/// Raises: `not_found`, `io`, `corrupt`, `busy`, `refused`.
///@param options { dir: string, mode?: "rw"|"ro" }
///@return native.journal.Journal
static int l_open(lua_State *L)
{
    struct journal_handle *handle;
    const char *dir, *mode;
    struct err e;

    table_arg(L, 1, "journal.open");
    dir = vm_opt_string(L, 1, "dir", "journal.open", NULL, JOURNAL_DIR);
    mode = vm_opt_string(L, 1, "mode", "journal.open", NULL, "rw");
    if (strcmp(mode, "rw") != 0 && strcmp(mode, "ro") != 0)
        return vm_raisef(L, ERR_USAGE, "journal.open: mode is \"rw\" or \"ro\", not \"%s\"", mode);
    handle = lua_newuserdatauv(L, sizeof *handle, 0);
    memset(handle, 0, sizeof *handle);
    handle->last = &handle->first;
    luaL_setmetatable(L, JOURNAL_TYPE);
    if (journal_open(dir, mode[1] == 'w' ? JOURNAL_WRITE : JOURNAL_READ, &handle->journal, &e) < 0)
        return vm_raise(L, &e);
    return 1;
}

/// Closes it: what was appended is committed, locks are dropped.
static int l_close(lua_State *L)
{
    struct journal_handle *handle = handle_arg(L, "close");
    struct journal *j = handle->journal;
    struct err e;

    if (j)
        journal_commit_proposals(handle);
    sched_forget_turn_end(vm_of(L)->sched, &handle->turn_end);
    handle->journal = NULL;
    if (journal_close(j, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

static int l_gc(lua_State *L)
{
    struct journal_handle *handle = luaL_checkudata(L, 1, JOURNAL_TYPE);

    sched_forget_turn_end(vm_of(L)->sched, &handle->turn_end);
    journal_close(handle->journal, NULL);
    handle->journal = NULL;
    return 0;
}

/* ---- runs ---- */

/// Makes a run.
///@param run { id: string, runbook: string, meta: string }  meta is JSON
static int l_create(lua_State *L)
{
    struct journal *j = journal_arg(L, "create");
    const char *id, *runbook, *meta;
    size_t id_len, runbook_len, meta_len;
    struct err e;

    table_arg(L, 2, "journal:create");
    id = text_field(L, 2, "id", "journal:create", &id_len);
    runbook = text_field(L, 2, "runbook", "journal:create", &runbook_len);
    meta = text_field(L, 2, "meta", "journal:create", &meta_len);
    if (strlen(id) != id_len || strlen(runbook) != runbook_len)
        return vm_raisef(L, ERR_USAGE, "journal:create: id and runbook must not hold a zero byte");
    if (journal_create_run(j, id, runbook, meta, meta_len, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/* ---- appending ---- */

/// Appends an event. In a task a durable one waits for the end of the turn, where what all tasks
/// want durable is committed once; a commit that fails raises in each of them. Where no other task
/// is ready, and where the code cannot wait (a script's coroutine, a callback of C), it commits at
/// once.
///
/// Raises: `io`, `usage`; nothing of a commit that failed is recorded.
///@param run string
///@param kind string
///@param path string
///@param payload string  JSON
///@param durable? boolean
///@return integer seq
///@return integer time_ms
static int l_append(lua_State *L)
{
    struct journal_handle *handle = handle_arg(L, "append");
    struct journal *j = journal_arg(L, "append");
    const char *run = journal_text_arg(L, 2, "append", "the run's id");
    const char *kind = journal_text_arg(L, 3, "append", "kind");
    const char *path = journal_text_arg(L, 4, "append", "path");
    size_t len;
    const char *payload = bytes_arg(L, 5, "append", "payload", &len);
    bool durable = lua_toboolean(L, 6), shares;
    uint64_t seq;
    int64_t time_ms;
    struct err e;

    if (!lua_isboolean(L, 6) && !lua_isnoneornil(L, 6))
        return vm_raisef(L, ERR_USAGE, "journal:append: durable must be a boolean, not %s",
                         luaL_typename(L, 6));
    shares = handle->first || !sched_is_alone(vm_of(L)->sched);
    if (durable && shares && task_of(L) && lua_isyieldable(L))
        return journal_propose_and_wait(L, handle);
    if (journal_append(j, run, kind, path, payload, len, durable, &seq, &time_ms, &e) < 0)
        return vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)seq);
    lua_pushinteger(L, time_ms);
    return 2;
}

/// Commits at once.
///
/// Raises: `io`.
///@param durable? boolean  true
static int l_flush(lua_State *L)
{
    struct journal *j = journal_arg(L, "flush");
    struct err e;

    if (!lua_isboolean(L, 2) && !lua_isnoneornil(L, 2))
        return vm_raisef(L, ERR_USAGE, "journal:flush: durable must be a boolean, not %s",
                         luaL_typename(L, 2));
    if (journal_flush(j, lua_isnoneornil(L, 2) || lua_toboolean(L, 2), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// Whether appends are not on the disk yet.
///@return boolean
static int l_pending(lua_State *L)
{
    lua_pushboolean(L, journal_pending(journal_arg(L, "pending")));
    return 1;
}

/// How many commits this handle has synced to the disk.
///@return integer
static int l_syncs(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)journal_syncs(journal_arg(L, "syncs")));
    return 1;
}

/// The last event of a run.
///@param run string
///@return integer seq  0 when there is none
static int l_last_seq(lua_State *L)
{
    struct journal *j = journal_arg(L, "last_seq");
    uint64_t seq;
    struct err e;

    if (journal_last_seq(j, journal_text_arg(L, 2, "last_seq", "the run's id"), &seq, &e) < 0)
        return vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)seq);
    return 1;
}

/// The first field of what an event carries that its kind does not declare.
///@param data table
///@param fields table<string, boolean>  declared
///@return any? field
static int l_undeclared(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        if (lua_rawget(L, 2) == LUA_TNIL) {
            lua_pushvalue(L, 3);
            return 1;
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* ---- reading ---- */

/* Events of a kind, the argument; of one that ends with a dot, all that begin so. */
static enum reader_take take_kind(void *arg, const struct journal_event *ev)
{
    const char *kind = arg;
    size_t len = strlen(kind);

    if (ev->kind_len < len || memcmp(ev->kind, kind, len) != 0)
        return READER_PASS;
    return ev->kind_len == len || len == 0 || kind[len - 1] == '.' ? READER_COPY : READER_PASS;
}

static int batch_add(void *arg, const struct journal_event *ev)
{
    struct journal_reader *r = arg;
    struct journal_item *item = &r->items[r->count];
    enum reader_take take = r->take ? r->take(r->arg, ev) : READER_COPY;

    if (take == READER_STOP)
        return 1;
    r->after = ev->seq;
    if (take == READER_PASS)
        return 0;
    item->event = *ev;
    item->kind = r->bytes.len;
    item->path = item->kind + ev->kind_len;
    item->payload = item->path + ev->path_len;
    if (buf_add(&r->bytes, ev->kind, ev->kind_len) < 0 ||
        buf_add(&r->bytes, ev->path, ev->path_len) < 0 ||
        buf_add(&r->bytes, ev->payload, ev->payload_len) < 0) {
        r->failed = true;
        return 1;
    }
    item->hashed = ev->hash != NULL;
    if (ev->hash)
        memcpy(item->hash, ev->hash, DIGEST_SIZE);
    r->count++;
    return take == READER_COPY_LAST || r->count == BATCH_COUNT || r->bytes.len >= BATCH_BYTES;
}

void journal_reader_fill(lua_State *L, struct journal *j, const char *run, struct journal_reader *r)
{
    struct err e;

    buf_reset(&r->bytes);
    r->count = r->at = 0;
    if (journal_events(j, run, r->after, batch_add, r, &e) < 0)
        vm_raise(L, &e);
    if (r->failed)
        vm_raisef(L, ERR_MEMORY, "cannot read run %s: out of memory", run);
}

/* The next event of the batch, NULL at its end. */
const struct journal_event *journal_reader_next(struct journal_reader *r)
{
    struct journal_item *item = &r->items[r->at];
    const char *bytes = buf_str(&r->bytes);

    if (r->at == r->count)
        return NULL;
    r->at++;
    item->event.kind = bytes + item->kind;
    item->event.path = bytes + item->path;
    item->event.payload = bytes + item->payload;
    item->event.hash = item->hashed ? item->hash : NULL;
    return &item->event;
}

static int reader_gc(lua_State *L)
{
    struct journal_reader *r = lua_touserdata(L, 1);

    buf_release(&r->bytes);
    journal_chain_release(&r->chain);
    return 0;
}

struct journal_reader *journal_reader_new(lua_State *L, uint64_t after)
{
    struct journal_reader *r = lua_newuserdatauv(L, sizeof *r, 0);

    r->after = after;
    r->take = NULL;
    r->count = r->at = 0;
    r->failed = false;
    memset(&r->chain, 0, sizeof r->chain);
    buf_init(&r->bytes, BATCH_BYTES + JOURNAL_PAYLOAD_MAX * 2);
    luaL_setmetatable(L, READER_TYPE);
    return r;
}

/* Upvalues: the journal, the run's id, the reader. */
static int events_next(lua_State *L)
{
    struct journal_handle *handle = lua_touserdata(L, lua_upvalueindex(1));
    struct journal_reader *r = lua_touserdata(L, lua_upvalueindex(3));
    const struct journal_event *ev = journal_reader_next(r);

    if (!ev) {
        if (!handle->journal)
            return vm_raisef(L, ERR_USAGE, "journal:events: the journal is closed");
        journal_reader_fill(L, handle->journal, lua_tostring(L, lua_upvalueindex(2)), r);
        ev = journal_reader_next(r);
    }
    if (!ev) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)ev->seq);
    lua_pushinteger(L, ev->time_ms);
    lua_pushlstring(L, ev->kind, ev->kind_len);
    lua_pushlstring(L, ev->path, ev->path_len);
    lua_pushlstring(L, ev->payload, ev->payload_len);
    return 5;
}

/// Its events. After its nil the iterator may be called again, and goes on with what was appended
/// meanwhile.
///
/// Raises: `corrupt`.
///@param run string
///@param after_seq? integer  0
///@return fun(): integer?, integer, string, string, string events  seq, time_ms, kind, path, payload
static int l_events(lua_State *L)
{
    struct journal *j = journal_arg(L, "events");
    const char *run = journal_text_arg(L, 2, "events", "the run's id");
    struct journal_reader *reader;
    const char *kind;
    lua_Integer after = 0;
    uint64_t seq;
    struct err e;

    if (!lua_isnoneornil(L, 3)) {
        if (!lua_isinteger(L, 3) || (after = lua_tointeger(L, 3)) < 0)
            return vm_raisef(L, ERR_USAGE,
                             "journal:events: the seq to begin after must be an "
                             "integer from 0");
    }
    if (journal_last_seq(j, run, &seq, &e) < 0) /* a run that is not there raises here already */
        return vm_raise(L, &e);
    kind = lua_isnoneornil(L, 4) ? NULL : journal_text_arg(L, 4, "events", "the kind");
    lua_settop(L, 4);
    lua_insert(L, 3); /* the kind's text lives as long as the iterator */
    lua_settop(L, 3);
    reader = journal_reader_new(L, (uint64_t)after);
    reader->take = kind ? take_kind : NULL;
    reader->arg = (void *)kind;
    lua_insert(L, 3);
    lua_pushcclosure(L, events_next, 4);
    return 1;
}

/// The store of runs and their events. What a failed call leaves behind: journal/journal.h.
int luaopen_native_journal(lua_State *L)
{
    /// A store of runs.
    ///@class native.journal.Journal
    static const luaL_Reg methods[] = {
        {"close", l_close},
        {"create", l_create},
        {"run", journal_row},
        {"runs", journal_rows},
        {"find", journal_rows_found},
        {"append", l_append},
        {"flush", l_flush},
        {"pending", l_pending},
        {"syncs", l_syncs},
        {"last_seq", l_last_seq},
        {"head", journal_head_of},
        {"hash", journal_hash_of},
        {"events", l_events},
        {"fold", journal_fold},
        {"verify", journal_verify_run},
        {NULL, NULL},
    };
    static const luaL_Reg functions[] = {
        {"open", l_open}, {"undeclared", l_undeclared}, {NULL, NULL}};

    vm_type_new(L, READER_TYPE, reader_gc, NULL, NULL);
    done_steps_setup(L);
    journal_proposal_setup(L);
    journal_rows_setup(L);
    vm_type_new(L, JOURNAL_TYPE, l_gc, l_gc, methods);
    journal_locks_setup(L);
    luaL_newlib(L, functions);
    return 1;
}
