/* native.codec. What Lua calls is described above each function in codec.c. */
#ifndef ALMANAC_NATIVE_CODEC_H
#define ALMANAC_NATIVE_CODEC_H

#include <lua.h>

int luaopen_native_codec(lua_State *L);

#endif
