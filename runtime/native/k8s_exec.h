/* k8s_exec: a command in a container, over the remote command protocol on a WebSocket
 * (v5.channel.k8s.io, or v4 where nothing is to be written): a method of native.k8s's client. What
 * Lua calls is described above each function in k8s_exec.c. */
#ifndef ALMANAC_NATIVE_K8S_EXEC_H
#define ALMANAC_NATIVE_K8S_EXEC_H

#include <lua.h>

/* Makes the session's metatable. */
void k8s_exec_setup(lua_State *L);
/* The method: client at index 1, options at 2. */
int k8s_exec_channels(lua_State *L);

#endif
