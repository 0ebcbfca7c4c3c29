#include "native/sh.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/loop.h"
#include "engine/lua_buf.h"
#include "engine/task.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"
#include "native/sh_options.h"
#include "proc/proc.h"

#define CHILD "almanac.child"
#define QUEUE_HIGH (256u * 1024) /* bytes of lines nobody read yet: the child must wait */
#define QUEUE_LOW (64u * 1024)

struct line {
    struct line *next;
    enum proc_stream stream;
    bool more;
    size_t len;
    char text[];
};

enum child_wait { WAIT_NOTHING, WAIT_LINE, WAIT_END };

struct child {
    struct op op;
    enum child_wait wait;
    struct proc *proc; /* NULL once closed */
    struct loop_timer *timer;
    double timeout; /* seconds, 0: none */
    bool timed_out;
    bool queueing;
    struct line *first, **last;
    size_t queued;
};

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"XCPU", SIGXCPU}, {"SYS", SIGSYS},
};

#define SIGNAL_COUNT (sizeof signals / sizeof signals[0])

/* --- callbacks from the loop: they only queue --- */

static void child_wake(struct child *c, enum child_wait what)
{
    if (c->wait == what) {
        c->wait = WAIT_NOTHING;
        op_done(&c->op);
    }
}

static void child_on_line(void *arg, enum proc_stream stream, const char *text, size_t len,
                          bool more)
{
    struct child *c = arg;
    struct line *line;

    if (!c->queueing)
        return;
    line = malloc(sizeof *line + len + 1);
    if (!line)
        return; /* the capture still has it */
    line->next = NULL;
    line->stream = stream;
    line->more = more;
    line->len = len;
    memcpy(line->text, text, len + 1);
    *c->last = line;
    c->last = &line->next;
    c->queued += sizeof *line + len;
    if (c->queued > QUEUE_HIGH)
        proc_hold(c->proc, true);
    child_wake(c, WAIT_LINE);
}

static void child_on_done(void *arg)
{
    struct child *c = arg;

    loop_timer_stop(c->timer);
    c->timer = NULL;
    child_wake(c, WAIT_LINE);
    child_wake(c, WAIT_END);
}

static void child_on_timeout(void *arg)
{
    struct child *c = arg;

    loop_timer_stop(c->timer);
    c->timer = NULL;
    c->timed_out = true;
    proc_stop(c->proc);
}

static void child_drop_lines(struct child *c)
{
    while (c->first) {
        struct line *line = c->first;

        c->first = line->next;
        free(line);
    }
    c->last = &c->first;
    c->queued = 0;
}

static void child_close(struct child *c)
{
    op_abandon(&c->op);
    c->wait = WAIT_NOTHING;
    loop_timer_stop(c->timer);
    c->timer = NULL;
    proc_free(c->proc);
    c->proc = NULL;
    child_drop_lines(c);
}

static int child_gc(lua_State *L)
{
    child_close(luaL_checkudata(L, 1, CHILD));
    return 0;
}

static struct child *child_check(lua_State *L)
{
    struct child *c = luaL_checkudata(L, 1, CHILD);

    if (!c->proc)
        vm_raisef(L, ERR_USAGE, "this child process was closed");
    return c;
}

static struct child *child_of(struct op *op)
{
    return (struct child *)((char *)op - offsetof(struct child, op));
}

/* --- starting --- */

