#include "native/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "engine/embed.h"
#include "base/loop.h"
#include "engine/sched.h"
#include "engine/signals.h"
#include "engine/task.h"
#include "engine/vm.h"

#define SYS_STATE "almanac.sys"
#define READ_TYPE "almanac.read_line"
#define READ_LINE_MAX ((size_t)64 << 10)

/* ---- the process ---- */

static struct signals *sys_signals(lua_State *L)
{
    struct signals *signals;

    lua_getfield(L, LUA_REGISTRYINDEX, SYS_STATE);
    signals = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return signals;
}

static int l_getenv(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

static int l_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* The file of the running program. */
static int l_exe(lua_State *L)
{
    char path[4096];
    size_t len = sizeof path;
    int rc = uv_exepath(path, &len);

    if (rc < 0)
        return vm_raisef(L, ERR_IO, "cannot tell the program's own path: %s", uv_strerror(rc));
    lua_pushlstring(L, path, len);
    return 1;
}

static int l_hostname(lua_State *L)
{
    char name[256];

    if (gethostname(name, sizeof name) < 0)
        lua_pushliteral(L, "localhost");
    else
        lua_pushstring(L, name);
    return 1;
}

/* Who is at the terminal: SUDO_USER before the user that sudo made of them. */
static int l_user(lua_State *L)
{
    const char *name = getenv("SUDO_USER");
    struct passwd *pw;

    if (!name || !*name) {
        pw = getpwuid(getuid());
        name = pw ? pw->pw_name : getenv("USER");
    }
    lua_pushstring(L, name ? name : "unknown");
    return 1;
}

static int l_cwd(lua_State *L)
{
    char path[4096];

    if (!getcwd(path, sizeof path)) {
        struct err e;

        err_set_errno(&e, ERR_IO, errno, "cannot tell the working directory");
        return vm_raise(L, &e);
    }
    lua_pushstring(L, path);
    return 1;
}

/* ---- output and the terminal ---- */

static int l_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

static int l_winsize(lua_State *L)
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

/* true, or false and why. A reader that went away (EPIPE, EIO after a hang-up) is no reason to
 * stop a run, so this never raises. */
static int l_write(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            poll(&wait, 1, -1);
            continue;
        }
        if (n < 0) {
            lua_pushboolean(L, 0);
            lua_pushstring(L, strerror(errno));
            return 2;
        }
        text += n;
        len -= (size_t)n;
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- a line from standard input ---- */

struct read_line {
    struct op op;
    uv_poll_t *poll; /* malloc'd: outlives the userdata until closed */
    struct buf line;
    bool eof;
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
    if (status >= 0 && !read_line_take(read))
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

/* A line of standard input without its newline, nil at the end; waits. */
static int l_read_line(lua_State *L)
{
    struct read_line *read;

    lua_settop(L, 0);
    read = lua_newuserdatauv(L, sizeof *read, 0);
    memset(read, 0, sizeof *read);
    buf_init(&read->line, READ_LINE_MAX);
    op_init(&read->op, read_line_cancel);
    luaL_setmetatable(L, READ_TYPE);
    read->poll = malloc(sizeof *read->poll);
    if (!read->poll)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    if (uv_poll_init(&vm_of(L)->loop->uv, read->poll, STDIN_FILENO) < 0) {
        /* epoll refuses a regular file, which is always ready. */
        free(read->poll);
        read->poll = NULL;
        while (!read_line_take(read))
            ;
        op_done(&read->op);
    } else {
        read->poll->data = read;
        uv_poll_start(read->poll, UV_READABLE, read_line_ready);
    }
    return op_wait(L, &read->op, 1, read_line_finish);
}

/* ---- signals ---- */

/* sys.guard(handle): the task that Ctrl-C pauses, and then cancels. */
static int l_guard(lua_State *L)
{
    struct task **slot = luaL_checkudata(L, 1, "almanac.task");

    signals_guard(sys_signals(L), *slot);
    return 0;
}

static int l_next_signal(lua_State *L)
{
    return signals_wait(L, sys_signals(L));
}

static int l_signal_count(lua_State *L)
{
    lua_pushinteger(L, signals_count(sys_signals(L)));
    return 1;
}

/* ---- digests ---- */

static int l_sha256(lua_State *L)
{
    char hex[DIGEST_HEX_SIZE];
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);

    digest_hex(text, len, hex);
    lua_pushstring(L, hex);
    return 1;
}

static int l_random_hex(lua_State *L)
{
    char hex[2 * 64 + 1];
    lua_Integer bytes = luaL_checkinteger(L, 1);

    luaL_argcheck(L, bytes > 0 && bytes <= 64, 1, "from 1 to 64 bytes");
    digest_random_hex(hex, (size_t)bytes);
    lua_pushstring(L, hex);
    return 1;
}

/* ---- files: embedded ones, and reading from disk for the stdlib itself ---- */

static int l_embedded(lua_State *L)
{
    const char *prefix = luaL_checkstring(L, 1);
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < embed_count; i++) {
        if (strncmp(embed_files[i].path, prefix, strlen(prefix)) == 0) {
            lua_pushstring(L, embed_files[i].path);
            lua_rawseti(L, -2, ++n);
        }
    }
    return 1;
}

