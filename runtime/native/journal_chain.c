/* The chain of hashes of a run, for Lua: whether it is whole, its end, and its links. */
#include <string.h>
#include <lauxlib.h>

#include "engine/vm_error.h"
#include "journal/journal.h"
#include "native/journal_priv.h"

static void push_hex(lua_State *L, const unsigned char *hash)
{
    char hex[DIGEST_HEX_SIZE];

    digest_to_hex(hash, hex);
    lua_pushstring(L, hex);
}

/// The end of a run's chain of hashes.
///
/// Raises: `not_found`, `io`, `busy`.
///@param run string   its id
///@return integer seq   of its last event, 0 when there is none
///@return string hash   hexadecimal
int journal_head_of(lua_State *L)
{
    struct journal *j = journal_arg(L, "head");
    unsigned char hash[DIGEST_SIZE];
    uint64_t seq;
    struct err e;

    if (journal_head(j, journal_text_arg(L, 2, "head", "the run's id"), &seq, hash, &e) < 0)
        return vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)seq);
    push_hex(L, hash);
    return 2;
}

struct wanted_hash {
    uint64_t seq;
    unsigned char hash[DIGEST_SIZE];
    bool found;
};

static int take_hash(void *arg, const struct journal_event *ev)
{
    struct wanted_hash *w = arg;

    w->found = ev->seq == w->seq && ev->hash;
    if (w->found)
        memcpy(w->hash, ev->hash, DIGEST_SIZE);
    return 1;
}

/// The hash of an event, as it is stored.
///
/// Raises: `not_found`, `io`, `busy`.
///@param run string   its id
///@param seq integer
///@return string? hash  hexadecimal; nil where there is no such event
int journal_hash_of(lua_State *L)
{
    struct journal *j = journal_arg(L, "hash");
    const char *run = journal_text_arg(L, 2, "hash", "the run's id");
    lua_Integer seq = luaL_checkinteger(L, 3);
    struct wanted_hash w = {.seq = (uint64_t)seq};
    struct err e;

    if (seq < 1)
        return 0;
    if (journal_events(j, run, w.seq - 1, take_hash, &w, &e) < 0)
        return vm_raise(L, &e);
    if (!w.found)
        return 0;
    push_hex(L, w.hash);
    return 1;
}

/// Whether the chain of a run is whole.
///@param run string
///@return boolean
///@return integer? seq  of the first event that is broken
///@return string? why
int journal_verify_run(lua_State *L)
{
    struct journal *j = journal_arg(L, "verify");
    const char *run = journal_text_arg(L, 2, "verify", "the run's id");
    char why[JOURNAL_WHY_MAX];
    uint64_t broken;
    struct err e;

    if (journal_verify(j, run, &broken, why, &e) < 0)
        return vm_raise(L, &e);
    lua_pushboolean(L, broken == 0);
    if (broken == 0)
        return 1;
    lua_pushinteger(L, (lua_Integer)broken);
    lua_pushstring(L, why);
    return 3;
}
