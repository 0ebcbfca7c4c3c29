/* The fold of a run: what a replay needs of it, from one pass that also verifies it. */
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "base/json_member.h"
#include "engine/vm_error.h"
#include "journal/journal_done.h"
#include "native/journal_priv.h"

#define DONE_TYPE "almanac.journal.done"

/* Digits of an integer that is surely exact and no other kind of number. */
#define PLAIN_DIGITS 15

/* ---- the done steps, as Lua sees them ---- */

static struct journal_done *done_arg(lua_State *L)
{
    return luaL_checkudata(L, 1, DONE_TYPE);
}

static int done_gc(lua_State *L)
{
    journal_done_release(lua_touserdata(L, 1));
    return 0;
}

static struct journal_done *done_new(lua_State *L)
{
    struct journal_done *done = lua_newuserdatauv(L, sizeof *done, 0);

    journal_done_init(done);
    luaL_setmetatable(L, DONE_TYPE);
    return done;
}

/* Most results are absent or a small number: those need no parser. */
static bool push_plain(lua_State *L, const char *text, size_t len)
{
    lua_Integer n = 0;

    if (len == 0 || len > PLAIN_DIGITS || (text[0] == '0' && len > 1))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (text[i] - '0');
    }
    lua_pushinteger(L, n);
    return true;
}

static void push_result(lua_State *L, const char *payload, size_t len)
{
    const char *text;
    size_t text_len;

    if (!json_member(payload, len, "result", &text, &text_len)) {
        lua_pushnil(L);
    } else if (!push_plain(L, text, text_len)) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushlstring(L, text, text_len);
        lua_call(L, 1, 1);
    }
}

static bool same_digest(const char *payload, size_t len, const char *digest, size_t digest_len)
{
    const char *text;
    size_t text_len;

    return json_member(payload, len, "digest", &text, &text_len) && text_len == digest_len + 2 &&
           memcmp(text + 1, digest, digest_len) == 0;
}

/* done:result(path, [digest]) -> nothing, or true, result, has the digest. Upvalue: json.decode. */
static int done_result(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    size_t path_len, len, digest_len = 0;
    const char *path = luaL_checklstring(L, 2, &path_len);
    const char *digest = luaL_optlstring(L, 3, NULL, &digest_len);
    const char *payload = journal_done_find(done, path, path_len, &len);

    if (!payload)
        return 0;
    lua_pushboolean(L, 1);
    push_result(L, payload, len);
    lua_pushboolean(L, digest && same_digest(payload, len, digest, digest_len));
    return 3;
}

static int done_payload(lua_State *L)
{
    size_t path_len, len;
    const char *path = luaL_checklstring(L, 2, &path_len);
    const char *payload = journal_done_find(done_arg(L), path, path_len, &len);

    if (payload)
        lua_pushlstring(L, payload, len);
    else
        lua_pushnil(L);
    return 1;
}

static int done_count(lua_State *L)
{
    struct journal_done *done = done_arg(L);

    lua_pushinteger(L, (lua_Integer)(done->count - done->forgotten));
    return 1;
}

