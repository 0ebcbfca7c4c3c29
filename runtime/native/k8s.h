/* native.k8s. What Lua calls is described above each function in k8s*.c. */
#ifndef ALMANAC_NATIVE_K8S_H
#define ALMANAC_NATIVE_K8S_H

#include <stdbool.h>
#include <lua.h>

struct exchange_limits;
struct transfer_spec;

int luaopen_native_k8s(lua_State *L);

/* For k8s_exec: what the client at index 1 and the options at index 2 ask for. Leaves what
 * keeps the spec's texts alive on the stack. `check`: raises unless the permit is there. */
void k8s_request_spec(lua_State *L, bool streaming, bool check, struct transfer_spec *spec,
                      struct exchange_limits *limits);

#endif
