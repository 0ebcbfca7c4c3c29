#include "native/isolation.h"

#include <lauxlib.h>

#include "base/confine.h"
#include "engine/vm_error.h"
#include "net/detour.h"
#include "proc/stand_in.h"

/// Every request goes to that server of a test, whatever its URL says: the host is in Host, the scheme
/// in X-Almanac-Scheme.
///
/// Raises: `usage`.
///@param to string  "127.0.0.1:PORT"
///@param through? string  the one other origin that is reached, host:port
static int l_requests(lua_State *L)
{
    struct err e;

    if (detour_set(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/* The texts of the list at index, which keeps them. */
static const char **words_of(lua_State *L, int index)
{
    lua_Integer n, i;
    const char **words;

    luaL_checktype(L, index, LUA_TTABLE);
    n = luaL_len(L, index);
    words = lua_newuserdatauv(L, (size_t)(n + 1) * sizeof *words, 0);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        words[i - 1] = luaL_checkstring(L, -1);
        lua_pop(L, 1);
    }
    words[n] = NULL;
    return words;
}

/// These words are started in the place of every program, those of its command behind them.
///
/// Raises: `memory`.
///@param words string[]
///@param real string[]  programs that are run as they are, where they are called by just these words
static int l_programs(lua_State *L)
{
    const char **words = words_of(L, 1), **real = words_of(L, 2);
    struct err e;

    if (stand_in_set(words, real, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// A program is started by those words, its arguments behind them.
///
/// Raises: `memory`.
///@param program string  as it is called
///@param words string[]
static int l_guard(lua_State *L)
{
    const char *program = luaL_checkstring(L, 1);
    struct err e;

    if (stand_in_guard(program, words_of(L, 2), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// No file outside of those directories is read by native.fs, and none outside of the second ones is
/// written or removed.
///
/// Raises: `io`, `limit`.
///@param read string[]
///@param written string[]
static int l_files(lua_State *L)
{
    const char **read = words_of(L, 1), **written = words_of(L, 2);
    struct err e;

    if (confine_set(read, written, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// A process in which a runbook is tested: it reaches nothing but what the test put there. There is no
/// way back from any of these.
int luaopen_native_isolation(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"requests", l_requests},
        {"programs", l_programs},
        {"guard", l_guard},
        {"files", l_files},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
