/* native.sh. What Lua calls is described above each function in sh.c. */
#ifndef ALMANAC_NATIVE_SH_H
#define ALMANAC_NATIVE_SH_H

#include <lua.h>

int luaopen_native_sh(lua_State *L);

#endif
