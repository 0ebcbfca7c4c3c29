/* native.httpd. Requests and departures queue in the server; one task, started by listen, takes
 * them out and spawns. It ends when the server closes or the task that called listen ends. */
#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_load.h"
#include "engine/vm_option.h"
#include "native/httpd.h"
#include "engine/vm_type.h"
#include "native/httpd_request.h"
#include "native/httpd_ws.h"
#include "net/httpd.h"

#define SERVER_META "native.httpd.server"
#define RESPONSE_META "native.httpd.response"
#define ANSWER_HEADERS_MAX 32

/* What happened to a request: it came, or its client went. */
struct event {
    struct event *next;
    struct httpd_request *arrived; /* else: */
    int callback;                  /* registry reference of the on_close function */
};

struct server {
    struct op op; /* the accepting task waits for an event */
    struct httpd *httpd;
    struct event *head, **tail;
    int handler; /* registry references */
    int on_error;
    bool closed;
    struct response *responses;
};

struct response {
    struct server *server; /* NULL once either side is finished with the other */
    struct response *next, *prev;
    struct httpd_request *req;
    struct event *goodbye; /* made with on_close, so that telling cannot fail */
};

static void server_queue(struct server *server, struct event *event)
{
    event->next = NULL;
    *server->tail = event;
    server->tail = &event->next;
    op_done(&server->op);
}

static void server_arrived(void *arg, struct httpd_request *req)
{
    struct server *server = arg;
    struct event *event = calloc(1, sizeof *event);

    if (!event) {
        httpd_request_free(req);
        return;
    }
    event->arrived = req;
    event->callback = LUA_NOREF;
    server_queue(server, event);
}

static void response_gone(void *arg, struct httpd_request *req)
{
    struct response *r = arg;
    struct event *event = r->goodbye;

    (void)req;
    r->goodbye = NULL;
    if (event && r->server)
        server_queue(r->server, event);
}

/* --- response --- */

static struct response *response_check(lua_State *L)
{
    return luaL_checkudata(L, 1, RESPONSE_META);
}

static void response_forget(lua_State *L, struct response *r)
{
    if (r->goodbye) {
        luaL_unref(L, LUA_REGISTRYINDEX, r->goodbye->callback);
        free(r->goodbye);
        r->goodbye = NULL;
    }
}

static int response_gc(lua_State *L)
{
    struct response *r = response_check(L);

    response_forget(L, r);
    httpd_request_free(r->req);
    r->req = NULL;
    if (r->server) {
        if (r->prev)
            r->prev->next = r->next;
        else
            r->server->responses = r->next;
        if (r->next)
            r->next->prev = r->prev;
        r->server = NULL;
    }
    return 0;
}

/* Reads a header table { name = value } into h; the strings stay on the Lua stack's table. */
static size_t headers_read(lua_State *L, int index, struct httpd_header *h)
{
    size_t n = 0;

    if (lua_isnoneornil(L, index))
        return 0;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        luaL_argcheck(L, n < ANSWER_HEADERS_MAX, index, "too many headers");
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, index,
                      "header names and values must be strings");
        h[n].name = lua_tostring(L, -2);
        h[n].value = lua_tostring(L, -1);
        n++;
        lua_pop(L, 1);
    }
    return n;
}

/// The whole answer.
///@param status integer
///@param headers table<string, string>
///@param body? string
///@return boolean  false: the client is gone
static int response_send(lua_State *L)
{
    struct response *r = response_check(L);
    int status = (int)luaL_checkinteger(L, 2);
    struct httpd_header h[ANSWER_HEADERS_MAX];
    size_t n = headers_read(L, 3, h), len = 0;
    const char *body = luaL_optlstring(L, 4, "", &len);

    if (httpd_request_answered(r->req))
        return luaL_error(L, "response:send: the request has been answered already");
    lua_pushboolean(L, httpd_request_send(r->req, status, h, n, body, len) == 0);
    response_forget(L, r);
    return 1;
}

