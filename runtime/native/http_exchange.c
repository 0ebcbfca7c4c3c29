#include "native/http_exchange.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "base/loop.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"

#define EXCHANGE "almanac.http.exchange"
#define WHAT_MAX ((size_t)64 << 10)
#define HEADERS_BYTES_MAX ((size_t)4 << 20)
/* A stream is held back when this much is unread and a line is ready. */
#define UNREAD_HIGH ((size_t)256 << 10)
#define UNREAD_LOW ((size_t)64 << 10)

enum awaited { AWAIT_NOTHING, AWAIT_HEADERS, AWAIT_LINE, AWAIT_END };

struct exchange {
    struct op op;
    struct transfer *transfer; /* NULL when it is over */
    struct loop *loop;
    enum awaited awaited;
    bool streaming, paused, closed, timed_out;
    bool failed; /* err says why */
    bool sent;   /* then: the server may have got the request */
    int status;
    double elapsed;
    struct buf headers; /* name NUL value NUL … */
    struct buf body;    /* of a stream: what came and was not dropped yet */
    size_t start;       /* the first unread byte of body */
    size_t scanned;     /* no newline between start and here */
    size_t max_line;
    double answer_timeout;
    struct loop_timer *timer;
    struct err err;
    struct buf what; /* "GET https://…" for errors */
};

/* ---- callbacks of the transfer ---- */

static void exchange_wake(struct exchange *x)
{
    if (x->awaited == AWAIT_NOTHING)
        return;
    x->awaited = AWAIT_NOTHING;
    loop_timer_stop(x->timer);
    x->timer = NULL;
    op_done(&x->op);
}

static void exchange_fail(struct exchange *x, const struct err *e)
{
    x->failed = true;
    x->sent = x->transfer && transfer_was_sent(x->transfer);
    x->err = *e;
    err_wrap(&x->err, "%s", buf_str(&x->what));
}

static void exchange_give_up(struct exchange *x)
{
    transfer_cancel(x->transfer);
    x->transfer = NULL;
}

static void exchange_on_headers(struct transfer *t, void *arg)
{
    struct exchange *x = arg;
    const char *name, *value;
    struct err e;
    size_t i;

    x->status = transfer_status(t);
    for (i = 0; transfer_header_at(t, i, &name, &value); i++) {
        if (buf_add(&x->headers, name, strlen(name) + 1) == 0 &&
            buf_add(&x->headers, value, strlen(value) + 1) == 0)
            continue;
        err_set(&e, ERR_LIMIT, "the headers of the answer are too large");
        exchange_fail(x, &e);
        exchange_give_up(x);
        break;
    }
    if (x->failed || x->awaited == AWAIT_HEADERS)
        exchange_wake(x);
}

/* Whether a whole line is unread; scanned stands on its newline then. */
static bool exchange_has_line(struct exchange *x)
{
    const char *end;

    if (x->scanned >= x->body.len)
        return false;
    end = memchr(x->body.data + x->scanned, '\n', x->body.len - x->scanned);
    x->scanned = end ? (size_t)(end - x->body.data) : x->body.len;
    return end != NULL;
}

static void exchange_on_data(struct transfer *t, const char *data, size_t len, void *arg)
{
    struct exchange *x = arg;
    bool line;
    struct err e;

    if (buf_add(&x->body, data, len) < 0) {
        err_set(&e, ERR_LIMIT, "the answer is larger than %zu bytes", x->body.max);
    } else if (!x->streaming) {
        return;
    } else {
        line = exchange_has_line(x);
        if (line || x->body.len - x->start <= x->max_line) {
            if (line && x->body.len - x->start >= UNREAD_HIGH) {
                x->paused = true;
                transfer_pause(t);
            }
            if (line && x->awaited == AWAIT_LINE)
                exchange_wake(x);
            return;
        }
        err_set(&e, ERR_LIMIT, "a line of the answer is longer than %zu bytes", x->max_line);
    }
    exchange_fail(x, &e);
    exchange_give_up(x);
    exchange_wake(x);
}

static void exchange_on_done(struct transfer *t, const struct err *e, void *arg)
{
    struct exchange *x = arg;

    x->elapsed = transfer_elapsed(t);
    if (e)
        exchange_fail(x, e);
    x->transfer = NULL;
    exchange_wake(x);
}

