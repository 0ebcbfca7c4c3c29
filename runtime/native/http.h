/* native.http.
 *
 *   http.request{ url, … } -> { status, headers, body, elapsed }      waits
 *   http.stream{ url, … }  -> stream (http_exchange.h)                 waits for the headers
 *
 * Options: method ("GET"), headers = { Name = value }, body, user, password, timeout (seconds for
 * all of it: 30, streams none), connect_timeout (10), stall_timeout (streams: none), answer_timeout
 * (streams: 30), max_bytes (16 MiB), max_line (1 MiB), redirects (0), ca_file, cert_file, key_file,
 * server_name, insecure, proxy, unix_socket, read, who (the public function, for errors).
 *
 * GET, HEAD and OPTIONS need permit "read"; the others "effect", unless read = true: the caller's
 * promise that this POST only asks.
 */
#ifndef ALMANAC_NATIVE_HTTP_H
#define ALMANAC_NATIVE_HTTP_H

#include <lua.h>

int luaopen_native_http(lua_State *L);

#endif
