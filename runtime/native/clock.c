#include "native/clock.h"

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/vm_error.h"

/// Makes this process the owner of a simulated clock: from now on it is that time, and whenever
/// nobody who goes by it has anything to do, it jumps to the next time that somebody waits for.
///
/// Raises: `usage`, `io`.
///@param path string  a file that is not there yet; those who go by it share it
///@param wall_ms integer  milliseconds since 1970
static int l_simulate(lua_State *L)
{
    struct err e;

    if (clock_simulate(luaL_checkstring(L, 1), luaL_checkinteger(L, 2), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// Goes by the simulated clock of another process from now on.
///
/// Raises: `usage`, `io`.
///@param path string
///@param seat integer  that its owner reserved
static int l_join(lua_State *L)
{
    struct err e;

    if (clock_join(luaL_checkstring(L, 1), (unsigned)luaL_checkinteger(L, 2), &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// The owner: reserves a seat for a process that is about to start. It stands still until that
/// process rests, or its seat is left.
///
/// Raises: `limit`.
///@return integer
static int l_seat(lua_State *L)
{
    int seat = clock_seat();

    if (seat < 0)
        return vm_raisef(L, ERR_LIMIT, "too many processes go by one simulated clock");
    lua_pushinteger(L, seat);
    return 1;
}

/// The owner: the process of that seat is gone.
///@param seat integer
static int l_leave(lua_State *L)
{
    clock_leave((unsigned)luaL_checkinteger(L, 1));
    return 0;
}

/// The owner: a child process keeps the clock from jumping; so many more (fewer) of them wait for a
/// simulated time themselves, or have a seat.
///@param more integer
static int l_excuse(lua_State *L)
{
    clock_excuse((int)luaL_checkinteger(L, 1));
    return 0;
}

/// The computer's clock, which only goes forward.
///@return number seconds
static int l_real(lua_State *L)
{
    lua_pushnumber(L, (double)clock_real_ns() / 1e9);
    return 1;
}

/// A clock that jumps, for tests: to the next timer when nothing else is to do.
int luaopen_native_clock(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"simulate", l_simulate}, {"join", l_join}, {"seat", l_seat}, {"leave", l_leave},
        {"excuse", l_excuse},     {"real", l_real}, {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