static void exchange_timer_fired(void *arg)
{
    struct exchange *x = arg;
    struct err e;

    if (x->awaited == AWAIT_HEADERS) {
        err_set(&e, ERR_TIMEOUT, "no answer within %g s", x->answer_timeout);
        err_hint(&e, "the server is slow or overloaded; try again");
        exchange_fail(x, &e);
        exchange_give_up(x);
    } else {
        x->timed_out = true;
    }
    exchange_wake(x);
}

/* ---- the object ---- */

/* Cancelling a wait for an answer ends the request; for a line, only the wait. */
static void exchange_interrupt(struct op *op)
{
    struct exchange *x = (struct exchange *)((char *)op - offsetof(struct exchange, op));

    if (x->awaited != AWAIT_LINE)
        exchange_give_up(x);
    exchange_wake(x);
}

static void exchange_close(struct exchange *x)
{
    x->closed = true;
    exchange_give_up(x);
    loop_timer_stop(x->timer);
    x->timer = NULL;
    buf_release(&x->body);
    buf_release(&x->headers);
    buf_release(&x->what);
    x->start = x->scanned = 0;
}

static int exchange_gc(lua_State *L)
{
    struct exchange *x = luaL_checkudata(L, 1, EXCHANGE);

    op_abandon(&x->op);
    exchange_close(x);
    return 0;
}

/// Gives the request up; also by <close>, and when collected.
static int exchange_close_method(lua_State *L)
{
    struct exchange *x = luaL_checkudata(L, 1, EXCHANGE);
    struct err e;

    if (x->awaited != AWAIT_NOTHING) { /* another task reads it */
        err_set(&e, ERR_CANCELLED, "the stream was closed");
        exchange_fail(x, &e);
        exchange_wake(x);
    }
    exchange_close(x);
    return 0;
}

/* Pushes a new one and starts its transfer. */
static struct exchange *exchange_start(lua_State *L, const struct transfer_spec *spec,
                                       const struct exchange_limits *limits, bool streaming)
{
    static const struct transfer_callbacks callbacks = {exchange_on_headers, exchange_on_data,
                                                        exchange_on_done, NULL};
    struct transfers *pool = vm_transfers(L);
    struct exchange *x = lua_newuserdatauv(L, sizeof *x, 0);
    const char *at, *scheme = strstr(spec->url, "://");
    struct err e;

    memset(x, 0, sizeof *x);
    op_init(&x->op, exchange_interrupt);
    x->loop = vm_of(L)->loop;
    x->streaming = streaming;
    x->max_line = limits->max_line ? limits->max_line : EXCHANGE_LINE_MAX;
    buf_init(&x->what, WHAT_MAX);
    buf_init(&x->headers, HEADERS_BYTES_MAX);
    /* Of a stream a line, and the chunk that followed it before the pause. */
    buf_init(&x->body, streaming ? 2 * x->max_line + 4 * UNREAD_HIGH
                                 : (limits->max_body ? limits->max_body : EXCHANGE_BODY_MAX));
    luaL_setmetatable(L, EXCHANGE);
    /* A name and password in the URL are nobody's business. */
    at = scheme ? strpbrk(scheme + 3, "@/?#") : NULL;
    if (at && *at == '@')
        buf_addf(&x->what, "%s %.*s%s", spec->method ? spec->method : "GET",
                 (int)(scheme + 3 - spec->url), spec->url, at + 1);
    else
        buf_addf(&x->what, "%s %s", spec->method ? spec->method : "GET", spec->url);
    x->transfer = transfer_start(pool, spec, &callbacks, x, &e);
    if (!x->transfer)
        vm_raise(L, &e);
    return x;
}

static void push_headers(lua_State *L, const struct exchange *x)
{
    const char *p = buf_str(&x->headers), *end = p + x->headers.len;

    lua_newtable(L);
    while (p < end) {
        const char *value = p + strlen(p) + 1;

        lua_pushstring(L, value);
        lua_setfield(L, -2, p);
        p = value + strlen(value) + 1;
    }
}

/* Raises what ended the wait early, if something did. `in_doubt` says whether the server may have
 * acted all the same. */
static void exchange_check(lua_State *L, struct exchange *x)
{
    op_check(L, &x->op);
    if (!x->failed)
        return;
    vm_push_error(L, &x->err);
    lua_pushboolean(L, x->sent);
    lua_setfield(L, -2, "in_doubt");
    lua_error(L);
}

