/* httpd_ws: a request of native.httpd that became a WebSocket. What Lua calls is described above
 * each function in httpd_ws.c. */
#ifndef ALMANAC_NATIVE_HTTPD_WS_H
#define ALMANAC_NATIVE_HTTPD_WS_H

#include <lua.h>

struct httpd_request;

void httpd_ws_setup(lua_State *L);
/* Pushes the socket. The protocol is at index 2. */
int httpd_ws_open(lua_State *L, struct httpd_request *req);

#endif
