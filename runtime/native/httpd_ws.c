#include "native/httpd_ws.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"
#include "net/httpd.h"

#define SOCKET "native.httpd.websocket"
#define MESSAGE_MAX ((size_t)4 << 20)
#define UNREAD_HIGH ((size_t)1 << 20)   /* the client is held back */
#define UNSENT_HIGH ((size_t)256 << 10) /* send waits */

/* What a task waits for; one may read while another writes. */
enum awaited { AWAIT_NOTHING, AWAIT_MESSAGE, AWAIT_ROOM, AWAIT_END };

struct wait {
    struct op op;
    enum awaited awaited;
};

struct message {
    struct message *next;
    size_t len;
    char data[];
};

struct socket {
    struct wait reading, writing;
    struct httpd_websocket *websocket;
    struct ws *ws; /* NULL: over */
    bool ended;
    struct buf partial; /* of the message that is arriving */
    struct message *first, **last;
    size_t unread;
};

static void wait_end(struct wait *w)
{
    if (w->awaited == AWAIT_NOTHING)
        return;
    w->awaited = AWAIT_NOTHING;
    op_done(&w->op);
}

static void wait_interrupt(struct op *op)
{
    wait_end((struct wait *)((char *)op - offsetof(struct wait, op)));
}

static void wait_begin(lua_State *L, struct wait *w, enum awaited awaited)
{
    if (w->awaited != AWAIT_NOTHING)
        vm_raisef(L, ERR_USAGE, "another task waits for this WebSocket");
    op_init(&w->op, wait_interrupt);
    w->awaited = awaited;
}

static void socket_on_end(struct ws *ws, int code, const struct err *e, void *arg)
{
    struct socket *s = arg;

    (void)ws;
    (void)code;
    (void)e;
    s->ended = true;
    s->ws = NULL;
    wait_end(&s->reading);
    wait_end(&s->writing);
}

static void socket_on_data(struct ws *ws, bool first, bool last, const char *data, size_t len,
                           void *arg)
{
    struct socket *s = arg;
    struct message *m;

    if (first)
        buf_reset(&s->partial);
    if (buf_add(&s->partial, data, len) < 0 || !last)
        return; /* the ws itself refuses what is larger */
    m = malloc(sizeof *m + s->partial.len);
    if (!m) {
        ws_close(ws, WS_TOO_BIG);
        return;
    }
    m->next = NULL;
    m->len = s->partial.len;
    memcpy(m->data, buf_str(&s->partial), m->len);
    *s->last = m;
    s->last = &m->next;
    s->unread += m->len + sizeof *m;
    if (s->unread > UNREAD_HIGH)
        ws_hold(ws, true);
    wait_end(&s->reading);
}

static void socket_on_drained(struct ws *ws, void *arg)
{
    struct socket *s = arg;

    (void)ws;
    if (s->writing.awaited == AWAIT_ROOM)
        wait_end(&s->writing);
}

static void socket_drop(struct socket *s)
{
    httpd_websocket_free(s->websocket);
    s->websocket = NULL;
    s->ws = NULL;
    s->ended = true;
    while (s->first) {
        struct message *m = s->first;

        s->first = m->next;
        free(m);
    }
    s->last = &s->first;
    s->unread = 0;
    buf_release(&s->partial);
}

static int socket_gc(lua_State *L)
{
    struct socket *s = luaL_checkudata(L, 1, SOCKET);

    op_abandon(&s->reading.op);
    op_abandon(&s->writing.op);
    socket_drop(s);
    return 0;
}

/// Cuts the connection; also when collected.
static int socket_drop_method(lua_State *L)
{
    struct socket *s = luaL_checkudata(L, 1, SOCKET);

    wait_end(&s->reading);
    wait_end(&s->writing);
    socket_drop(s);
    return 0;
}

/* ---- reading ---- */

static int read_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct socket *s = lua_touserdata(L, 1);
    struct message *m = s->first;

    (void)status;
    (void)ctx;
    op_check(L, &s->reading.op);
    if (!m) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushlstring(L, m->data, m->len);
    s->first = m->next;
    if (!s->first)
        s->last = &s->first;
    s->unread -= m->len + sizeof *m;
    free(m);
    if (s->ws && s->unread <= UNREAD_HIGH / 2)
        ws_hold(s->ws, false);
    return 1;
}

/// A binary message; waits.
///@return string?  nil: the client is gone
static int socket_read(lua_State *L)
{
    struct socket *s = luaL_checkudata(L, 1, SOCKET);

    lua_settop(L, 1);
    wait_begin(L, &s->reading, AWAIT_MESSAGE);
    if (s->first || s->ended)
        wait_end(&s->reading);
    return op_wait(L, &s->reading.op, 0, read_finish);
}

/* ---- writing ---- */

static int send_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct socket *s = lua_touserdata(L, 1);

    (void)status;
    (void)ctx;
    op_check(L, &s->writing.op);
    lua_pushboolean(L, !s->ended);
    return 1;
}

/// Sends a message; waits while too much is unsent.
///@param text string
///@return boolean  false: the client is gone
static int socket_send(lua_State *L)
{
    struct socket *s = luaL_checkudata(L, 1, SOCKET);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    if (!s->ws || ws_send(s->ws, text, len, "", 0) < 0) {
        lua_pushboolean(L, 0);
        return 1;
    }
    if (ws_queued(s->ws) < UNSENT_HIGH) {
        lua_pushboolean(L, 1);
        return 1;
    }
    wait_begin(L, &s->writing, AWAIT_ROOM);
    return op_wait(L, &s->writing.op, 0, send_finish);
}

static int close_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct socket *s = lua_touserdata(L, 1);

    (void)status;
    (void)ctx;
    op_check(L, &s->writing.op);
    socket_drop(s);
    return 0;
}

/// Waits until the client has taken all and closed too.
static int socket_close(lua_State *L)
{
    struct socket *s = luaL_checkudata(L, 1, SOCKET);

    wait_begin(L, &s->writing, AWAIT_END);
    if (s->ended || !s->ws)
        wait_end(&s->writing);
    else
        ws_close(s->ws, WS_NORMAL);
    return op_wait(L, &s->writing.op, 0, close_finish);
}

/* ---- opening ---- */

int httpd_ws_open(lua_State *L, struct httpd_request *req)
{
    struct httpd_websocket_spec spec = {
        .protocol = luaL_checkstring(L, 2),
        .options = {.server = true, .message_max = MESSAGE_MAX},
        .callbacks = {socket_on_data, socket_on_end, socket_on_drained},
    };
    struct socket *s;
    struct err e;

    lua_settop(L, 2);
    s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    s->last = &s->first;
    buf_init(&s->partial, MESSAGE_MAX);
    op_init(&s->reading.op, wait_interrupt);
    op_init(&s->writing.op, wait_interrupt);
    luaL_setmetatable(L, SOCKET);
    spec.arg = s;
    s->websocket = httpd_request_websocket(req, &spec, &e);
    if (!s->websocket)
        return vm_raise(L, &e);
    s->ws = httpd_websocket_ws(s->websocket);
    return 1;
}

void httpd_ws_setup(lua_State *L)
{
    /// A WebSocket of a client.
    ///@class native.httpd.Socket
    static const luaL_Reg methods[] = {{"read", socket_read},
                                       {"send", socket_send},
                                       {"close", socket_close},
                                       {"drop", socket_drop_method},
                                       {NULL, NULL}};

    vm_type_new(L, SOCKET, socket_gc, socket_drop_method, methods);
}
