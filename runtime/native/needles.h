/* needles (native.needles): the texts that are looked for in all that is written. */
#ifndef ALMANAC_NATIVE_NEEDLES_H
#define ALMANAC_NATIVE_NEEDLES_H

#include <lua.h>

int luaopen_native_needles(lua_State *L);

#endif
