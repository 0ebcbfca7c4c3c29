/* modules: the native modules, and the one list of them. */
#ifndef ALMANAC_MODULES_H
#define ALMANAC_MODULES_H

#include <lua.h>

/* Makes every native module loadable as require "native.NAME". */
void modules_register(lua_State *L);

#endif