/* Makes and starts the child that the table at index 1 describes; leaves it at index 2. */
static struct child *child_start(lua_State *L, const char *fallback, bool queueing)
{
    struct vm *vm = vm_of(L);
    struct proc_spec spec = {.line = child_on_line, .done = child_on_done};
    struct child *c;
    const char *who;
    struct err e;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    who = vm_opt_string(L, 1, "who", fallback, NULL, fallback);
    task_require(L, vm_opt_boolean(L, 1, "read", who, 0) ? PERMIT_READ : PERMIT_EFFECT, who);
    c = lua_newuserdatauv(L, sizeof *c, 0); /* index 2 */
    memset(c, 0, sizeof *c);
    op_init(&c->op, NULL);
    c->last = &c->first;
    c->queueing = queueing;
    luaL_setmetatable(L, CHILD);
    lua_newtable(L); /* index 3: keeps strings alive */
    sh_options_read(L, 1, 3, who, &spec);
    c->timeout = vm_opt_number(L, 1, "timeout", who, 0);
    spec.arg = c;
    if (proc_spawn(vm->loop, &spec, &c->proc, &e) < 0)
        vm_raise(L, &e);
    if (c->timeout > 0)
        c->timer = loop_timer_start(vm->loop, c->timeout, child_on_timeout, c);
    lua_settop(L, 2);
    return c;
}

/* --- results --- */

static void push_output(lua_State *L, struct child *c, enum proc_stream stream)
{
    struct buf *b = lua_buf_new(L, (size_t)-1 / 4);

    if (proc_output(c->proc, stream, b) < 0)
        vm_raisef(L, ERR_MEMORY, "out of memory for the output of a child process");
    lua_buf_push_text(L, b);
    lua_remove(L, -2);
}

static void push_signal(lua_State *L, int number)
{
    size_t i;

    for (i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i].number == number) {
            lua_pushstring(L, signals[i].name);
            return;
        }
    lua_pushfstring(L, "%d", number);
}

/* Sets the fields of the result in the table at the top. */
static void set_result(lua_State *L, struct child *c)
{
    struct proc_result r;

    push_output(L, c, PROC_STDOUT);
    lua_setfield(L, -2, "stdout");
    push_output(L, c, PROC_STDERR);
    lua_setfield(L, -2, "stderr");
    if (!proc_is_done(c->proc))
        return;
    proc_result(c->proc, &r);
    if (r.signal) {
        push_signal(L, r.signal);
        lua_setfield(L, -2, "signal");
    } else {
        lua_pushinteger(L, r.code);
        lua_setfield(L, -2, "code");
    }
    lua_pushnumber(L, r.elapsed);
    lua_setfield(L, -2, "elapsed");
    lua_pushboolean(L, r.truncated);
    lua_setfield(L, -2, "truncated");
    lua_pushboolean(L, r.stopped);
    lua_setfield(L, -2, "stopped");
}

static void push_timeout(lua_State *L, struct child *c)
{
    struct err e;

    lua_getfield(L, 1, "argv");
    lua_rawgeti(L, -1, 1);
    err_set(&e, ERR_TIMEOUT, "%s took longer than %g s and was stopped", lua_tostring(L, -1),
            c->timeout);
    lua_pop(L, 2);
    vm_push_error(L, &e);
}

static int exec_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct child *c = lua_touserdata(L, 2);
    struct proc_result r;

    (void)status;
    (void)ctx;
    proc_result(c->proc, &r);
    /* One that ended by itself has a result worth more than the interrupt, which is sticky. */
    if (!r.stopped) {
        lua_newtable(L);
        set_result(L, c);
        child_close(c);
        return 1;
    }
    if (c->op.interrupted)
        op_push_interrupt(L, &c->op);
    else
        push_timeout(L, c);
    set_result(L, c);
    lua_getfield(L, 1, "argv");
    lua_setfield(L, -2, "argv");
    child_close(c);
    return lua_error(L);
}

static void exec_cancel(struct op *op)
{
    struct child *c = child_of(op);

    if (c->proc)
        proc_stop(c->proc);
}

/// Runs a command to its end; waits. A timeout or an interrupt stops it and raises with stdout,
/// stderr, argv, code, signal and elapsed in the error. Permit "effect", or "read" with read =
/// true: the caller's promise that it only looks.
///
/// Raises: `not_found`, `timeout`, `cancelled`, `paused`, `io`, `usage`.
///@param options native.sh.Options
///@return native.sh.Result
static int sh_exec(lua_State *L)
{
    struct child *c = child_start(L, "sh.exec", false);

    c->op.cancel = exec_cancel;
    c->wait = WAIT_END;
    return op_wait(L, &c->op, 0, exec_finish);
}

