#include "native/signals.h"

#include <lauxlib.h>

#include "engine/signals.h"
#include "engine/task.h"
#include "engine/vm_error.h"

#define SIGNALS_STATE "almanac.signals"

static struct signals *signals_of(lua_State *L)
{
    struct signals *signals;

    lua_getfield(L, LUA_REGISTRYINDEX, SIGNALS_STATE);
    signals = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return signals;
}

/// Names the task that the first signal pauses, and the second cancels; SIGUSR1 cancels at once.
///@param handle native.task.Handle
static int l_guard(lua_State *L)
{
    signals_guard(signals_of(L), task_check_handle(L, 1));
    return 0;
}

/// From now on this process ends with the one that made it, as a cancelled run does, however that one
/// ends.
///
/// Raises: `io`.
///@param parent integer  its number, by what it said itself: one that is gone by now is noticed
static int l_follow(lua_State *L)
{
    struct err e;

    if (signals_follow(signals_of(L), (pid_t)luaL_checkinteger(L, 1), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// Waits for the next signal.
///@return string name
static int l_wait(lua_State *L)
{
    return signals_wait(L, signals_of(L));
}

/// How many came since guard.
///@return integer
static int l_count(lua_State *L)
{
    lua_pushinteger(L, signals_count(signals_of(L)));
    return 1;
}

void signals_set(lua_State *L, struct signals *signals)
{
    lua_pushlightuserdata(L, signals);
    lua_setfield(L, LUA_REGISTRYINDEX, SIGNALS_STATE);
}

/// SIGINT, SIGTERM, SIGHUP and SIGUSR1.
int luaopen_native_signals(lua_State *L)
{
    static const luaL_Reg functions[] = {{"guard", l_guard},
                                         {"follow", l_follow},
                                         {"wait", l_wait},
                                         {"count", l_count},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
