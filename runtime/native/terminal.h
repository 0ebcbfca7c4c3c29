/* native.terminal. What Lua calls is described above each function in terminal.c. */
#ifndef ALMANAC_NATIVE_TERMINAL_H
#define ALMANAC_NATIVE_TERMINAL_H

#include <lua.h>

int luaopen_native_terminal(lua_State *L);

#endif
