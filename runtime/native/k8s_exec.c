#include "native/k8s_exec.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "base/loop.h"
#include "engine/lua_buf.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"
#include "native/http_exchange.h"
#include "native/k8s.h"
#include "net/ws_client.h"
#include "net/ws_handshake.h"
#include "proc/proc_capture.h"

#define SESSION "almanac.k8s.session"
#define OUTPUT_MAX ((lua_Integer)16 << 20)
#define OUTPUT_LIMIT ((lua_Integer)1 << 30)
#define STATUS_MAX ((size_t)1 << 20)
#define LINE_MAX_BYTES ((size_t)64 << 10) /* a longer line comes in pieces */
#define UNREAD_HIGH ((size_t)256 << 10)   /* bytes of lines nobody read yet: the server must wait */
#define UNREAD_LOW ((size_t)64 << 10)
#define STDIN_CHUNK ((size_t)32 << 10)
#define STDIN_QUEUED ((size_t)128 << 10)
#define PING 5.0 /* as kubectl: proxies in between cut what is silent */
#define SILENCE 65.0

enum channel { CHANNEL_STDIN = 0, CHANNEL_STDOUT = 1, CHANNEL_STDERR = 2, CHANNEL_STATUS = 3 };

#define CHANNEL_CLOSE "\377" /* of v5: the byte behind it is the channel that ends */

enum awaited { AWAIT_NOTHING, AWAIT_OPEN, AWAIT_LINE, AWAIT_END };

struct line {
    struct line *next;
    int stream; /* 0: stdout, 1: stderr */
    bool more;  /* the line goes on in the next */
    size_t len;
    char text[];
};

struct output {
    struct capture capture;
    struct buf line;
};

struct session {
    struct op op;
    enum awaited awaited;
    struct ws_client *client;
    struct ws *ws; /* NULL: not open yet, or over */
    bool opened, refused, over, closed;
    bool lines;
    int channel; /* of the message that is arriving; -1: not known yet */
    bool status_whole;
    struct output out[2];
    struct buf status;
    struct line *first, **last;
    size_t unread;
    const char *input; /* kept alive by a user value; NULL: no stdin */
    size_t input_len, input_sent;
    bool input_ended;
    double started, ended_at;
    int refusal;        /* HTTP status */
    struct buf headers; /* of a refusal: name NUL value NUL … */
    struct buf body;
    struct loop_timer *timer;
    double timeout;
    bool timed_out;
    struct err err; /* why there is no status */
};

/* ---- callbacks: they only queue ---- */

static void session_wake(struct session *s, enum awaited awaited)
{
    if (s->awaited != awaited || awaited == AWAIT_NOTHING)
        return;
    s->awaited = AWAIT_NOTHING;
    op_done(&s->op);
}

static void line_flush(struct session *s, int stream, bool more)
{
    struct buf *text = &s->out[stream].line;
    size_t len = text->len;
    struct line *line;

    if (!more && len > 0 && text->data[len - 1] == '\r')
        len--;
    line = malloc(sizeof *line + len + 1);
    if (line) { /* else the capture still has it */
        *line = (struct line){NULL, stream, more, len};
        memcpy(line->text, buf_str(text), len);
        *s->last = line;
        s->last = &line->next;
        s->unread += sizeof *line + len;
    }
    buf_reset(text);
}

static void line_feed(struct session *s, int stream, const char *data, size_t len)
{
    struct buf *text = &s->out[stream].line;

    while (len > 0) {
        const char *nl = memchr(data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) : len, room = text->max - text->len;

        if (n > room) {
            n = room;
            nl = NULL;
        }
        if (buf_add(text, data, n) < 0)
            return;
        n += nl ? 1 : 0;
        data += n;
        len -= n;
        if (nl || text->len == text->max)
            line_flush(s, stream, !nl);
    }
}

static void session_output(struct session *s, int stream, const char *data, size_t len)
{
    capture_add(&s->out[stream].capture, data, len);
    if (!s->lines)
        return;
    line_feed(s, stream, data, len);
    if (s->unread > UNREAD_HIGH && s->ws)
        ws_hold(s->ws, true);
    if (s->first)
        session_wake(s, AWAIT_LINE);
}

static void session_on_data(struct ws *ws, bool first, bool last, const char *data, size_t len,
                            void *arg)
{
    struct session *s = arg;

    (void)ws;
    if (first)
        s->channel = -1;
    if (s->channel < 0 && len > 0) {
        s->channel = (unsigned char)data[0];
        data++;
        len--;
    }
    if (len > 0 && (s->channel == CHANNEL_STDOUT || s->channel == CHANNEL_STDERR))
        session_output(s, s->channel == CHANNEL_STDERR, data, len);
    if (s->channel != CHANNEL_STATUS)
        return; /* nothing else is of interest: resizes, and channels that end */
    if (len > 0 && buf_add(&s->status, data, len) < 0)
        s->channel = -2; /* no Status is that large */
    else if (last && s->status.len > 0)
        s->status_whole = true;
}

