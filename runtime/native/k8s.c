#include "native/k8s.h"

#include <stdio.h>
#include <string.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "base/percent.h"
#include "engine/lua_buf.h"
#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"
#include "kube/kube.h"
#include "native/http_exchange.h"
#include "native/k8s_exec.h"
#include "net/tls_cert.h"

#define CLIENT "almanac.k8s.client"
#define URL_MAX ((size_t)64 << 10)
#define TIMEOUT 30.0
#define CONNECT_TIMEOUT 10.0
#define BODY_MAX ((lua_Integer)256 << 20) /* a list of thousands of pods */
#define LINE_MAX_DEFAULT ((lua_Integer)16 << 20)

struct client {
    struct kube_config *config;
};

static struct client *client_check(lua_State *L)
{
    struct client *client = luaL_checkudata(L, 1, CLIENT);

    if (!client->config)
        vm_raisef(L, ERR_USAGE, "this Kubernetes client was closed");
    return client;
}

/// Closes it; also when collected.
static int client_gc(lua_State *L)
{
    struct client *client = luaL_checkudata(L, 1, CLIENT);

    kube_config_free(client->config);
    client->config = NULL;
    return 0;
}

/// A client for the cluster of a kubeconfig.
///
/// Raises: `not_found`, `parse`, `usage`.
///@param options { kubeconfig?: string, context?: string, namespace?: string }
///@return native.k8s.Client
static int k8s_open(lua_State *L)
{
    struct kube_options options = {NULL, NULL, NULL};
    struct client *client;
    struct err e;

    task_require(L, PERMIT_READ, "k8s");
    luaL_checktype(L, 1, LUA_TTABLE);
    options.kubeconfig = vm_opt_string(L, 1, "kubeconfig", "k8s.open", NULL, NULL);
    options.context = vm_opt_string(L, 1, "context", "k8s.open", NULL, NULL);
    options.namespace = vm_opt_string(L, 1, "namespace", "k8s.open", NULL, NULL);
    client = lua_newuserdatauv(L, sizeof *client, 0);
    client->config = NULL;
    luaL_setmetatable(L, CLIENT);
    client->config = kube_config_load(&options, &e);
    if (!client->config)
        vm_raise(L, &e);
    return 1;
}

/* Sets a field of the table at the top; NULL is no field. */
static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/// Which cluster it is, and who asks.
///@return { server: string, context: string?, cluster: string?, namespace: string, user: string?, source: string, insecure: boolean }
static int client_info(lua_State *L)
{
    const struct kube_config *c = client_check(L)->config;

    lua_createtable(L, 0, 7);
    set_text(L, "server", c->server);
    set_text(L, "context", c->context);
    set_text(L, "cluster", c->cluster);
    set_text(L, "namespace", c->namespace);
    set_text(L, "user", c->user);
    set_text(L, "source", c->source);
    lua_pushboolean(L, c->insecure);
    lua_setfield(L, -2, "insecure");
    return 1;
}

static void push_blob(lua_State *L, const char *key, const struct kube_blob *blob)
{
    if (!blob->data)
        return;
    lua_pushlstring(L, blob->data, blob->len);
    lua_setfield(L, -2, key);
}

/* What a plugin may know about the cluster, when it asked to. */
static void push_exec_cluster(lua_State *L, const struct kube_config *c)
{
    lua_createtable(L, 0, 5);
    set_text(L, "server", c->server);
    set_text(L, "tls_server_name", c->server_name);
    set_text(L, "proxy_url", c->proxy_url);
    lua_pushboolean(L, c->insecure);
    lua_setfield(L, -2, "insecure");
    push_blob(L, "ca", &c->ca);
}

