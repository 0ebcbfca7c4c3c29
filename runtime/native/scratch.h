/* native.scratch. What Lua calls is described above each function in scratch.c. */
#ifndef ALMANAC_NATIVE_SCRATCH_H
#define ALMANAC_NATIVE_SCRATCH_H

#include <lua.h>

int luaopen_native_scratch(lua_State *L);

#endif
