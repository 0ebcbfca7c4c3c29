/* native.k8s, requests to a Kubernetes API server.
 *
 *   k8s.open{ kubeconfig, context, namespace } -> client
 *   client:info() -> { server, context, cluster, namespace, user, source, insecure }
 *   client:exec() -> { command, args, env = { NAME = value }, api_version, install_hint,
 *       interactive, cluster = { server, … } | nil }, nil without a credential plugin
 *   client:credential{ token, certificate, key }        what the plugin said
 *   client:identity() -> { certificate, groups, not_after, token = boolean, claims = JSON,
 *       username, impersonated, token_file }, each nil when it is not so
 *   client:reread() -> boolean                  whether the token file holds another token now
 *   client:request{ method, path, query, headers, body, timeout, max_bytes, who }
 *       -> { status, headers, body, elapsed }                                  waits
 *   client:channels{ … }                         waits; k8s_exec.h
 *   client:stream{ the same, answer_timeout, stall_timeout, max_line } -> stream (http_exchange.h)
 *
 * query is { name = value } with strings, numbers, booleans, or arrays of them. GET needs permit
 * "read", so does a write with dryRun = "All" in the query (a DELETE only without a body, which
 * would override it); everything else, and what reaches through the server to a pod, "effect".
 */
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
