/* native.fs. What Lua calls is described above each function in fs*.c. */
#ifndef ALMANAC_NATIVE_FS_H
#define ALMANAC_NATIVE_FS_H

#include <lua.h>

int luaopen_native_fs(lua_State *L);

#endif
