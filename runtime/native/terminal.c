#include "native/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "base/frame.h"
#include "base/tty.h"
#include "base/loop.h"
#include "base/shown.h"
#include "engine/lua_buf.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define READ_TYPE "almanac.read_line"
#define READ_LINE_MAX ((size_t)64 << 10)
#define SPELT_MAX ((size_t)256 << 20)
#define DRAWN_MAX ((size_t)16 << 20)

/// Whether a terminal is behind a descriptor.
///@param fd integer
///@return boolean
static int l_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/// Of the terminal; 80 and 24 where there is none.
///@return integer columns
///@return integer rows
static int l_size(lua_State *L)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    lua_pushinteger(L, size.ws_col);
    lua_pushinteger(L, size.ws_row);
    return 2;
}

static int push_written(lua_State *L, int error)
{
    lua_pushboolean(L, error == 0);
    if (error == 0)
        return 1;
    lua_pushstring(L, strerror(error));
    return 2;
}

/// Writes text; what would steer the terminal is spelt. Never raises.
///@param fd integer
///@param text string
///@param mark? string  colours behind it pass
///@return boolean
///@return string? why
static int l_write(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    return push_written(L, shown_write(fd, text, len, luaL_optstring(L, 3, NULL)));
}

/* Adds the lines of the table at an argument; false stands for one that stays as it is. */
static int add_lines(lua_State *L, struct buf *out, int table, const char *mark)
{
    lua_Integer count = luaL_len(L, table);
    int error = 0, kept = 0;

    for (lua_Integer i = 1; i <= count && error == 0; i++) {
        size_t len;
        const char *line;

        lua_rawgeti(L, table, i);
        line = lua_tolstring(L, -1, &len);
        if (line)
            error = frame_keep(out, kept) < 0 ? -1 : frame_line(out, line, len, mark);
        kept = line ? 0 : kept + 1;
        lua_pop(L, 1);
    }
    return error < 0 ? error : frame_keep(out, kept);
}

/// Draws a frame over the one before, of so many rows, below which the cursor is; where its lines are fewer, the
/// rest is cleared. With a text above it nothing of the frame before stays.
///@param fd integer
///@param rows integer  of the frame before
///@param lines (string|false)[]  none wider than the terminal; false: as it is
///@param above string  whole lines that stay; ""
///@param mark? string
///@return boolean
///@return string? why
static int l_draw(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1), rows = (int)luaL_checkinteger(L, 2), stale;
    size_t len;
    const char *above = luaL_checklstring(L, 4, &len), *mark = luaL_optstring(L, 5, NULL);
    struct buf *out;

    luaL_checktype(L, 3, LUA_TTABLE);
    stale = len == 0 ? rows - (int)luaL_len(L, 3) : 0;
    out = lua_buf_new(L, DRAWN_MAX);
    if (frame_begin(out, rows, above, len, mark) < 0 || add_lines(L, out, 3, mark) < 0 ||
        frame_end(out, stale) < 0)
        return push_written(L, ENOMEM);
    return push_written(L, shown_put(fd, out));
}

/// Draws the line that is being typed over the cursor's row, and puts the cursor behind so many of its columns.
///@param fd integer
///@param line string  narrower than the terminal
///@param column integer
///@return boolean
///@return string? why
static int l_edit(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1), column = (int)luaL_checkinteger(L, 3);
    size_t len;
    const char *line = luaL_checklstring(L, 2, &len);
    struct buf *out = lua_buf_new(L, DRAWN_MAX);

    if (buf_adds(out, "\r\33[K") < 0 || shown_add(out, line, len, NULL) < 0 ||
        buf_adds(out, "\r") < 0 || (column > 0 && buf_addf(out, "\33[%dC", column) < 0))
        return push_written(L, ENOMEM);
    return push_written(L, shown_put(fd, out));
}

/// Whether this process may draw on a terminal and read from it: false in the background.
///@param fd integer
///@return boolean
static int l_foreground(lua_State *L)
{
    lua_pushboolean(L, tty_foreground((int)luaL_checkinteger(L, 1)));
    return 1;
}

/// How often the process went on after it was stopped, since this was first asked: what it drew may be gone.
///@return integer
static int l_continued(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)tty_continued());
    return 1;
}

