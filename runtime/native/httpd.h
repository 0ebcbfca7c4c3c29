/* native.httpd, an HTTP server with a Lua function for each request; see httpd.c. */
#ifndef ALMANAC_NATIVE_HTTPD_H
#define ALMANAC_NATIVE_HTTPD_H

#include <lua.h>

int luaopen_native_httpd(lua_State *L);

#endif