static int request_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct exchange *x = lua_touserdata(L, (int)ctx);

    (void)status;
    exchange_check(L, x);
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, x->status);
    lua_setfield(L, -2, "status");
    push_headers(L, x);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, buf_str(&x->body), x->body.len);
    lua_setfield(L, -2, "body");
    lua_pushnumber(L, x->elapsed);
    lua_setfield(L, -2, "elapsed");
    exchange_close(x); /* the memory, not at the next collection but now */
    return 1;
}

int exchange_request(lua_State *L, const struct transfer_spec *spec,
                     const struct exchange_limits *limits)
{
    struct exchange *x = exchange_start(L, spec, limits, false);

    x->awaited = AWAIT_END;
    return op_wait(L, &x->op, lua_gettop(L), request_finish);
}

static int stream_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct exchange *x = lua_touserdata(L, (int)ctx);

    (void)status;
    exchange_check(L, x);
    lua_pushvalue(L, (int)ctx);
    return 1;
}

int exchange_stream(lua_State *L, const struct transfer_spec *spec,
                    const struct exchange_limits *limits)
{
    struct exchange *x = exchange_start(L, spec, limits, true);

    x->awaited = AWAIT_HEADERS;
    x->answer_timeout = limits->answer_timeout;
    if (limits->answer_timeout > 0)
        x->timer = loop_timer_start(x->loop, limits->answer_timeout, exchange_timer_fired, x);
    return op_wait(L, &x->op, lua_gettop(L), stream_finish);
}

/* ---- methods of a stream ---- */

static struct exchange *stream_check(lua_State *L)
{
    struct exchange *x = luaL_checkudata(L, 1, EXCHANGE);

    if (x->closed)
        vm_raisef(L, ERR_USAGE, "this stream was closed");
    if (x->awaited != AWAIT_NOTHING)
        vm_raisef(L, ERR_USAGE, "another task is reading this stream");
    return x;
}

/// The status of the answer.
///@return integer
static int stream_status(lua_State *L)
{
    struct exchange *x = luaL_checkudata(L, 1, EXCHANGE);

    lua_pushinteger(L, x->status);
    return 1;
}

/// Its headers, their names in lower case.
///@return table<string, string>
static int stream_headers(lua_State *L)
{
    struct exchange *x = luaL_checkudata(L, 1, EXCHANGE);

    push_headers(L, x);
    return 1;
}

/* Forgets what was read, and lets the server go on when there is room. */
static void stream_advance(struct exchange *x, size_t to)
{
    x->start = x->scanned = to;
    if (x->start >= x->body.len || x->start >= UNREAD_LOW) {
        buf_consume(&x->body, x->start);
        x->start = x->scanned = 0;
    }
    if (x->paused && x->body.len - x->start < UNREAD_LOW) {
        x->paused = false;
        if (x->transfer)
            transfer_resume(x->transfer);
    }
}

static int read_line_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct exchange *x = lua_touserdata(L, 1);
    size_t len, end;

    (void)status;
    (void)ctx;
    op_check(L, &x->op);
    if (exchange_has_line(x)) {
        end = x->scanned;
        len = end - x->start;
        if (len > x->max_line)
            vm_raisef(L, ERR_LIMIT, "%s: a line of the answer is longer than %zu bytes",
                      buf_str(&x->what), x->max_line);
        if (len > 0 && x->body.data[end - 1] == '\r')
            len--;
        lua_pushlstring(L, x->body.data + x->start, len);
        stream_advance(x, end + 1);
        return 1;
    }
    if (x->failed)
        vm_raise(L, &x->err);
    if (x->timed_out && x->transfer) {
        lua_pushnil(L);
        lua_pushliteral(L, "timeout");
        return 2;
    }
    if (x->body.len > x->start) { /* a last line that has no newline */
        lua_pushlstring(L, x->body.data + x->start, x->body.len - x->start);
        stream_advance(x, x->body.len);
        return 1;
    }
    lua_pushnil(L);
    return 1;
}