/// The credential plugin.
///@return { command: string, args: string[], env: table<string, string>, api_version: string, install_hint: string?, interactive: string?, cluster: table? }?  nil without one
static int client_exec(lua_State *L)
{
    const struct kube_config *c = client_check(L)->config;
    const struct kube_exec *x = &c->exec;
    size_t i;

    if (!x->command)
        return 0;
    lua_createtable(L, 0, 7);
    set_text(L, "command", x->command);
    set_text(L, "api_version", x->api_version);
    set_text(L, "install_hint", x->install_hint);
    set_text(L, "interactive", x->interactive);
    lua_newtable(L);
    for (i = 0; x->args[i]; i++) {
        lua_pushstring(L, x->args[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "args");
    lua_newtable(L);
    for (i = 0; x->env[i]; i++) {
        const char *value = strchr(x->env[i], '=');

        lua_pushlstring(L, x->env[i], (size_t)(value - x->env[i]));
        lua_pushstring(L, value + 1);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "env");
    if (x->cluster_info) {
        push_exec_cluster(L, c);
        lua_setfield(L, -2, "cluster");
    }
    return 1;
}

/// Takes what the plugin said.
///@param credential { token?: string, certificate?: string, key?: string }
static int client_credential(lua_State *L)
{
    struct client *client = client_check(L);
    const char *token, *cert, *key;
    struct err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    token = vm_opt_string(L, 2, "token", "k8s", NULL, NULL);
    cert = vm_opt_string(L, 2, "certificate", "k8s", NULL, NULL);
    key = vm_opt_string(L, 2, "key", "k8s", NULL, NULL);
    if (kube_config_credential(client->config, token, cert, key, &e) < 0)
        vm_raise(L, &e);
    return 0;
}

/// What must not be written down of the credentials: the password, the token and the key, as they are now.
///@return string[]
static int client_secrets(lua_State *L)
{
    const struct kube_config *c = client_check(L)->config;
    const char *texts[] = {c->password, c->token, c->key.data};
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i])
            continue;
        lua_pushstring(L, texts[i]);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* Who the credentials say that we are, to be told when they are refused. Never the secret part:
 * of a token only its claims. */
/// What it says of itself to the server; each is nil when it is not so.
///@return { certificate: string?, groups: string?, not_after: string?, token: boolean?, claims: string?, username: string?, impersonated: string?, token_file: string? }  claims is JSON
static int client_identity(lua_State *L)
{
    struct kube_config *c = client_check(L)->config;
    struct tls_cert cert;

    lua_createtable(L, 0, 6);
    if (c->cert.data && tls_cert_read(c->cert.data, c->cert.len, &cert) == 0) {
        set_text(L, "certificate", cert.name);
        set_text(L, "groups", cert.groups);
        set_text(L, "not_after", cert.not_after);
    }
    if (c->token) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "token");
        set_text(L, "claims", kube_config_claims(c));
    } else if (c->username) {
        set_text(L, "username", c->username);
    }
    set_text(L, "impersonated", c->impersonated);
    set_text(L, "token_file", c->token_file);
    return 1;
}

/// Reads the token file again.
///@return boolean  whether it holds another token now
static int client_reread(lua_State *L)
{
    lua_pushboolean(L, kube_config_reread(client_check(L)->config));
    return 1;
}

/* ---- the URL ---- */

static void url_too_long(lua_State *L)
{
    vm_raisef(L, ERR_LIMIT, "the URL of a request is longer than %zu bytes", URL_MAX);
}

static void url_add(lua_State *L, struct buf *url, const char *text, size_t len)
{
    if (buf_add(url, text, len) < 0)
        url_too_long(L);
}

static void url_encode(lua_State *L, struct buf *url, const char *text, size_t len)
{
    if (percent_encode(url, text, len, PERCENT_UNRESERVED) < 0)
        url_too_long(L);
}

/* Adds key=value for the value on top of the stack; pops it. */
static void query_add(lua_State *L, struct buf *url, const char *key, const char *who)
{
    const char *text;
    size_t len;

    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        len = strlen(text);
        break;
    case LUA_TSTRING:
    case LUA_TNUMBER:
        text = lua_tolstring(L, -1, &len);
        break;
    default:
        vm_raisef(L, ERR_USAGE, "%s: query.%s must be a string, not a %s", who, key,
                  luaL_typename(L, -1));
        return;
    }
    url_add(L, url, memchr(url->data, '?', url->len) ? "&" : "?", 1);
    url_encode(L, url, key, strlen(key));
    url_add(L, url, "=", 1);
    url_encode(L, url, text, len);
    lua_pop(L, 1);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys in order, so that the same request is the same text everywhere. */
