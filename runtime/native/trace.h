/* native.trace. What Lua calls is described above each function in trace.c. */
#ifndef ALMANAC_NATIVE_TRACE_H
#define ALMANAC_NATIVE_TRACE_H

#include <lua.h>

int luaopen_native_trace(lua_State *L);

#endif
