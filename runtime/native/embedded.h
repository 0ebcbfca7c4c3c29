/* native.embedded. What Lua calls is described above each function in embedded.c. */
#ifndef ALMANAC_NATIVE_EMBEDDED_H
#define ALMANAC_NATIVE_EMBEDDED_H

#include <lua.h>

int luaopen_native_embedded(lua_State *L);

#endif
