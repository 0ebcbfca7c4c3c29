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

static void push_decoded(lua_State *L, const char *text, size_t len)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushlstring(L, text, len);
    lua_call(L, 1, 1);
}

static void push_result(lua_State *L, const char *payload, struct done_value result)
{
    const char *text = payload + result.at;

    if (result.len == 0 || (result.len == 4 && memcmp(text, "null", 4) == 0))
        lua_pushnil(L);
    else if (!push_plain(L, text, result.len))
        push_decoded(L, text, result.len);
}

/* Digests are hex as a rule; a text that is spelt in JSON in another way is decoded first. */
static bool same_digest(lua_State *L, const char *payload, struct done_value value,
                        const char *digest, size_t len)
{
    const char *text = payload + value.at, *other;
    size_t other_len;
    bool same;

    if (value.len < 2 || *text != '"')
        return false;
    if (!memchr(text, '\\', value.len))
        return value.len == len + 2 && memcmp(text + 1, digest, len) == 0;
    push_decoded(L, text, value.len);
    other = lua_tolstring(L, -1, &other_len);
    same = other && other_len == len && memcmp(other, digest, len) == 0;
    lua_pop(L, 1);
    return same;
}

static struct done_step *step_arg(lua_State *L, struct journal_done *done)
{
    size_t len;
    const char *path = luaL_checklstring(L, 2, &len);

    return journal_done_find(done, path, len);
}

/* Whether the name is one that a done step can have: a text, and not a piece of a path. */
static bool is_name(lua_State *L, int arg)
{
    size_t len;
    const char *name = lua_type(L, arg) == LUA_TSTRING ? lua_tolstring(L, arg, &len) : NULL;

    return name && !memchr(name, '/', len);
}

/* done:meet(path, name, [digest]) -> nothing when it is not done; else whether this pass met it for
 * the first time, its result, whether it has that digest. Upvalue: json.decode. */
static int done_meet(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    size_t digest_len = 0;
    const char *digest = luaL_optlstring(L, 4, NULL, &digest_len), *payload;
    struct done_step *step = is_name(L, 3) ? step_arg(L, done) : NULL;

    if (!step)
        return 0;
    payload = done->bytes.data + step->payload;
    lua_pushboolean(L, step->met != done->pass);
    step->met = done->pass;
    push_result(L, payload, step->result);
    lua_pushboolean(L, digest && same_digest(L, payload, step->digest, digest, digest_len));
    return 3;
}

/* done:is_met(path) -> whether this pass met it */
static int done_is_met(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    struct done_step *step = step_arg(L, done);

    lua_pushboolean(L, step && step->met == done->pass);
    return 1;
}

static int done_begin_pass(lua_State *L)
{
    journal_done_begin_pass(done_arg(L));
    return 0;
}

static int done_unmeet_below(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 2, &len);

    journal_done_unmeet_below(done_arg(L), path, len);
    return 0;
}

static int done_forget(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 2, &len);

    journal_done_forget(done_arg(L), path, len);
    return 0;
}

static int done_payload(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    struct done_step *step = step_arg(L, done);

    if (step)
        lua_pushlstring(L, done->bytes.data + step->payload, step->payload_len);
    else
        lua_pushnil(L);
    return 1;
}