/// Begins an answer in pieces.
///@param status integer
///@param headers table<string, string>
///@return boolean
static int response_start(lua_State *L)
{
    struct response *r = response_check(L);
    int status = (int)luaL_checkinteger(L, 2);
    struct httpd_header h[ANSWER_HEADERS_MAX];
    size_t n = headers_read(L, 3, h);

    if (httpd_request_answered(r->req))
        return luaL_error(L, "response:start: the request has been answered already");
    lua_pushboolean(L, httpd_request_start(r->req, status, h, n) == 0);
    return 1;
}

/// A piece of it.
///@param bytes string
///@return boolean
static int response_write(lua_State *L)
{
    struct response *r = response_check(L);
    size_t len;
    const char *bytes = luaL_checklstring(L, 2, &len);

    if (!httpd_request_answered(r->req))
        return luaL_error(L, "response:write: call response:start first");
    lua_pushboolean(L, httpd_request_write(r->req, bytes, len) == 0);
    return 1;
}

/// Its end.
///@return boolean
static int response_finish(lua_State *L)
{
    struct response *r = response_check(L);

    if (!httpd_request_answered(r->req))
        return luaL_error(L, "response:finish: call response:start first");
    lua_pushboolean(L, httpd_request_finish(r->req) == 0);
    response_forget(L, r);
    return 1;
}

/// Whether the client is gone.
///@return boolean
static int response_closed(lua_State *L)
{
    lua_pushboolean(L, httpd_request_gone(response_check(L)->req));
    return 1;
}

/// Runs fn in a task of its own when the client goes away, at once when it has gone already.
/// Forgotten when the answer is complete.
///@param fn fun()
static int response_on_close(lua_State *L)
{
    struct response *r = response_check(L);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    response_forget(L, r);
    lua_settop(L, 2);
    r->goodbye = calloc(1, sizeof *r->goodbye);
    if (!r->goodbye)
        return luaL_error(L, "out of memory");
    r->goodbye->callback = luaL_ref(L, LUA_REGISTRYINDEX);
    if (httpd_request_gone(r->req))
        response_gone(r, r->req);
    else
        httpd_request_on_gone(r->req, response_gone, r);
    return 0;
}

/// Makes the connection a WebSocket.
///
/// Raises: `usage` (the client asks for none).
///@param protocol string
///@return native.httpd.Socket
static int response_websocket(lua_State *L)
{
    struct response *r = response_check(L);

    if (httpd_request_answered(r->req))
        return luaL_error(L, "response:websocket: the request has been answered already");
    response_forget(L, r);
    return httpd_ws_open(L, r->req);
}

/* --- the task of one request --- */

/* Whether the error on top only says that the server is shutting down. */
static bool error_is_interrupt(lua_State *L)
{
    const char *kind;
    bool interrupt;

    if (!lua_istable(L, -1))
        return false;
    lua_getfield(L, -1, "kind");
    kind = lua_tostring(L, -1);
    interrupt = kind && (strcmp(kind, "cancelled") == 0 || strcmp(kind, "paused") == 0);
    lua_pop(L, 1);
    return interrupt;
}

/* Stack: server, handler, request, response. */
static int handler_ended(lua_State *L, int status, lua_KContext ctx)
{
    struct server *server = lua_touserdata(L, 1);
    struct response *r = luaL_checkudata(L, 4, RESPONSE_META);
    static const char text[] = "the handler failed\n";

    (void)ctx;
    if (!httpd_request_answered(r->req))
        httpd_request_send(r->req, 500, NULL, 0, text, sizeof text - 1);
    if (status == LUA_OK || status == LUA_YIELD || server->on_error == LUA_NOREF ||
        error_is_interrupt(L))
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, server->on_error);
    lua_insert(L, -2);
    lua_pushvalue(L, 3);
    lua_call(L, 2, 0);
    return 0;
}

static int handler_enter(lua_State *L)
{
    int status;

    lua_pushcfunction(L, vm_traceback);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 4);
    status = lua_pcallk(L, 2, 0, 5, 0, handler_ended);
    return handler_ended(L, status, 0);
}

/* --- server --- */

