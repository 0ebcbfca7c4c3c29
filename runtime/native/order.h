/* native.order. What Lua calls is described above each function in order.c. */
#ifndef ALMANAC_NATIVE_ORDER_H
#define ALMANAC_NATIVE_ORDER_H

#include <lua.h>

int luaopen_native_order(lua_State *L);

#endif