/* done:seq(path) -> of the event that says so; nil when it is not done */
static int done_seq(lua_State *L)
{
    struct done_step *step = step_arg(L, done_arg(L));

    if (step)
        lua_pushinteger(L, (lua_Integer)step->seq);
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

/* The paths of the done steps, of those that this pass did not meet where `unmet`. */
static int push_paths(lua_State *L, bool unmet)
{
    struct journal_done *done = done_arg(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < done->count; i++) {
        size_t len;
        const char *path = journal_done_path(done, i, &len);

        if (!path || (unmet && done->steps[i].met == done->pass))
            continue;
        lua_pushlstring(L, path, len);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static int done_paths(lua_State *L)
{
    return push_paths(L, false);
}

static int done_unmet(lua_State *L)
{
    return push_paths(L, true);
}

void journal_fold_setup(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"is_met", done_is_met},
        {"begin_pass", done_begin_pass},
        {"unmeet_below", done_unmeet_below},
        {"forget", done_forget},
        {"payload", done_payload},
        {"seq", done_seq},
        {"count", done_count},
        {"paths", done_paths},
        {"unmet", done_unmet},
        {NULL, NULL},
    };

    luaL_newmetatable(L, DONE_TYPE);
    lua_pushcfunction(L, done_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "journal");
    lua_setfield(L, -2, "__metatable");
    luaL_newlib(L, methods);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "native.json");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    lua_pushcclosure(L, done_meet, 1);
    lua_setfield(L, -2, "meet");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

/* ---- the pass ---- */

/* What the fold does with a kind of event; the vocabulary of events says which. */
enum fold_use { FOLD_KEEP, FOLD_SKIP, FOLD_BEGUN, FOLD_DONE, FOLD_FORGET };

static const char *const use_names[] = {"keep", "skip", "begun", "done", "forget", NULL};

#define KINDS_MAX 64

struct fold_kind {
    const char *name; /* in the table of the caller, which outlives the fold */
    size_t len;
    enum fold_use use;
};

struct fold {
    struct journal_done *done;
    struct fold_kind kinds[KINDS_MAX];
    size_t kind_count;
    lua_Integer kept;
};

static int use_of(lua_State *L, const char *name)
{
    for (int i = 0; name && use_names[i]; i++)
        if (strcmp(use_names[i], name) == 0)
            return i;
    return vm_raisef(L, ERR_USAGE,
                     "journal:fold: a kind is kept, skipped, begun, done or forgets, not %s",
                     name ? name : "nothing");
}

/* The table of the vocabulary: kind -> use. Kinds that it does not name are kept. */
static void read_kinds(lua_State *L, int table, struct fold *fold)
{
    luaL_checktype(L, table, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        struct fold_kind *kind = &fold->kinds[fold->kind_count];

        if (fold->kind_count == KINDS_MAX || lua_type(L, -2) != LUA_TSTRING)
            vm_raisef(L, ERR_USAGE, "journal:fold: at most %d kinds, each by its name", KINDS_MAX);
        kind->name = lua_tolstring(L, -2, &kind->len);
        kind->use = (enum fold_use)use_of(L, lua_tostring(L, -1));
        fold->kind_count++;
        lua_pop(L, 1);
    }
}

static enum fold_use fold_use(struct fold *fold, const struct journal_event *ev)
{
    for (size_t i = 0; i < fold->kind_count; i++) {
        struct fold_kind kind = fold->kinds[i];

        if (kind.len != ev->kind_len || memcmp(kind.name, ev->kind, kind.len) != 0)
            continue;
        fold->kinds[i] = fold->kinds[0]; /* one kind is most of a long run: it goes to the front */
        fold->kinds[0] = kind;
        return kind.use;
    }
    return FOLD_KEEP;
}

/* Where the parts of the result stand while the pass goes on. */
enum { AT_KINDS = 3, AT_FOLD, AT_READER, AT_RESULT, AT_DONE, AT_BEGUN, AT_KEPT };

static void fold_keep(lua_State *L, const struct journal_event *ev, struct fold *fold)
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
    lua_rawseti(L, AT_KEPT, ++fold->kept);
}

static void fold_event(lua_State *L, const struct journal_event *ev, struct fold *fold)
{
    switch (fold_use(fold, ev)) {
    case FOLD_SKIP:
        return;
    case FOLD_BEGUN:
        lua_pushlstring(L, ev->path, ev->path_len);
        lua_pushboolean(L, 1);
        lua_rawset(L, AT_BEGUN);
        return;
    case FOLD_DONE:
        if (journal_done_set(fold->done, ev->seq, ev->path, ev->path_len, ev->payload,
                             ev->payload_len) < 0)
            vm_raisef(L, ERR_MEMORY, "cannot read the run: out of memory");
        return;
    case FOLD_FORGET:
        journal_done_forget(fold->done, ev->path, ev->path_len);
        break;
    case FOLD_KEEP:
        break;
    }
    fold_keep(L, ev, fold);
}

static void fold_verdict(lua_State *L, struct journal *j, struct journal_reader *r)
{
    struct err e;
    bool ok;

    if (journal_chain_end(j, &r->chain, &ok, &e) < 0)
        vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)r->chain.seq);
    lua_setfield(L, AT_RESULT, "last_seq");
    if (ok)
        return;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)r->chain.broken_seq);
    lua_setfield(L, -2, "seq");
    lua_pushstring(L, r->chain.why);
    lua_setfield(L, -2, "why");
    lua_setfield(L, AT_RESULT, "broken");
}

/* journal:fold(run, kinds) -> { done, begun, kept, last_seq, broken? } */
int journal_fold(lua_State *L)
{
    struct journal *j = journal_arg(L, "fold");
    const char *run = journal_text_arg(L, 2, "fold", "the run's id");
    const struct journal_event *ev;
    struct journal_reader *r;
    struct fold *fold;
    bool whole = true;
    struct err e;

    lua_settop(L, AT_KINDS);
    fold = lua_newuserdatauv(L, sizeof *fold, 0);
    memset(fold, 0, sizeof *fold);
    read_kinds(L, AT_KINDS, fold);
    r = journal_reader_new(L, 0);
    if (journal_chain_begin(j, run, &r->chain, &e) < 0)
        return vm_raise(L, &e);
    lua_createtable(L, 0, 5);
    fold->done = done_new(L);
    lua_newtable(L);
    lua_newtable(L);
    do {
        journal_reader_fill(L, j, run, r);
        while (whole && (ev = journal_reader_next(r)) != NULL) {
            whole = journal_chain_add(&r->chain, ev);
            if (whole)
                fold_event(L, ev, fold);
        }
    } while (whole && r->count > 0);
    fold_verdict(L, j, r);
    lua_setfield(L, AT_RESULT, "kept");
    lua_setfield(L, AT_RESULT, "begun");
    lua_setfield(L, AT_RESULT, "done");
    return 1;
}
