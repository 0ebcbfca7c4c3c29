#include "native/http.h"

#include <string.h>
#include <lauxlib.h>

#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "native/http_exchange.h"

#define TIMEOUT 30.0
#define CONNECT_TIMEOUT 10.0

static void http_require(lua_State *L, const char *method, const char *who)
{
    bool looks =
        strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0;

    if (!*method || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(method))
        vm_raisef(L, ERR_USAGE, "%s: not an HTTP method: \"%s\"", who, method);
    looks |= vm_opt_boolean(L, 1, "read", who, 0);
    task_require(L, looks ? PERMIT_READ : PERMIT_EFFECT, who);
}

static double opt_seconds(lua_State *L, const char *key, const char *who, double fallback)
{
    double seconds = vm_opt_number(L, 1, key, who, fallback);

    if (!(seconds >= 0 && seconds < 1e7))
        vm_raisef(L, ERR_USAGE, "%s: %s must be a number of seconds", who, key);
    return seconds;
}

static size_t opt_size(lua_State *L, const char *key, const char *who, size_t fallback)
{
    lua_Integer size = vm_opt_integer(L, 1, key, who, (lua_Integer)fallback);

    if (size < 1 || size > (lua_Integer)1 << 30)
        vm_raisef(L, ERR_USAGE, "%s: %s must be from 1 byte to 1 GiB", who, key);
    return (size_t)size;
}

/* Fills both from the table at index 1, and leaves what keeps them alive on the stack. */
static void http_spec(lua_State *L, const char *fallback, bool streaming,
                      struct transfer_spec *spec, struct exchange_limits *limits)
{
    const char *who;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    who = vm_opt_string(L, 1, "who", fallback, NULL, fallback);
    spec->method = vm_opt_string(L, 1, "method", who, NULL, "GET");
    http_require(L, spec->method, who);
    spec->url = vm_opt_string(L, 1, "url", who, NULL, NULL);
    if (!spec->url)
        vm_raisef(L, ERR_USAGE, "%s: url is missing", who);
    spec->body = vm_opt_string(L, 1, "body", who, &spec->body_len, NULL);
    spec->user = vm_opt_string(L, 1, "user", who, NULL, NULL);
    spec->password = vm_opt_string(L, 1, "password", who, NULL, NULL);
    spec->tls.ca_file = vm_opt_string(L, 1, "ca_file", who, NULL, NULL);
    spec->tls.cert_file = vm_opt_string(L, 1, "cert_file", who, NULL, NULL);
    spec->tls.key_file = vm_opt_string(L, 1, "key_file", who, NULL, NULL);
    spec->tls.server_name = vm_opt_string(L, 1, "server_name", who, NULL, NULL);
    spec->tls.insecure = vm_opt_boolean(L, 1, "insecure", who, 0);
    spec->proxy = vm_opt_string(L, 1, "proxy", who, NULL, NULL);
    spec->unix_socket = vm_opt_string(L, 1, "unix_socket", who, NULL, NULL);
    spec->connect_timeout = opt_seconds(L, "connect_timeout", who, CONNECT_TIMEOUT);
    spec->total_timeout = opt_seconds(L, "timeout", who, streaming ? 0 : TIMEOUT);
    spec->stall_timeout = opt_seconds(L, "stall_timeout", who, 0);
    spec->max_redirects = (int)vm_opt_integer(L, 1, "redirects", who, 0);
    spec->gzip = !streaming;
    limits->answer_timeout = opt_seconds(L, "answer_timeout", who, TIMEOUT);
    limits->max_line = opt_size(L, "max_line", who, EXCHANGE_LINE_MAX);
    limits->max_body = opt_size(L, "max_bytes", who, EXCHANGE_BODY_MAX);
    if (!streaming)
        spec->max_body = limits->max_body;
    exchange_headers(L, 1, who, NULL, spec);
}

/// Makes a request, and waits for the whole answer. GET, HEAD and OPTIONS need permit "read", the
/// others "effect", unless read = true: the caller's promise that this POST only asks.
///
/// Raises: `usage`, `network`, `tls`, `timeout`, `limit`, `protocol`; with in_doubt where the
/// server may have acted.
///@param options native.http.Options
///@return { status: integer, headers: table<string, string>, body: string, elapsed: number }  elapsed in seconds
static int http_request(lua_State *L)
{
    struct transfer_spec spec = {0};
    struct exchange_limits limits = {0};

    http_spec(L, "http.request", false, &spec, &limits);
    return exchange_request(L, &spec, &limits);
}

/// Makes a request, and waits for its headers: the lines are read one by one.
///
/// Raises: as request.
///@param options native.http.Options
///@return native.http.Stream
static int http_stream(lua_State *L)
{
    struct transfer_spec spec = {0};
    struct exchange_limits limits = {0};

    http_spec(L, "http.stream", true, &spec, &limits);
    return exchange_stream(L, &spec, &limits);
}

/// Requests to web services.
int luaopen_native_http(lua_State *L)
{
    /// What a request is made of. Times are in seconds.
    ///@class native.http.Options
    ///@field url string
    ///@field method? string  "GET"
    ///@field headers? table<string, string>
    ///@field body? string
    ///@field user? string
    ///@field password? string
    ///@field timeout? number  for all of it: 30, streams none
    ///@field connect_timeout? number  10
    ///@field stall_timeout? number  of streams: none
    ///@field answer_timeout? number  of streams: 30
    ///@field max_bytes? integer  16 MiB
    ///@field max_line? integer  1 MiB
    ///@field redirects? integer  0
    ///@field ca_file? string
    ///@field cert_file? string
    ///@field key_file? string
    ///@field server_name? string
    ///@field insecure? boolean
    ///@field proxy? string
    ///@field unix_socket? string
    ///@field read? boolean  a POST that only asks
    ///@field who? string  the public function, for errors
    static const luaL_Reg functions[] = {
        {"request", http_request}, {"stream", http_stream}, {NULL, NULL}};

    exchange_setup(L);
    luaL_newlib(L, functions);
    return 1;
}