/* The text of an embedded file, or nil. */
static int l_source(lua_State *L)
{
    struct err e;

    if (vm_read_source(L, luaL_checkstring(L, 1), &e) < 0)
        lua_pushnil(L);
    return 1;
}

static int l_where(lua_State *L)
{
    vm_push_where(L);
    return 1;
}

/* function_place(fn) -> its chunk's name, the first and the last line of its definition. What
 * debug.getinfo says, without a table for each call: a replay asks for every step. */
static int l_function_place(lua_State *L)
{
    lua_Debug ar;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_getinfo(L, ">S", &ar);
    lua_pushlstring(L, ar.source, ar.srclen);
    lua_pushinteger(L, ar.linedefined);
    lua_pushinteger(L, ar.lastlinedefined);
    return 3;
}

/* Gives a table the metatable of errors, and `where` if it has none. */
static int l_error(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, "almanac.error");
    if (lua_getfield(L, 1, "where") == LUA_TNIL) {
        vm_push_where(L);
        lua_setfield(L, 1, "where");
    }
    lua_settop(L, 1);
    return 1;
}

/* The error table that vm_traceback makes of any value: for coroutines and xpcall in the stdlib. */
static int l_decorate(lua_State *L)
{
    lua_settop(L, 1);
    vm_decorate_error(L);
    return 1;
}

/* sys.memory() → bytes in use by Lua. */
static int l_memory(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)vm_of(L)->memory_used);
    return 1;
}

void mod_sys_setup(lua_State *L, int argc, char **argv, struct signals *signals)
{
    lua_pushlightuserdata(L, signals);
    lua_setfield(L, LUA_REGISTRYINDEX, SYS_STATE);
    lua_createtable(L, argc, 0);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, "almanac.argv");
}

int luaopen_native_sys(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"getenv", l_getenv},
        {"pid", l_pid},
        {"exe", l_exe},
        {"hostname", l_hostname},
        {"user", l_user},
        {"cwd", l_cwd},
        {"isatty", l_isatty},
        {"winsize", l_winsize},
        {"write", l_write},
        {"read_line", l_read_line},
        {"guard", l_guard},
        {"next_signal", l_next_signal},
        {"signal_count", l_signal_count},
        {"sha256", l_sha256},
        {"random_hex", l_random_hex},
        {"embedded", l_embedded},
        {"source", l_source},
        {"where", l_where},
        {"function_place", l_function_place},
        {"error", l_error},
        {"decorate", l_decorate},
        {"memory", l_memory},
        {NULL, NULL},
    };

    luaL_newmetatable(L, READ_TYPE);
    lua_pushcfunction(L, read_line_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    lua_getfield(L, LUA_REGISTRYINDEX, "almanac.argv");
    lua_setfield(L, -2, "argv");
    lua_pushliteral(L, ALMANAC_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