static void session_over(struct session *s, const struct err *e)
{
    if (s->over)
        return;
    s->over = true;
    s->ended_at = loop_now();
    loop_timer_stop(s->timer);
    s->timer = NULL;
    for (int i = 0; s->lines && i < 2; i++)
        if (s->out[i].line.len > 0)
            line_flush(s, i, false);
    s->err = *e;
    session_wake(s, s->awaited);
}

static void session_on_end(struct ws *ws, int code, const struct err *e, void *arg)
{
    struct session *s = arg;
    struct err why;

    (void)ws;
    s->ws = NULL;
    if (!e) {
        err_set(&why, ERR_NETWORK, "the server closed the connection (code %d)", code);
        e = &why;
    }
    session_over(s, e);
}

static void session_timeout(void *arg)
{
    struct session *s = arg;
    struct err e;

    s->timed_out = true;
    err_set(&e, ERR_TIMEOUT, "it took longer than %g s", s->timeout);
    session_over(s, &e);
}

/* As much of stdin as the connection takes; its end after it. */
static void session_feed(struct session *s)
{
    while (s->ws && s->input && s->input_sent < s->input_len && ws_queued(s->ws) < STDIN_QUEUED) {
        size_t n = s->input_len - s->input_sent;

        if (n > STDIN_CHUNK)
            n = STDIN_CHUNK;
        if (ws_send(s->ws, "\0", 1, s->input + s->input_sent, n) < 0)
            return; /* on_drained comes */
        s->input_sent += n;
    }
    if (!s->ws || !s->input || s->input_ended || s->input_sent < s->input_len)
        return;
    s->input_ended = true;
    ws_send(s->ws, CHANNEL_CLOSE "\0", 2, "", 0);
}

static void session_on_drained(struct ws *ws, void *arg)
{
    (void)ws;
    session_feed(arg);
}

static void session_on_open(struct ws_client *client, struct ws *ws, int protocol, void *arg)
{
    struct session *s = arg;

    (void)client;
    (void)protocol;
    s->opened = true;
    s->ws = ws;
    session_feed(s);
    session_wake(s, AWAIT_OPEN);
}

static void session_on_refused(struct ws_client *client, const struct ws_answer *answer,
                               const struct err *e, void *arg)
{
    struct session *s = arg;

    (void)client;
    s->over = true;
    loop_timer_stop(s->timer);
    s->timer = NULL;
    if (e) {
        s->err = *e;
    } else {
        s->refused = true;
        s->refusal = answer->status;
        for (size_t i = 0; i < answer->header_count; i++) {
            const struct ws_answer_header *h = &answer->headers[i];

            buf_add(&s->headers, h->name, strlen(h->name) + 1);
            buf_add(&s->headers, h->value, strlen(h->value) + 1);
        }
        buf_add(&s->body, buf_str(&answer->body), answer->body.len);
    }
    session_wake(s, s->awaited);
}

/* Leaves the session as it is: whoever waits decides what becomes of it. */
static void session_interrupt(struct op *op)
{
    struct session *s = (struct session *)((char *)op - offsetof(struct session, op));

    session_wake(s, s->awaited);
}

/* ---- the object ---- */

static void session_close(struct session *s)
{
    s->closed = s->over = true;
    loop_timer_stop(s->timer);
    s->timer = NULL;
    ws_client_free(s->client);
    s->client = NULL;
    s->ws = NULL;
    while (s->first) {
        struct line *line = s->first;

        s->first = line->next;
        free(line);
    }
    s->last = &s->first;
    for (int i = 0; i < 2; i++) {
        capture_release(&s->out[i].capture);
        buf_release(&s->out[i].line);
    }
    buf_release(&s->status);
    buf_release(&s->headers);
    buf_release(&s->body);
}

static int session_gc(lua_State *L)
{
    struct session *s = luaL_checkudata(L, 1, SESSION);

    op_abandon(&s->op);
    session_close(s);
    return 0;
}

static struct session *session_check(lua_State *L)
{
    struct session *s = luaL_checkudata(L, 1, SESSION);

    if (s->closed)
        vm_raisef(L, ERR_USAGE, "this session was closed");
    if (s->awaited != AWAIT_NOTHING)
        vm_raisef(L, ERR_USAGE, "another task waits for this session");
    return s;
}

