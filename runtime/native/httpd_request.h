/* httpd_request: a request of native.httpd as the table that its handler gets; its class stands in
 * httpd.c. */
#ifndef ALMANAC_NATIVE_HTTPD_REQUEST_H
#define ALMANAC_NATIVE_HTTPD_REQUEST_H

#include <lua.h>

#include "net/httpd.h"

void httpd_request_push(lua_State *L, const struct httpd_request *req);

#endif