/// The next line, without its newline; waits. Where the connection breaks it raises after the last
/// whole line.
///
/// Raises: `network`, `limit`.
///@param seconds? number  how long to wait for it
///@return string? line  nil: the answer is complete, or with "timeout" nothing came for that long
///@return "timeout"?
static int stream_read_line(lua_State *L)
{
    struct exchange *x = stream_check(L);
    double seconds = luaL_optnumber(L, 2, -1);

    op_init(&x->op, exchange_interrupt);
    x->timed_out = false;
    if (exchange_has_line(x) || !x->transfer)
        return read_line_finish(L, LUA_OK, 0);
    x->awaited = AWAIT_LINE;
    if (seconds >= 0)
        x->timer = loop_timer_start(x->loop, seconds, exchange_timer_fired, x);
    if (x->paused) { /* held back for earlier lines, and this one is not complete */
        x->paused = false;
        transfer_resume(x->transfer);
    }
    return op_wait(L, &x->op, 0, read_line_finish);
}

static int read_rest_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct exchange *x = lua_touserdata(L, 1);

    (void)status;
    (void)ctx;
    exchange_check(L, x);
    lua_pushlstring(L, buf_str(&x->body) + x->start, x->body.len - x->start);
    stream_advance(x, x->body.len);
    return 1;
}

/// What is left of the answer; waits.
///
/// Raises: `network`, `limit`.
///@param max? integer  bytes of the whole answer: 16 MiB
///@return string
static int stream_read_rest(lua_State *L)
{
    struct exchange *x = stream_check(L);
    lua_Integer max = luaL_optinteger(L, 2, (lua_Integer)EXCHANGE_BODY_MAX);

    op_init(&x->op, exchange_interrupt);
    x->streaming = false; /* the body's maximum counts from here on */
    x->body.max = max > (lua_Integer)x->body.len ? (size_t)max : x->body.len;
    if (!x->transfer)
        return read_rest_finish(L, LUA_OK, 0);
    x->awaited = AWAIT_END;
    if (x->paused) {
        x->paused = false;
        transfer_resume(x->transfer);
    }
    return op_wait(L, &x->op, 0, read_rest_finish);
}

void exchange_setup(lua_State *L)
{
    /// An answer that is read line by line. The server is held back while its lines are not read.
    ///@class native.http.Stream
    static const luaL_Reg methods[] = {
        {"status", stream_status},        {"headers", stream_headers},
        {"read_line", stream_read_line},  {"read_rest", stream_read_rest},
        {"close", exchange_close_method}, {NULL, NULL}};

    vm_type_new(L, EXCHANGE, exchange_gc, exchange_close_method, methods);
}

/* ---- options ---- */

static const char *header_line(lua_State *L, const char *who)
{
    const char *name, *line;
    size_t len;

    if (lua_type(L, -2) != LUA_TSTRING)
        vm_raisef(L, ERR_USAGE, "%s: headers must be a table of names and values", who);
    name = lua_tostring(L, -2);
    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
        vm_raisef(L, ERR_USAGE, "%s: headers[\"%s\"] must be a string, not a %s", who, name,
                  luaL_typename(L, -1));
    /* curl takes "Name:" for an order to leave the header out; an empty one is "Name;". */
    lua_pushfstring(L, *lua_tostring(L, -1) ? "%s: %s" : "%s;", name, lua_tostring(L, -1));
    line = lua_tolstring(L, -1, &len);
    if (strlen(line) != len || strpbrk(line, "\r\n") || !*name || strpbrk(name, ": \t"))
        vm_raisef(L, ERR_USAGE, "%s: header \"%s\" holds a character that no header can", who,
                  name);
    return line;
}

void exchange_headers(lua_State *L, int t, const char *who, const char *const *more,
                      struct transfer_spec *spec)
{
    const char **lines;
    size_t count = 0, n = 0;
    int headers;

    while (more && more[count])
        count++;
    if (!vm_opt_table(L, t, "headers", who))
        lua_newtable(L);
    headers = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, headers); lua_pop(L, 1))
        count++;
    lines = lua_newuserdatauv(L, (count + 1) * sizeof *lines, 1);
    lua_newtable(L); /* keeps the lines alive */
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, headers + 1, 1);
    while (more && more[n]) {
        lines[n] = more[n];
        n++;
    }
    for (lua_pushnil(L); lua_next(L, headers);) {
        lines[n++] = header_line(L, who);
        lua_rawseti(L, headers + 2, (lua_Integer)n);
        lua_pop(L, 1);
    }
    lua_settop(L, headers + 1);
    lua_remove(L, headers);
    spec->headers = lines;
    spec->header_count = n;
}