static void server_interrupt(struct op *op)
{
    op_done(op);
}

static struct server *server_check(lua_State *L)
{
    return luaL_checkudata(L, 1, SERVER_META);
}

static void server_stop(struct server *server)
{
    struct event *event, *next;
    struct response *r;

    if (server->closed)
        return;
    server->closed = true;
    httpd_stop(server->httpd); /* queues the departures */
    server->httpd = NULL;
    for (r = server->responses; r; r = r->next)
        r->server = NULL;
    server->responses = NULL;
    for (event = server->head; event; event = next) {
        next = event->next;
        if (event->arrived) {
            httpd_request_free(event->arrived);
            event->arrived = NULL;
        }
    }
    op_done(&server->op);
}

/// Stops listening, and drops the connections.
static int server_close(lua_State *L)
{
    server_stop(server_check(L));
    return 0;
}

static int server_gc(lua_State *L)
{
    struct server *server = server_check(L);
    struct event *event;

    op_abandon(&server->op);
    server_stop(server);
    while ((event = server->head)) {
        server->head = event->next;
        luaL_unref(L, LUA_REGISTRYINDEX, event->callback);
        free(event);
    }
    luaL_unref(L, LUA_REGISTRYINDEX, server->handler);
    luaL_unref(L, LUA_REGISTRYINDEX, server->on_error);
    server->handler = server->on_error = LUA_NOREF;
    return 0;
}

/// The port it listens on.
///@return integer
static int server_port(lua_State *L)
{
    struct server *server = server_check(L);

    if (server->closed)
        return luaL_error(L, "server:port: the server is closed");
    lua_pushinteger(L, httpd_port(server->httpd));
    return 1;
}

static void push_response(lua_State *L, struct server *server, struct httpd_request *req)
{
    struct response *r = lua_newuserdatauv(L, sizeof *r, 1);

    memset(r, 0, sizeof *r);
    r->req = req;
    luaL_setmetatable(L, RESPONSE_META);
    r->server = server;
    r->next = server->responses;
    if (r->next)
        r->next->prev = r;
    server->responses = r;
    /* The server must outlive it. */
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
}

/* Spawns the task for one event. Stack: 1 server, 2 task.spawn. */
static void server_serve(lua_State *L, struct server *server, struct event *event)
{
    struct httpd_request *req = event->arrived;
    int callback = event->callback;

    free(event);
    lua_pushvalue(L, 2);
    if (req) {
        lua_pushcfunction(L, handler_enter);
        lua_pushvalue(L, 1);
        lua_rawgeti(L, LUA_REGISTRYINDEX, server->handler);
        push_response(L, server, req);
        httpd_request_push(L, req);
        lua_insert(L, -2);
        lua_call(L, 5, 0);
    } else {
        lua_rawgeti(L, LUA_REGISTRYINDEX, callback);
        luaL_unref(L, LUA_REGISTRYINDEX, callback);
        lua_call(L, 1, 0);
    }
}

static int server_accept(lua_State *L, int status, lua_KContext ctx)
{
    struct server *server = server_check(L);
    struct event *event;

    (void)ctx;
    if (status == LUA_YIELD && server->op.interrupted != INTERRUPT_NONE)
        server_stop(server);
    if (status == LUA_YIELD)
        op_check(L, &server->op);
    while ((event = server->head)) {
        server->head = event->next;
        if (!server->head)
            server->tail = &server->head;
        if (event->arrived || event->callback != LUA_NOREF)
            server_serve(L, server, event);
        else
            free(event);
    }
    if (server->closed)
        return 0;
    op_init(&server->op, server_interrupt);
    return op_wait(L, &server->op, 0, server_accept);
}

/* The accepting task's function: (server). */
static int server_loop(lua_State *L)
{
    lua_settop(L, 1);
    vm_push_function(L, "native.task", "spawn");
    return server_accept(L, LUA_OK, 0);
}

