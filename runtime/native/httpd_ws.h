/* httpd_ws: a request of native.httpd that became a WebSocket:
 *
 *   socket = response:websocket(protocol)   raises when the client asks for none
 *   socket:read() -> text | nil             waits; a binary message, nil when the client is gone
 *   socket:send(text) -> boolean            waits while too much is unsent; false: it is gone
 *   socket:close()                          waits until the client has taken all and closed too
 *   socket:drop()                           cuts the connection; also when collected
 */
#ifndef ALMANAC_NATIVE_HTTPD_WS_H
#define ALMANAC_NATIVE_HTTPD_WS_H

#include <lua.h>

struct httpd_request;

void httpd_ws_setup(lua_State *L);
/* Pushes the socket. The protocol is at index 2. */
int httpd_ws_open(lua_State *L, struct httpd_request *req);

#endif
