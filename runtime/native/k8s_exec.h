/* k8s_exec: a command in a container, over the remote command protocol on a WebSocket
 * (v5.channel.k8s.io, or v4 where nothing is to be written): a method of native.k8s's client.
 *
 *   client:channels{ path, query, headers, who, read, stdin, max_output, lines, timeout }
 *       -> session                      waits; the command was started
 *       -> nil, { status, headers, body }   the server refused
 *       raises otherwise, with in_doubt: whether the server may have got the request
 *   session:read_line() -> stream, line | nil    waits; with lines = true only
 *   session:wait() -> { stdout, stderr, truncated, elapsed, timed_out, status = text | nil,
 *                         cut = why | nil }
 *                                       waits until it is over
 *   session:output() -> stdout, stderr, truncated   so far
 *   session:close()                     leaves the command alone; also by <close> and when
 * collected
 *
 * With lines the server is held back while they are not read; without, all is captured: of each
 * stream max_output bytes, its first and last half. status is the API's Status of the command's
 * end; cut says why there is none. timeout counts from the start. With stdin only v5 is offered: v4
 * cannot say where it ends.
 */
#ifndef ALMANAC_NATIVE_K8S_EXEC_H
#define ALMANAC_NATIVE_K8S_EXEC_H

#include <lua.h>

/* Makes the session's metatable. */
void k8s_exec_setup(lua_State *L);
/* The method: client at index 1, options at 2. */
int k8s_exec_channels(lua_State *L);

#endif