static int take_function(lua_State *L, const char *key, bool required)
{
    if (lua_getfield(L, 1, key) == LUA_TFUNCTION)
        return luaL_ref(L, LUA_REGISTRYINDEX);
    if (required || !lua_isnil(L, -1))
        vm_raisef(L, ERR_USAGE, "httpd.listen: %s must be a function", key);
    lua_pop(L, 1);
    return LUA_NOREF;
}

/// Begins to serve. Each request has a task of its own; a handler that raises, or returns having
/// begun no answer, is answered 500. It ends when the server closes, or the task that called listen
/// ends.
///
/// Raises: `usage`, `io` (the address is taken), `tls`.
///@param options { port: integer, address?: string, tls?: { cert: string, key: string, client_ca?: string }, private?: boolean, body_max?: integer, handler: fun(request: native.httpd.Request, response: native.httpd.Response), on_error?: fun(err: table, request: native.httpd.Request) }  port 0: a free one; address 127.0.0.1; private: other users of the machine, but for root, are not let in; body_max in bytes
///@return native.httpd.Server
static int httpd_listen(lua_State *L)
{
    struct httpd_options o = {0};
    struct server *server;
    struct err e = {0};

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    o.address = vm_opt_string(L, 1, "address", "httpd.listen", NULL, "127.0.0.1");
    o.port = (int)vm_opt_integer(L, 1, "port", "httpd.listen", 0);
    o.private = vm_opt_boolean(L, 1, "private", "httpd.listen", false);
    o.body_max = (size_t)vm_opt_integer(L, 1, "body_max", "httpd.listen", 0);
    if (vm_opt_table(L, 1, "tls", "httpd.listen")) { /* stays at index 2 */
        o.cert = vm_opt_string(L, 2, "cert", "httpd.listen", NULL, NULL);
        o.key = vm_opt_string(L, 2, "key", "httpd.listen", NULL, NULL);
        o.client_ca = vm_opt_string(L, 2, "client_ca", "httpd.listen", NULL, NULL);
    }
    server = lua_newuserdatauv(L, sizeof *server, 0);
    memset(server, 0, sizeof *server);
    server->handler = server->on_error = LUA_NOREF;
    server->tail = &server->head;
    server->closed = true;
    op_init(&server->op, NULL);
    luaL_setmetatable(L, SERVER_META);
    server->handler = take_function(L, "handler", true);
    server->on_error = take_function(L, "on_error", false);
    if (httpd_start(&server->httpd, vm_of(L)->loop, &o, server_arrived, server, &e) < 0)
        return vm_raise(L, &e);
    server->closed = false;
    vm_push_function(L, "native.task", "spawn");
    lua_pushcfunction(L, server_loop);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 0);
    return 1;
}

/// An HTTP server with a Lua function for each request, in a task of its own.
int luaopen_native_httpd(lua_State *L)
{
    /// A server that listens.
    ///@class native.httpd.Server
    static const luaL_Reg server[] = {{"port", server_port}, {"close", server_close}, {NULL, NULL}};
    /// What a handler answers by.
    ///@class native.httpd.Response
    static const luaL_Reg response[] = {
        {"send", response_send},           {"start", response_start},
        {"write", response_write},         {"finish", response_finish},
        {"closed", response_closed},       {"on_close", response_on_close},
        {"websocket", response_websocket}, {NULL, NULL}};
    /// What a handler is asked. Names of headers are in lower case, repeated ones joined by ", ";
    /// client_cn and client_groups are those of the client's certificate.
    ///@class native.httpd.Request
    ///@field method string
    ///@field path string  decoded
    ///@field raw_path string
    ///@field raw_query string
    ///@field query table<string, string>  of a name that is repeated the last value
    ///@field headers table<string, string>
    ///@field body string
    ///@field client_cn? string
    ///@field client_groups? string[]
    static const luaL_Reg functions[] = {{"listen", httpd_listen}, {NULL, NULL}};

    vm_type_new(L, SERVER_META, server_gc, server_close, server);
    vm_type_new(L, RESPONSE_META, response_gc, NULL, response);
    httpd_ws_setup(L);
    luaL_newlib(L, functions);
    return 1;
}