/* Waits at stack index 1; at once when there is what is awaited. */
static int session_await(lua_State *L, struct session *s, enum awaited awaited, bool now,
                         lua_KFunction k)
{
    op_init(&s->op, session_interrupt);
    s->awaited = awaited;
    if (now)
        session_wake(s, awaited);
    return op_wait(L, &s->op, 1, k);
}

/* ---- methods ---- */

static int read_line_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct session *s = lua_touserdata(L, (int)ctx);
    struct line *line = s->first;

    (void)status;
    op_check(L, &s->op);
    if (!line) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, line->stream == 0 ? "stdout" : "stderr");
    lua_pushlstring(L, line->text, line->len);
    lua_pushboolean(L, line->more);
    s->first = line->next;
    if (!s->first)
        s->last = &s->first;
    s->unread -= sizeof *line + line->len;
    free(line);
    if (s->unread < UNREAD_LOW && s->ws)
        ws_hold(s->ws, false);
    return 3;
}

/// A line of the command, with lines = true only; waits.
///@return "stdout"|"stderr"|nil stream  nil at the end
///@return string? line
///@return boolean? more  the line is longer than a buffer, and goes on in the next
static int session_read_line(lua_State *L)
{
    struct session *s = session_check(L);

    return session_await(L, s, AWAIT_LINE, s->first || s->over, read_line_finish);
}

static void push_output(lua_State *L, struct session *s, int stream)
{
    struct buf *text = lua_buf_new(L, (size_t)-1 / 4);

    if (capture_text(&s->out[stream].capture, text) < 0)
        vm_raisef(L, ERR_MEMORY, "out of memory for the output of a command");
    lua_buf_push_text(L, text);
    lua_remove(L, -2);
}

static bool is_truncated(const struct session *s)
{
    return capture_truncated(&s->out[0].capture) || capture_truncated(&s->out[1].capture);
}

/// What it has said so far.
///@return string stdout
///@return string stderr
///@return boolean truncated
static int session_output_method(lua_State *L)
{
    struct session *s = session_check(L);

    push_output(L, s, 0);
    push_output(L, s, 1);
    lua_pushboolean(L, is_truncated(s));
    return 3;
}

static int wait_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct session *s = lua_touserdata(L, (int)ctx);

    (void)status;
    /* One that ended by itself has a result worth more than the interrupt, which is sticky. */
    if (!s->over)
        op_check(L, &s->op);
    lua_createtable(L, 0, 7);
    push_output(L, s, 0);
    lua_setfield(L, -2, "stdout");
    push_output(L, s, 1);
    lua_setfield(L, -2, "stderr");
    lua_pushboolean(L, is_truncated(s));
    lua_setfield(L, -2, "truncated");
    lua_pushnumber(L, s->ended_at - s->started);
    lua_setfield(L, -2, "elapsed");
    if (s->status_whole)
        lua_pushlstring(L, s->status.data, s->status.len);
    else
        lua_pushstring(L, s->err.message);
    lua_setfield(L, -2, s->status_whole ? "status" : "cut");
    lua_pushboolean(L, s->timed_out);
    lua_setfield(L, -2, "timed_out");
    return 1;
}

/// Waits until the command is over.
///@return { stdout: string, stderr: string, truncated: boolean, elapsed: number, timed_out: boolean, status: string?, cut: string? }  status: the API's Status of its end; cut: why there is none; elapsed in seconds
static int session_wait(lua_State *L)
{
    struct session *s = session_check(L);

    s->lines = false;
    if (s->ws)
        ws_hold(s->ws, false);
    return session_await(L, s, AWAIT_END, s->over, wait_finish);
}

/// Leaves the command alone; also by <close>, and when collected.
static int session_close_method(lua_State *L)
{
    struct session *s = luaL_checkudata(L, 1, SESSION);

    session_wake(s, s->awaited);
    session_close(s);
    return 0;
}

/* ---- opening ---- */

static void push_refusal(lua_State *L, const struct session *s)
{
    const char *p = buf_str(&s->headers), *end = p + s->headers.len;

    lua_createtable(L, 0, 3);
    lua_pushinteger(L, s->refusal);
    lua_setfield(L, -2, "status");
    lua_newtable(L);
    while (p < end) {
        const char *value = p + strlen(p) + 1;

        lua_pushstring(L, value);
        lua_setfield(L, -2, p);
        p = value + strlen(value) + 1;
    }
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, buf_str(&s->body), s->body.len);
    lua_setfield(L, -2, "body");
}

