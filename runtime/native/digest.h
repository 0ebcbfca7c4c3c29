/* native.digest. What Lua calls is described above each function in digest.c. */
#ifndef ALMANAC_NATIVE_DIGEST_H
#define ALMANAC_NATIVE_DIGEST_H

#include <lua.h>

int luaopen_native_digest(lua_State *L);

#endif