static int done_paths(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < done->count; i++) {
        size_t len;
        const char *path = journal_done_path(done, i, &len);

        if (!path)
            continue;
        lua_pushlstring(L, path, len);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

void journal_fold_setup(lua_State *L)
{
    luaL_newmetatable(L, DONE_TYPE);
    lua_pushcfunction(L, done_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "journal");
    lua_setfield(L, -2, "__metatable");
    lua_createtable(L, 0, 3);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "native.json");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    lua_pushcclosure(L, done_result, 1);
    lua_setfield(L, -2, "result");
    lua_pushcfunction(L, done_payload);
    lua_setfield(L, -2, "payload");
    lua_pushcfunction(L, done_count);
    lua_setfield(L, -2, "count");
    lua_pushcfunction(L, done_paths);
    lua_setfield(L, -2, "paths");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

/* ---- the pass ---- */

enum fold_use { FOLD_OTHER, FOLD_SKIP, FOLD_START, FOLD_DONE, FOLD_FORGET };

static enum fold_use fold_use(const struct journal_event *ev)
{
    static const struct {
        const char *kind;
        enum fold_use use;
    } uses[] = {
        {"step.done", FOLD_DONE},   {"step.start", FOLD_START},   {"output", FOLD_SKIP},
        {"note", FOLD_SKIP},        {"progress", FOLD_SKIP},      {"gate.sample", FOLD_SKIP},
        {"step.redo", FOLD_FORGET}, {"step.undone", FOLD_FORGET},
    };

    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (strlen(uses[i].kind) == ev->kind_len &&
            memcmp(uses[i].kind, ev->kind, ev->kind_len) == 0)
            return uses[i].use;
    return FOLD_OTHER;
}

static void fold_other(lua_State *L, const struct journal_event *ev, int other)
{
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, (lua_Integer)ev->seq);
    lua_setfield(L, -2, "seq");
    lua_pushinteger(L, ev->time_ms);
    lua_setfield(L, -2, "time_ms");
    lua_pushlstring(L, ev->kind, ev->kind_len);
    lua_setfield(L, -2, "kind");
    lua_pushlstring(L, ev->path, ev->path_len);
    lua_setfield(L, -2, "path");
    lua_pushlstring(L, ev->payload, ev->payload_len);
    lua_setfield(L, -2, "payload");
    lua_rawseti(L, other, (lua_Integer)lua_rawlen(L, other) + 1);
}

/* Where the parts of the result stand while the pass goes on. */
enum { AT_RESULT = 4, AT_DONE, AT_BEGUN, AT_OTHER };

static void fold_event(lua_State *L, const struct journal_event *ev, struct journal_done *done)
{
    switch (fold_use(ev)) {
    case FOLD_SKIP:
        return;
    case FOLD_START:
        lua_pushlstring(L, ev->path, ev->path_len);
        lua_pushboolean(L, 1);
        lua_rawset(L, AT_BEGUN);
        return;
    case FOLD_DONE:
        if (journal_done_set(done, ev->path, ev->path_len, ev->payload, ev->payload_len) < 0)
            vm_raisef(L, ERR_MEMORY, "cannot read the run: out of memory");
        return;
    case FOLD_FORGET:
        journal_done_forget(done, ev->path, ev->path_len);
        break;
    case FOLD_OTHER:
        break;
    }
    fold_other(L, ev, AT_OTHER);
}

static void fold_verdict(lua_State *L, struct journal *j, struct journal_reader *r)
{
    struct err e;
    bool ok;

    if (journal_chain_end(j, &r->chain, &ok, &e) < 0)
        vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)r->chain.seq);
    lua_setfield(L, AT_RESULT, "last_seq");
    lua_pushinteger(L, (lua_Integer)r->chain.seq);
    lua_setfield(L, AT_RESULT, "count");
    if (ok)
        return;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)r->chain.broken_seq);
    lua_setfield(L, -2, "seq");
    lua_pushstring(L, r->chain.why);
    lua_setfield(L, -2, "why");
    lua_setfield(L, AT_RESULT, "broken");
}

int journal_fold(lua_State *L)
{
    struct journal *j = journal_arg(L, "fold");
    const char *run = journal_text_arg(L, 2, "fold", "the run's id");
    const struct journal_event *ev;
    struct journal_reader *r;
    struct journal_done *done;
    bool whole = true;
    struct err e;

    lua_settop(L, 2);
    r = journal_reader_new(L, 0);
    if (journal_chain_begin(j, run, &r->chain, &e) < 0)
        return vm_raise(L, &e);
    lua_createtable(L, 0, 6);
    done = done_new(L);
    lua_newtable(L);
    lua_newtable(L);
    do {
        journal_reader_fill(L, j, run, r);
        while (whole && (ev = journal_reader_next(r)) != NULL) {
            whole = journal_chain_add(&r->chain, ev);
            if (whole)
                fold_event(L, ev, done);
        }
    } while (whole && r->count > 0);
    fold_verdict(L, j, r);
    lua_setfield(L, AT_RESULT, "other");
    lua_setfield(L, AT_RESULT, "begun");
    lua_setfield(L, AT_RESULT, "done");
    return 1;
}