static int open_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct session *s = lua_touserdata(L, (int)ctx);
    bool sent = s->client && ws_client_was_sent(s->client);

    (void)status;
    if (s->opened) { /* also when it ended meanwhile: its output and status count */
        lua_pushvalue(L, (int)ctx);
        return 1;
    }
    if (s->refused) {
        lua_pushnil(L);
        push_refusal(L, s);
        session_close(s);
        return 2;
    }
    if (s->over)
        vm_push_error(L, &s->err);
    else
        op_push_interrupt(L, &s->op);
    lua_pushboolean(L, sent);
    lua_setfield(L, -2, "in_doubt");
    session_close(s);
    return lua_error(L);
}

/* Pushes a new one. */
static struct session *session_new(lua_State *L, const char *who)
{
    lua_Integer max = vm_opt_integer(L, 2, "max_output", who, OUTPUT_MAX);
    struct session *s;

    if (max < 1 || max > OUTPUT_LIMIT)
        vm_raisef(L, ERR_USAGE, "%s: max_output must be from 1 byte to 1 GiB", who);
    s = lua_newuserdatauv(L, sizeof *s, 1);
    memset(s, 0, sizeof *s);
    op_init(&s->op, session_interrupt);
    s->channel = -1;
    s->last = &s->first;
    s->started = s->ended_at = loop_now();
    for (int i = 0; i < 2; i++) {
        capture_init(&s->out[i].capture, (size_t)max);
        buf_init(&s->out[i].line, LINE_MAX_BYTES);
    }
    buf_init(&s->status, STATUS_MAX);
    buf_init(&s->headers, STATUS_MAX);
    buf_init(&s->body, STATUS_MAX);
    luaL_setmetatable(L, SESSION);
    s->lines = vm_opt_boolean(L, 2, "lines", who, 0);
    s->input = vm_opt_string(L, 2, "stdin", who, &s->input_len, NULL);
    lua_getfield(L, 2, "stdin");
    lua_setiuservalue(L, -2, 1);
    return s;
}

/// Begins a command in a container; waits until it was started. With lines the server is held back
/// while they are not read; without, max_output bytes of each stream are kept: the first and the
/// last half. With stdin only v5 of the protocol is offered: v4 cannot say where it ends.
///
/// Raises: `network`, `tls`, `protocol`, `timeout`, with in_doubt: whether the server may have got
/// the request.
///@param options { path: string, query?: table, headers?: table, who?: string, read?: boolean, stdin?: string, max_output?: integer, lines?: boolean, timeout?: number }  timeout in seconds, from the start
///@return native.k8s.Session? session  nil: the server refused
///@return { status: integer, headers: table<string, string>, body: string }? refusal
int k8s_exec_channels(lua_State *L)
{
    static const char *const both[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};
    static const char *const v5[] = {"v5.channel.k8s.io", NULL};
    static const struct ws_client_callbacks callbacks = {session_on_open, session_on_refused};
    struct ws_client_spec spec = {
        .options = {.ping = PING, .silence = SILENCE},
        .callbacks = {session_on_data, session_on_end, session_on_drained},
    };
    struct exchange_limits limits = {0};
    const char *who;
    struct session *s;
    struct err e;
    int at;

    luaL_checktype(L, 2, LUA_TTABLE);
    who = vm_opt_string(L, 2, "who", "k8s", NULL, "k8s");
    task_require(L, vm_opt_boolean(L, 2, "read", who, 0) ? PERMIT_READ : PERMIT_EFFECT, who);
    k8s_request_spec(L, true, false, &spec.http, &limits);
    spec.answer_timeout = limits.answer_timeout;
    spec.http.total_timeout = 0;
    s = session_new(L, who);
    spec.protocols = s->input ? v5 : both;
    s->client = ws_client_start(vm_of(L)->loop, &spec, &callbacks, s, &e);
    if (!s->client)
        return vm_raise(L, &e);
    s->timeout = vm_opt_number(L, 2, "timeout", who, 0);
    if (s->timeout > 0)
        s->timer = loop_timer_start(vm_of(L)->loop, s->timeout, session_timeout, s);
    at = lua_gettop(L);
    s->awaited = AWAIT_OPEN;
    return op_wait(L, &s->op, at, open_finish);
}

void k8s_exec_setup(lua_State *L)
{
    /// A command in a container.
    ///@class native.k8s.Session
    static const luaL_Reg methods[] = {{"read_line", session_read_line},
                                       {"wait", session_wait},
                                       {"output", session_output_method},
                                       {"close", session_close_method},
                                       {NULL, NULL}};

    vm_type_new(L, SESSION, session_gc, session_close_method, methods);
}