static void query_add_all(lua_State *L, struct buf *url, int query, const char *who)
{
    const char **keys;
    size_t n = 0, i;
    lua_Integer j;

    for (lua_pushnil(L); lua_next(L, query); lua_pop(L, 1))
        n++;
    keys = lua_newuserdatauv(L, (n + 1) * sizeof *keys, 0);
    n = 0;
    for (lua_pushnil(L); lua_next(L, query); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            vm_raisef(L, ERR_USAGE, "%s: query must have names as keys", who);
        keys[n++] = lua_tostring(L, -2);
    }
    qsort(keys, n, sizeof *keys, by_text);
    for (i = 0; i < n; i++) {
        if (lua_getfield(L, query, keys[i]) != LUA_TTABLE) {
            query_add(L, url, keys[i], who);
            continue;
        }
        for (j = 1; lua_rawgeti(L, -1, j) != LUA_TNIL; j++)
            query_add(L, url, keys[i], who);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

/* Leaves a box that owns the text on the stack. */
static const char *request_url(lua_State *L, const struct kube_config *c, int query,
                               const char *who)
{
    const char *path = vm_opt_string(L, 2, "path", who, NULL, NULL);
    struct buf *url = lua_buf_new(L, URL_MAX);
    const char *p;

    if (!path || *path != '/')
        vm_raisef(L, ERR_USAGE, "%s: path must begin with a slash", who);
    for (p = path; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == '?' || *p == '#' || (unsigned char)*p >= 127)
            vm_raisef(L, ERR_USAGE, "%s: path holds a character that no path can: \"%s\"", who,
                      path);
    url_add(L, url, c->server, strlen(c->server));
    url_add(L, url, path, strlen(path));
    if (query)
        query_add_all(L, url, query, who);
    return buf_str(url);
}

/* ---- requests ---- */

/* Whether a path leads through the API server to something that knows nothing of dry runs. */
static bool reaches_through(const char *path)
{
    return strstr(path, "/proxy") || strstr(path, "/exec") || strstr(path, "/attach") ||
           strstr(path, "/portforward");
}

/* A dry run only reads; but a DELETE with a body takes its options, dryRun too, from there alone.
 */
static void request_require(lua_State *L, const char *method, int query, const char *who)
{
    const char *path = vm_opt_string(L, 2, "path", who, NULL, "");
    bool looks = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    if (strstr(path, "/proxy") && vm_opt_boolean(L, 2, "read", who, 0)) {
        looks = true; /* the caller's promise, as to native.http */
    } else if (looks) {
        looks = !strstr(path, "/exec") && !strstr(path, "/attach") && !strstr(path, "/portforward");
    } else if (query && !reaches_through(path) &&
               (strcmp(method, "DELETE") != 0 || !vm_opt_string(L, 2, "body", who, NULL, NULL))) {
        lua_getfield(L, query, "dryRun");
        looks = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "All") == 0;
        lua_pop(L, 1);
    }
    task_require(L, looks ? PERMIT_READ : PERMIT_EFFECT, who);
}

void k8s_request_spec(lua_State *L, bool streaming, bool check, struct transfer_spec *spec,
                      struct exchange_limits *limits)
{
    struct client *client = client_check(L);
    const char *who;
    struct err e;
    int query = 0;

    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    who = vm_opt_string(L, 2, "who", "k8s", NULL, "k8s");
    if (vm_opt_table(L, 2, "query", who))
        query = lua_gettop(L);
    spec->method = vm_opt_string(L, 2, "method", who, NULL, "GET");
    if (check)
        request_require(L, spec->method, query, who);
    spec->url = request_url(L, client->config, query, who);
    spec->body = vm_opt_string(L, 2, "body", who, &spec->body_len, NULL);
    spec->connect_timeout = vm_opt_number(L, 2, "connect_timeout", who, CONNECT_TIMEOUT);
    spec->total_timeout = vm_opt_number(L, 2, "timeout", who, streaming ? 0 : TIMEOUT);
    spec->stall_timeout = vm_opt_number(L, 2, "stall_timeout", who, 0);
    spec->gzip = !streaming;
    limits->answer_timeout = vm_opt_number(L, 2, "answer_timeout", who, TIMEOUT);
    limits->max_line = (size_t)vm_opt_integer(L, 2, "max_line", who, LINE_MAX_DEFAULT);
    limits->max_body = (size_t)vm_opt_integer(L, 2, "max_bytes", who, BODY_MAX);
    if (!streaming)
        spec->max_body = limits->max_body;
    if (kube_config_authorize(client->config, &e) < 0)
        vm_raise(L, &e);
    kube_config_spec(client->config, spec);
    exchange_headers(L, 2, who, (const char *const *)client->config->headers, spec);
}

/// A request; waits. GET needs permit "read", so does a write with dryRun = "All" in the query (a
/// DELETE only without a body, which would override it); everything else, and what reaches through
/// the server to a pod, "effect".
///
/// Raises: `usage`, `network`, `tls`, `auth`, `timeout`, `limit`.
///@param options { method?: string, path: string, query?: table<string, any>, headers?: table<string, string>, body?: string, timeout?: number, max_bytes?: integer, who?: string }  query: strings, numbers, booleans, or arrays of them; timeout in seconds
///@return { status: integer, headers: table<string, string>, body: string, elapsed: number }  elapsed in seconds
static int client_request(lua_State *L)
{
    struct transfer_spec spec = {0};
    struct exchange_limits limits = {0};

    k8s_request_spec(L, false, true, &spec, &limits);
    return exchange_request(L, &spec, &limits);
}

/// A request whose answer is read line by line; waits for its headers. Permits and errors are those
/// of request.
///@param options table  as of request, with answer_timeout, stall_timeout (seconds) and max_line (bytes)
///@return native.http.Stream
static int client_stream(lua_State *L)
{
    struct transfer_spec spec = {0};
    struct exchange_limits limits = {0};

    k8s_request_spec(L, true, true, &spec, &limits);
    return exchange_stream(L, &spec, &limits);
}

/// Requests to a Kubernetes API server.
int luaopen_native_k8s(lua_State *L)
{
    static const luaL_Reg functions[] = {{"open", k8s_open}, {NULL, NULL}};
    /// A client of an API server.
    ///@class native.k8s.Client
    static const luaL_Reg methods[] = {{"info", client_info},
                                       {"exec", client_exec},
                                       {"credential", client_credential},
                                       {"identity", client_identity},
                                       {"secrets", client_secrets},
                                       {"reread", client_reread},
                                       {"request", client_request},
                                       {"stream", client_stream},
                                       {"channels", k8s_exec_channels},
                                       {"close", client_gc},
                                       {NULL, NULL}};

    exchange_setup(L);
    k8s_exec_setup(L);
    vm_type_new(L, CLIENT, client_gc, NULL, methods);
    luaL_newlib(L, functions);
    return 1;
}
