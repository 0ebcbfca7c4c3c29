#include "native/keyboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "base/tty.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define KEYS_TYPE "almanac.keys"
#define KEYS_MAX                                                                                   \
    256 /* bytes taken at once: more than any key sends, less than a text that is pasted */

struct keys {
    struct op op;
    uv_poll_t *poll; /* malloc'd: outlives the userdata until closed */
    char bytes[KEYS_MAX];
    size_t len;
    bool eof;
};

/// From now on each key comes at once, and is not shown; Ctrl-C and Ctrl-Z are signals as ever. The terminal is as
/// it was when the process ends, and when it is stopped: then it has to be asked for again.
///@return boolean  false: standard input is no terminal, or this process is in its background
static int l_on(lua_State *L)
{
    bool front = isatty(STDIN_FILENO) && tty_foreground(STDIN_FILENO);

    int error = front ? tty_set(STDIN_FILENO, TTY_KEYS) : ENOTTY;

    lua_pushboolean(L, error == 0 || error == EBUSY);
    return 1;
}

/// The terminal is as it was before on().
static int l_off(lua_State *L)
{
    (void)L;
    tty_restore();
    return 0;
}

/// What was typed and nobody has read yet is thrown away: it is no answer to what is asked next.
static int l_forget(lua_State *L)
{
    (void)L;
    if (isatty(STDIN_FILENO) && tty_foreground(STDIN_FILENO))
        tcflush(STDIN_FILENO, TCIFLUSH);
    return 0;
}

static void keys_closed(uv_handle_t *uv)
{
    free(uv);
}

static void keys_stop(struct keys *keys)
{
    if (keys->poll)
        uv_close((uv_handle_t *)keys->poll, keys_closed);
    keys->poll = NULL;
}

static void keys_cancel(struct op *op)
{
    keys_stop((struct keys *)op);
    op_done(op);
}

/* Who reads in the background is stopped for it. */
static void keys_ready(uv_poll_t *uv, int status, int events)
{
    struct keys *keys = uv->data;
    ssize_t n = 0;

    (void)events;
    if (status >= 0 && tty_foreground(STDIN_FILENO)) {
        n = read(STDIN_FILENO, keys->bytes, sizeof keys->bytes);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            return;
        keys->eof = n <= 0;
        keys->len = n > 0 ? (size_t)n : 0;
    }
    keys->eof = keys->eof || status < 0;
    keys_stop(keys);
    op_done(&keys->op);
}

static int keys_gc(lua_State *L)
{
    struct keys *keys = luaL_checkudata(L, 1, KEYS_TYPE);

    keys_stop(keys);
    op_abandon(&keys->op);
    return 0;
}

static int keys_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct keys *keys = luaL_checkudata(L, (int)ctx, KEYS_TYPE);

    (void)status;
    op_check(L, &keys->op);
    if (keys->eof)
        lua_pushnil(L);
    else
        lua_pushlstring(L, keys->bytes, keys->len);
    return 1;
}

/* Watches standard input. libuv makes it non-blocking, and with it the terminal for everybody who
 * shares it, the shell for one. */
static int keys_poll(struct keys *keys, struct loop *loop)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    int error = uv_poll_init(&loop->uv, keys->poll, STDIN_FILENO);

    if (flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, flags);
    return error;
}

/// What was typed; waits.
///@return string?  bytes; "" where somebody else's keys are typed, because this process is in the background; nil at
/// the end
static int l_read(lua_State *L)
{
    struct keys *keys;

    lua_settop(L, 0);
    keys = lua_newuserdatauv(L, sizeof *keys, 0);
    memset(keys, 0, sizeof *keys);
    op_init(&keys->op, keys_cancel);
    luaL_setmetatable(L, KEYS_TYPE);
    keys->poll = malloc(sizeof *keys->poll);
    if (!keys->poll)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    if (keys_poll(keys, vm_of(L)->loop) < 0) {
        free(keys->poll); /* epoll refuses a regular file: no keys come from there */
        keys->poll = NULL;
        keys->eof = true;
        op_done(&keys->op);
    } else {
        keys->poll->data = keys;
        uv_poll_start(keys->poll, UV_READABLE, keys_ready);
    }
    return op_wait(L, &keys->op, 1, keys_finish);
}

/// Keys, one by one, of the terminal on standard input.
int luaopen_native_keyboard(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"on", l_on}, {"off", l_off}, {"forget", l_forget}, {"read", l_read}, {NULL, NULL}};

    vm_type_new(L, KEYS_TYPE, keys_gc, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
