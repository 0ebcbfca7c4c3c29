/* native.clock. What Lua calls is described above each function in clock.c. */
#ifndef ALMANAC_NATIVE_CLOCK_H
#define ALMANAC_NATIVE_CLOCK_H

#include <lua.h>

int luaopen_native_clock(lua_State *L);

#endif