/// Starts a command whose lines are read while it runs. Permits as exec.
///
/// Raises: `not_found`, `io`, `usage`.
///@param options native.sh.Options
///@return native.sh.Child
static int sh_start(lua_State *L)
{
    child_start(L, "sh.start", true);
    return 1;
}

/* --- the methods of a started child --- */

/* Leaves the child as it is: whoever waits decides what becomes of it. */
static void wait_cancel(struct op *op)
{
    child_wake(child_of(op), child_of(op)->wait);
}

static void child_prepare_wait(lua_State *L, struct child *c, enum child_wait what)
{
    if (c->wait != WAIT_NOTHING)
        vm_raisef(L, ERR_USAGE, "another task waits for this child process already");
    op_init(&c->op, wait_cancel);
    c->wait = what;
}

static int read_line_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct child *c = child_check(L);
    struct line *line = c->first;

    (void)status;
    (void)ctx;
    op_check(L, &c->op);
    if (!line) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, line->stream == PROC_STDOUT ? "stdout" : "stderr");
    lua_pushlstring(L, line->text, line->len);
    lua_pushboolean(L, line->more);
    c->first = line->next;
    if (!c->first)
        c->last = &c->first;
    c->queued -= sizeof *line + line->len;
    free(line);
    if (c->queued < QUEUE_LOW)
        proc_hold(c->proc, false);
    return 3;
}

/// The next line; waits.
///@return "stdout"|"stderr"|nil stream  nil at the end
///@return string? text
///@return boolean? more  the line is longer than a buffer, and goes on in the next
static int child_read_line(lua_State *L)
{
    struct child *c = child_check(L);

    lua_settop(L, 1);
    child_prepare_wait(L, c, WAIT_LINE);
    if (c->first || proc_is_done(c->proc)) {
        c->wait = WAIT_NOTHING;
        op_done(&c->op);
    }
    return op_wait(L, &c->op, 0, read_line_finish);
}

static int wait_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct child *c = child_check(L);

    (void)status;
    (void)ctx;
    if (!proc_is_done(c->proc))
        op_check(L, &c->op);
    lua_newtable(L);
    set_result(L, c);
    if (c->timed_out) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "timed_out");
    }
    return 1;
}

/// Waits until it is over; lines not read yet are given up.
///@return native.sh.Result
static int child_wait(lua_State *L)
{
    struct child *c = child_check(L);

    lua_settop(L, 1);
    c->queueing = false;
    child_drop_lines(c);
    child_prepare_wait(L, c, WAIT_END);
    if (proc_is_done(c->proc)) {
        c->wait = WAIT_NOTHING;
        op_done(&c->op);
    } else {
        proc_hold(c->proc, false);
    }
    return op_wait(L, &c->op, 0, wait_finish);
}

/// What it has said so far.
///@return string stdout
///@return string stderr
static int child_output(lua_State *L)
{
    struct child *c = child_check(L);

    push_output(L, c, PROC_STDOUT);
    push_output(L, c, PROC_STDERR);
    return 2;
}

