/* The fold of a run: what a replay needs of it, from one pass that also verifies it. */
#include <string.h>

#include <lauxlib.h>

#include "base/json_member.h"
#include "engine/vm_error.h"
#include "journal/journal_done.h"
#include "native/done_steps.h"
#include "native/journal_priv.h"

/* What the fold does with a kind of event; the vocabulary of events says which. */
enum fold_use { FOLD_KEEP, FOLD_SKIP, FOLD_BEGUN, FOLD_DONE, FOLD_FORGET, FOLD_RENAME };

static const char *const use_names[] = {"keep", "skip", "begun", "done", "forget", "rename", NULL};

#define KINDS_MAX 64

struct fold_kind {
    const char *name; /* in the table of the caller, which outlives the fold */
    size_t len;
    enum fold_use use;
};

struct fold {
    struct journal_done *done;
    struct journal_chain *chain;
    struct fold_kind kinds[KINDS_MAX];
    size_t kind_count;
    lua_Integer kept;
    bool failed;  /* memory ran out */
    bool stopped; /* what is left is not read */
};

static int use_of(lua_State *L, const char *name)
{
    for (int i = 0; name && use_names[i]; i++)
        if (strcmp(use_names[i], name) == 0)
            return i;
    return vm_raisef(
        L, ERR_USAGE,
        "journal:fold: a kind is kept, skipped, begun, done, forgets or renames, not %s",
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

/* What needs no Lua, which is most of a long run, is folded from the row itself. */
static enum reader_take fold_row(void *arg, const struct journal_event *ev)
{
    struct fold *fold = arg;

    if (!journal_chain_add(fold->chain, ev)) {
        fold->stopped = true;
        return READER_STOP;
    }
    switch (fold_use(fold, ev)) {
    case FOLD_SKIP:
        return READER_PASS;
    case FOLD_DONE:
        if (journal_done_set(fold->done, ev->seq, ev->path, ev->path_len, ev->payload,
                             ev->payload_len) == 0)
            return READER_PASS;
        fold->failed = true;
        return READER_STOP;
    case FOLD_FORGET:
        journal_done_forget(fold->done, ev->path, ev->path_len);
        return READER_COPY;
    case FOLD_RENAME:
        return READER_COPY_LAST; /* it is done before the next row is looked at */
    case FOLD_BEGUN:
    case FOLD_KEEP:
        break;
    }
    return READER_COPY;
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

/* The step's path is the new one; its payload says which one it had. */
static void fold_rename(lua_State *L, const struct journal_event *ev, struct fold *fold)
{
    const char *text, *from;
    size_t text_len, from_len;

    if (!json_member(ev->payload, ev->payload_len, "from", &text, &text_len))
        return;
    done_steps_decode(L, text, text_len);
    from = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &from_len) : NULL;
    if (from && journal_done_rename(fold->done, from, from_len, ev->path, ev->path_len) < 0)
        vm_raisef(L, ERR_MEMORY, "cannot read the run: out of memory");
    lua_pop(L, 1);
}

/* What was copied out, for Lua. */
static void fold_event(lua_State *L, const struct journal_event *ev, struct fold *fold)
{
    enum fold_use use = fold_use(fold, ev);

    if (use == FOLD_BEGUN) {
        lua_pushlstring(L, ev->path, ev->path_len);
        lua_pushboolean(L, 1);
        lua_rawset(L, AT_BEGUN);
        return;
    }
    if (use == FOLD_RENAME)
        fold_rename(L, ev, fold);
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

/// Reads a run's events in one pass, with verification; nothing behind a broken event is in it.
/// `uses` says what becomes of each kind: "keep", "skip", "begun", "done", "forget" (the outcome of
/// its path is taken away) or "rename" (of a path); a kind that it does not name is kept.
///@param run string
///@param uses table<string, string>
///@return { done: native.journal.Done, begun: table<string, true>, kept: table[], last_seq: integer, broken: { seq: integer, why: string }? }  each of kept is { seq, time_ms, kind, path, payload }
int journal_fold(lua_State *L)
{
    struct journal *j = journal_arg(L, "fold");
    const char *run = journal_text_arg(L, 2, "fold", "the run's id");
    const struct journal_event *ev;
    struct journal_reader *r;
    struct fold *fold;
    struct err e;

    lua_settop(L, AT_KINDS);
    fold = lua_newuserdatauv(L, sizeof *fold, 0);
    memset(fold, 0, sizeof *fold);
    read_kinds(L, AT_KINDS, fold);
    r = journal_reader_new(L, 0);
    r->take = fold_row;
    r->arg = fold;
    fold->chain = &r->chain;
    if (journal_chain_begin(j, run, &r->chain, &e) < 0)
        return vm_raise(L, &e);
    lua_createtable(L, 0, 5);
    fold->done = done_steps_new(L);
    lua_newtable(L);
    lua_newtable(L);
    do {
        journal_reader_fill(L, j, run, r);
        if (fold->failed)
            return vm_raisef(L, ERR_MEMORY, "cannot read the run: out of memory");
        while ((ev = journal_reader_next(r)) != NULL)
            fold_event(L, ev, fold);
    } while (!fold->stopped && r->count > 0);
    fold_verdict(L, j, r);
    lua_setfield(L, AT_RESULT, "kept");
    lua_setfield(L, AT_RESULT, "begun");
    lua_setfield(L, AT_RESULT, "done");
    return 1;
}