/// The text as write shows it.
///@param text string
///@return string
static int l_spelt(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *out = lua_buf_new(L, SPELT_MAX);

    if (shown_add(out, text, len, NULL) < 0)
        return vm_raisef(L, ERR_LIMIT, "spelt: the text is too long");
    lua_buf_push_text(L, out);
    return 1;
}

/* ---- a line from standard input ---- */

struct read_line {
    struct op op;
    uv_poll_t *poll; /* malloc'd: outlives the userdata until closed */
    struct buf line;
    bool eof, hidden;
};

static void read_line_closed(uv_handle_t *uv)
{
    free(uv);
}

static void read_line_stop(struct read_line *read)
{
    if (read->poll) {
        uv_close((uv_handle_t *)read->poll, read_line_closed);
        read->poll = NULL;
    }
    if (read->hidden)
        tty_restore();
    read->hidden = false;
}

static void read_line_cancel(struct op *op)
{
    read_line_stop((struct read_line *)op);
    op_done(op);
}

/* Byte by byte, so that what follows the line stays for the next reader. */
static bool read_line_take(struct read_line *read_op)
{
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        struct pollfd more = {.fd = STDIN_FILENO, .events = POLLIN};

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            read_op->eof = read_op->line.len == 0;
            return true;
        }
        if (c == '\n' || buf_add(&read_op->line, &c, 1) < 0)
            return true;
        if (poll(&more, 1, 0) == 0)
            return false;
    }
}

static void read_line_ready(uv_poll_t *uv, int status, int events)
{
    struct read_line *read = uv->data;

    (void)events;
    if (status < 0) /* a terminal that is gone: what was typed is the last line */
        read->eof = read->line.len == 0;
    else if (!read_line_take(read))
        return;
    read_line_stop(read);
    op_done(&read->op);
}

static int read_line_gc(lua_State *L)
{
    struct read_line *read = luaL_checkudata(L, 1, READ_TYPE);

    read_line_stop(read);
    op_abandon(&read->op);
    buf_release(&read->line);
    return 0;
}

static int read_line_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct read_line *read = luaL_checkudata(L, (int)ctx, READ_TYPE);

    (void)status;
    op_check(L, &read->op);
    if (read->eof)
        lua_pushnil(L);
    else
        lua_pushlstring(L, buf_str(&read->line), read->line.len);
    return 1;
}

/* The prompt comes once nothing is shown any more. */
/// A line of standard input without its newline; waits.
///@param prompt? string
///@param hidden? boolean  a terminal does not show it, as it is a secret
///@param anew? boolean    what was typed at a terminal before the prompt is thrown away
///@return string?  nil at the end
static int l_read_line(lua_State *L)
{
    struct read_line *read;
    size_t len;
    const char *prompt = luaL_optlstring(L, 1, "", &len);
    bool hidden = lua_toboolean(L, 2), anew = lua_toboolean(L, 3);

    lua_settop(L, 1);
    read = lua_newuserdatauv(L, sizeof *read, 0);
    memset(read, 0, sizeof *read);
    buf_init(&read->line, READ_LINE_MAX);
    op_init(&read->op, read_line_cancel);
    luaL_setmetatable(L, READ_TYPE);
    read->poll = malloc(sizeof *read->poll);
    if (!read->poll)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    read->hidden = hidden && tty_set(STDIN_FILENO, TTY_HIDDEN) == 0;
    if (anew)
        tcflush(STDIN_FILENO, TCIFLUSH);
    shown_write(STDERR_FILENO, prompt, len, NULL);
    if (uv_poll_init(&vm_of(L)->loop->uv, read->poll, STDIN_FILENO) < 0) {
        /* epoll refuses a regular file, which is always ready. */
        free(read->poll);
        read->poll = NULL;
        while (!read_line_take(read))
            ;
        read_line_stop(read);
        op_done(&read->op);
    } else {
        read->poll->data = read;
        uv_poll_start(read->poll, UV_READABLE, read_line_ready);
    }
    return op_wait(L, &read->op, 2, read_line_finish);
}

/// The standard streams, whether a person is behind them or not.
int luaopen_native_terminal(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"isatty", l_isatty},       {"size", l_size},
        {"write", l_write},         {"draw", l_draw},
        {"edit", l_edit},           {"foreground", l_foreground},
        {"continued", l_continued}, {"spelt", l_spelt},
        {"read_line", l_read_line}, {NULL, NULL},
    };

    vm_type_new(L, READ_TYPE, read_line_gc, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
