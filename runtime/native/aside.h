/* native.aside. What Lua calls is described above each function in aside.c. */
#ifndef ALMANAC_NATIVE_ASIDE_H
#define ALMANAC_NATIVE_ASIDE_H

#include <lua.h>

int luaopen_native_aside(lua_State *L);

#endif
