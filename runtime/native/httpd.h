/* mod_httpd: native.httpd, an HTTP server with a Lua function for each request; see mod_httpd.c. */
#ifndef ALMANAC_MOD_HTTPD_H
#define ALMANAC_MOD_HTTPD_H

#include <lua.h>

int luaopen_native_httpd(lua_State *L);

#endif
