/* The done steps of a run, as Lua sees them: the value `done` of journal:fold. */
#include "native/done_steps.h"

#include <string.h>

#include <lauxlib.h>

#include "base/json_member.h"
#include "engine/vm_error.h"
#include "engine/vm_load.h"
#include "journal/journal_done.h"

#define DONE_TYPE "almanac.journal.done"

/* Digits of an integer that is surely exact and no other kind of number. */
#define PLAIN_DIGITS 15

static struct journal_done *done_arg(lua_State *L)
{
    return luaL_checkudata(L, 1, DONE_TYPE);
}

/* The same where a closure's upvalue has the type's metatable: a replay asks for each of its steps.
 */
static struct journal_done *done_upvalue_arg(lua_State *L, int metatable)
{
    bool same = lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1) &&
                lua_rawequal(L, -1, lua_upvalueindex(metatable));

    if (!same)
        return done_arg(L); /* raises */
    lua_pop(L, 1);
    return lua_touserdata(L, 1);
}

static int done_gc(lua_State *L)
{
    journal_done_release(lua_touserdata(L, 1));
    return 0;
}

struct journal_done *done_steps_new(lua_State *L)
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

/// Says that this pass met a step, and gives what it returned; nothing where it is not done.
///@param path string
///@param name string
///@param digest? string  of its source
///@return boolean? first  of this pass
///@return any result
///@return boolean? same  it has that digest
static int done_meet(lua_State *L)
{
    struct journal_done *done = done_upvalue_arg(L, 2);
    size_t digest_len = 0;
    const char *digest = luaL_optlstring(L, 4, NULL, &digest_len), *payload;
    struct done_step *step = is_name(L, 3) ? step_arg(L, done) : NULL;

    if (!step)
        return 0;
    payload = done->bytes.data + step->payload;
    lua_pushboolean(L, journal_done_meet(done, step));
    push_result(L, payload, step->result);
    lua_pushboolean(L, digest && same_digest(L, payload, step->digest, digest, digest_len));
    return 3;
}

/// Whether this pass met a step.
///@param path string
///@return boolean
static int done_is_met(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    struct done_step *step = step_arg(L, done);

    lua_pushboolean(L, step && step->met == done->pass);
    return 1;
}

/// How many steps this pass met.
///@return integer
static int done_met_count(lua_State *L)
{
    lua_pushinteger(L, done_arg(L)->met_count);
    return 1;
}

/// The paths of those that this pass met, in the order in which it did.
///@param first integer  of them, from 1
///@param last integer
///@return string[]
static int done_met_paths(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);

    lua_newtable(L);
    for (size_t i = 0; i < done->count; i++) {
        const struct done_step *step = &done->steps[i];

        if (step->met != done->pass || step->met_as < first || step->met_as > last)
            continue;
        lua_pushlstring(L, done->bytes.data + step->path, step->path_len);
        lua_rawseti(L, -2, step->met_as - first + 1);
    }
    return 1;
}

/// Begins another pass: no step is met.
static int done_begin_pass(lua_State *L)
{
    journal_done_begin_pass(done_arg(L));
    return 0;
}

/// Takes back that steps below a path were met.
///@param path string
static int done_unmeet_below(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 2, &len);

    journal_done_unmeet_below(done_arg(L), path, len);
    return 0;
}

/// Forgets that a step is done.
///@param path string
static int done_forget(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 2, &len);

    journal_done_forget(done_arg(L), path, len);
    return 0;
}

/// Gives a step, and those below it, another path.
///
/// Raises: `memory`.
///@param from string
///@param to string
static int done_rename(lua_State *L)
{
    size_t from_len, to_len;
    struct journal_done *done = done_arg(L);
    const char *from = luaL_checklstring(L, 2, &from_len), *to = luaL_checklstring(L, 3, &to_len);

    if (journal_done_rename(done, from, from_len, to, to_len) < 0)
        vm_raisef(L, ERR_MEMORY, "cannot rename the step: out of memory");
    return 0;
}

/// What the event holds that says a step is done.
///@param path string
///@return string? json
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

/// The event that says a step is done.
///@param path string
///@return integer? seq
static int done_seq(lua_State *L)
{
    struct done_step *step = step_arg(L, done_arg(L));

    if (step)
        lua_pushinteger(L, (lua_Integer)step->seq);
    else
        lua_pushnil(L);
    return 1;
}

/// How many steps are done.
///@return integer
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

/// Their paths.
///@return string[]
static int done_paths(lua_State *L)
{
    return push_paths(L, false);
}

/// The paths of those that this pass did not meet.
///@return string[]
static int done_unmet(lua_State *L)
{
    return push_paths(L, true);
}

/// The paths of those that have an undo.
///@return string[]
static int done_with_undo(lua_State *L)
{
    struct journal_done *done = done_arg(L);
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < done->count; i++) {
        const struct done_step *step = &done->steps[i];
        const char *payload = done->bytes.data + step->payload, *value;
        size_t len;

        if (step->forgotten || !json_member(payload, step->payload_len, "undo", &value, &len) ||
            len != 4 || memcmp(value, "true", 4) != 0)
            continue;
        lua_pushlstring(L, done->bytes.data + step->path, step->path_len);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

void done_steps_decode(lua_State *L, const char *text, size_t len)
{
    vm_push_function(L, "native.json", "decode");
    lua_pushlstring(L, text, len);
    lua_call(L, 1, 1);
}

void done_steps_setup(lua_State *L)
{
    /// The done steps of a run.
    ///@class native.journal.Done
    static const luaL_Reg methods[] = {
        {"is_met", done_is_met},
        {"met_count", done_met_count},
        {"met_paths", done_met_paths},
        {"begin_pass", done_begin_pass},
        {"unmeet_below", done_unmeet_below},
        {"forget", done_forget},
        {"rename", done_rename},
        {"payload", done_payload},
        {"seq", done_seq},
        {"count", done_count},
        {"paths", done_paths},
        {"unmet", done_unmet},
        {"with_undo", done_with_undo},
        {NULL, NULL},
    };

    luaL_newmetatable(L, DONE_TYPE);
    lua_pushcfunction(L, done_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "journal");
    lua_setfield(L, -2, "__metatable");
    luaL_newlib(L, methods);
    vm_push_function(L, "native.json", "decode");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, done_meet, 2);
    lua_setfield(L, -2, "meet");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
