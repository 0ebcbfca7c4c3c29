#include "native/messages.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <lauxlib.h>
#include <uv.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/shown.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define READER_TYPE "almanac.messages"
#define HEADERS_MAX ((size_t)8 << 10)
#define MESSAGE_MAX ((size_t)16 << 20)

/* Reads standard input, for one task at a time. What came behind a message waits for the next. */
struct reader {
    struct op op;
    uv_poll_t *poll; /* malloc'd: outlives the userdata until closed */
    struct buf in;
    size_t body, length; /* where the message begins, and how long it is; body 0: not known yet */
    bool eof, malformed, waiting;
};

static void poll_closed(uv_handle_t *uv)
{
    free(uv);
}

static void stop(struct reader *reader)
{
    if (reader->poll) {
        uv_close((uv_handle_t *)reader->poll, poll_closed);
        reader->poll = NULL;
    }
    reader->waiting = false;
}

static void cancel(struct op *op)
{
    stop((struct reader *)op);
    op_done(op);
}

/* The value of a Content-Length within the headers; false when there is none, or it is no length.
 */
static bool content_length(const char *headers, const char *end, size_t *length)
{
    static const char name[] = "Content-Length:";

    for (const char *line = headers; line < end;) {
        const char *next = strstr(line, "\r\n");
        char *rest;
        unsigned long value;

        if (!next || next > end)
            next = end;
        if (strncasecmp(line, name, sizeof name - 1) == 0) {
            errno = 0;
            value = strtoul(line + sizeof name - 1, &rest, 10);
            *length = value;
            return errno == 0 && rest == next && value <= MESSAGE_MAX;
        }
        line = next + 2;
    }
    return false;
}

/* Finds out where the message is that the input begins with. */
static void look(struct reader *reader)
{
    const char *text = buf_str(&reader->in), *end;

    if (reader->body > 0 || reader->malformed)
        return;
    end = strstr(text, "\r\n\r\n");
    if (end) {
        reader->malformed = !content_length(text, end, &reader->length);
        reader->body = (size_t)(end - text) + 4;
    } else if (reader->in.len > HEADERS_MAX) {
        reader->malformed = true;
    }
}

static bool complete(const struct reader *reader)
{
    return reader->eof || reader->malformed ||
           (reader->body > 0 && reader->in.len - reader->body >= reader->length);
}

/* Takes what is there. True when there is a message, or nothing more to wait for. */
static bool take(struct reader *reader)
{
    char bytes[16 << 10];
    struct pollfd more = {.fd = STDIN_FILENO, .events = POLLIN};

    for (look(reader); !complete(reader); look(reader)) {
        ssize_t n;

        if (poll(&more, 1, 0) == 0)
            return false;
        n = read(STDIN_FILENO, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0)
            reader->eof = true;
        else if (buf_add(&reader->in, bytes, (size_t)n) < 0)
            reader->malformed = true;
    }
    return true;
}

static void ready(uv_poll_t *uv, int status, int events)
{
    struct reader *reader = uv->data;

    (void)events;
    if (status >= 0 && !take(reader))
        return;
    stop(reader);
    op_done(&reader->op);
}

static int l_gc(lua_State *L)
{
    struct reader *reader = luaL_checkudata(L, 1, READER_TYPE);

    stop(reader);
    op_abandon(&reader->op);
    buf_release(&reader->in);
    return 0;
}

static int finish(lua_State *L, int status, lua_KContext ctx)
{
    struct reader *reader = luaL_checkudata(L, (int)ctx, READER_TYPE);

    (void)status;
    op_check(L, &reader->op);
    if (reader->malformed)
        return vm_raisef(
            L, ERR_PROTOCOL,
            "standard input: no message of the base protocol, or one of more than %zu MiB",
            MESSAGE_MAX >> 20);
    if (reader->eof) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushlstring(L, reader->in.data + reader->body, reader->length);
    buf_consume(&reader->in, reader->body + reader->length);
    reader->body = reader->length = 0;
    return 1;
}

/// Reads messages of the base protocol of the Language Server Protocol: headers, of which
/// Content-Length counts, an empty line, and so many bytes.
///
/// Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
///@return native.messages.Reader
static int l_open(lua_State *L)
{
    struct reader *reader = lua_newuserdatauv(L, sizeof *reader, 0);

    memset(reader, 0, sizeof *reader);
    buf_init(&reader->in, MESSAGE_MAX + HEADERS_MAX);
    luaL_setmetatable(L, READER_TYPE);
    return 1;
}

/// The next message of standard input; waits. One task reads at a time.
///
/// Raises: `protocol` (what came is no message, or it has more than 16 MiB), `usage` (another task reads).
///@return string?  nil at the end
static int l_read(lua_State *L)
{
    struct reader *reader = luaL_checkudata(L, 1, READER_TYPE);

    lua_settop(L, 1);
    if (reader->waiting)
        return vm_raisef(L, ERR_USAGE, "messages.read: another task reads");
    op_init(&reader->op, cancel);
    if (take(reader)) {
        op_done(&reader->op);
        return op_wait(L, &reader->op, 1, finish);
    }
    reader->poll = malloc(sizeof *reader->poll);
    if (!reader->poll)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    if (uv_poll_init(&vm_of(L)->loop->uv, reader->poll, STDIN_FILENO) < 0) {
        free(reader->poll); /* nothing more comes from what cannot be waited for */
        reader->poll = NULL;
        reader->eof = true;
        op_done(&reader->op);
    } else {
        reader->waiting = true;
        reader->poll->data = reader;
        uv_poll_start(reader->poll, UV_READABLE, ready);
    }
    return op_wait(L, &reader->op, 1, finish);
}

/// Writes a message to standard output, spelt as everything that is shown.
///@param text string  JSON
///@return boolean
///@return string? why
static int l_write(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf body = BUF_INIT(MESSAGE_MAX), message = BUF_INIT(MESSAGE_MAX + HEADERS_MAX);
    int error = 0;

    if (shown_add(&body, text, len, NULL) < 0 ||
        buf_addf(&message, "Content-Length: %zu\r\n\r\n", body.len) < 0 ||
        buf_add(&message, buf_str(&body), body.len) < 0)
        error = ENOMEM;
    else
        error = shown_put(STDOUT_FILENO, &message);
    buf_release(&body);
    buf_release(&message);
    lua_pushboolean(L, error == 0);
    if (error == 0)
        return 1;
    lua_pushstring(L, strerror(error));
    return 2;
}

/// Messages of the Language Server Protocol on the standard streams.
int luaopen_native_messages(lua_State *L)
{
    static const luaL_Reg functions[] = {{"open", l_open}, {"write", l_write}, {NULL, NULL}};
    ///@class native.messages.Reader
    static const luaL_Reg methods[] = {{"read", l_read}, {NULL, NULL}};

    vm_type_new(L, READER_TYPE, l_gc, NULL, methods);
    luaL_newlib(L, functions);
    return 1;
}
