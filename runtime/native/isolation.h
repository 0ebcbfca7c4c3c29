/* native.isolation. What Lua calls is described above each function in isolation.c. */
#ifndef ALMANAC_NATIVE_ISOLATION_H
#define ALMANAC_NATIVE_ISOLATION_H

#include <lua.h>

int luaopen_native_isolation(lua_State *L);

#endif
