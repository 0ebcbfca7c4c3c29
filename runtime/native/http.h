/* native.http. What Lua calls is described above each function in http.c and
 * http_exchange.c. */
#ifndef ALMANAC_NATIVE_HTTP_H
#define ALMANAC_NATIVE_HTTP_H

#include <lua.h>

int luaopen_native_http(lua_State *L);

#endif