/// Writes to its standard input.
///@param text string
static int child_write(lua_State *L)
{
    struct child *c = child_check(L);
    struct err e;
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    if (proc_write(c->proc, text, len, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// Ends its standard input.
static int child_close_stdin(lua_State *L)
{
    proc_close_stdin(child_check(L)->proc);
    return 0;
}

static int check_signal(lua_State *L, int arg)
{
    const char *name;
    size_t i;

    if (lua_isinteger(L, arg))
        return (int)lua_tointeger(L, arg);
    name = luaL_optstring(L, arg, "TERM");
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (i = 0; i < SIGNAL_COUNT; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return vm_raisef(L, ERR_USAGE, "there is no signal \"%s\"", name);
}

/// Sends a signal to its group.
///@param signal string  "TERM"
static int child_kill(lua_State *L)
{
    struct child *c = child_check(L);
    int signum = check_signal(L, 2);
    struct err e;

    if (proc_kill(c->proc, signum, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

/// TERM, and KILL grace later.
static int child_stop(lua_State *L)
{
    proc_stop(child_check(L)->proc);
    return 0;
}

/// Its process, which leads its group.
///@return integer
static int child_pid(lua_State *L)
{
    lua_pushinteger(L, proc_pid(child_check(L)->proc));
    return 1;
}

/* --- looking --- */

/// The processes that have a variable in their environment. Permit "read".
///@param name string
///@param value string
///@return integer[] pids
static int sh_find_by_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *value = luaL_checkstring(L, 2);
    pid_t pids[256];
    size_t i, n;

    task_require(L, PERMIT_READ, "sh.find_by_env");
    n = proc_find_by_env(name, value, pids, sizeof pids / sizeof pids[0]);
    lua_createtable(L, (int)n, 0);
    for (i = 0; i < n; i++) {
        lua_pushinteger(L, pids[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/// The program that a word means, by PATH. Permit "read".
///@param name string
///@param search? string  in the place of PATH
///@param cwd? string   what a path that is relative begins at
///@return string? path
static int sh_which(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *search = luaL_optstring(L, 2, NULL);
    const char *cwd = luaL_optstring(L, 3, NULL);
    char copy[4096];
    char *path;
    struct err e;

    task_require(L, PERMIT_READ, "sh.which");
    if (proc_which(name, search, cwd, &path, &e) < 0)
        return 0;
    snprintf(copy, sizeof copy, "%s", path);
    free(path);
    lua_pushstring(L, copy);
    return 1;
}

/// What every child gets of the environment besides the keep_env of its own, in the place of the list
/// before it; at first it is nothing.
///@param names string[]  a name, or PREFIX* for all that begin so
static int sh_keep_env(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    sh_options_keep(L, 1);
    return 0;
}

/// Child processes. Reading needs permit "read".
int luaopen_native_sh(lua_State *L)
{
    /// What a command is started with. Times are in seconds.
    ///@class native.sh.Options
    ///@field argv string[]
    ///@field cwd? string
    ///@field env? table<string, string|false>  added to the environment; false removes
    ///@field keep_env? string[]  of Almanac's environment, besides what every child gets: NAME or PREFIX*
    ///@field stdin? string
    ///@field keep_stdin? boolean  of start: it is written to
    ///@field foreground? boolean  another almanac: with our streams, in our process group
    ///@field timeout? number
    ///@field grace? number  between TERM and KILL
    ///@field max_output? integer  bytes of each stream
    ///@field read? boolean  it only looks
    ///@field who? string  the public function, for errors
    ///
    ///@class native.sh.Result
    ///@field code? integer
    ///@field signal? string  a name, where one ended it
    ///@field stdout string
    ///@field stderr string
    ///@field elapsed number  seconds
    ///@field truncated boolean
    ///@field stopped boolean
    static const luaL_Reg functions[] = {
        {"exec", sh_exec},   {"start", sh_start},       {"find_by_env", sh_find_by_env},
        {"which", sh_which}, {"keep_env", sh_keep_env}, {NULL, NULL},
    };
    /// A child process.
    ///@class native.sh.Child
    static const luaL_Reg methods[] = {
        {"read_line", child_read_line},
        {"wait", child_wait},
        {"output", child_output},
        {"write", child_write},
        {"close_stdin", child_close_stdin},
        {"kill", child_kill},
        {"stop", child_stop},
        {"pid", child_pid},
        {NULL, NULL},
    };

    vm_type_new(L, CHILD, child_gc, child_gc, methods);
    luaL_newlib(L, functions);
    return 1;
}
