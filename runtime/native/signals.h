/* native.signals. What Lua calls is described above each function in signals.c. */
#ifndef ALMANAC_NATIVE_SIGNALS_H
#define ALMANAC_NATIVE_SIGNALS_H

#include <lua.h>

struct signals;

/* Before the module is used: the process's signals. */
void signals_set(lua_State *L, struct signals *signals);
int luaopen_native_signals(lua_State *L);

#endif
