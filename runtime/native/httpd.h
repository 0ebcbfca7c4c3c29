/* native.httpd. What Lua calls is described above each function in httpd.c. */
#ifndef ALMANAC_NATIVE_HTTPD_H
#define ALMANAC_NATIVE_HTTPD_H

#include <lua.h>

int luaopen_native_httpd(lua_State *L);

#endif
