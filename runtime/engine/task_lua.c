/* The Lua face of tasks: spawn and join, sleep, signals, deadlines, permits. */
#include "engine/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "engine/sched.h"
#include "engine/task_internal.h"
#include "engine/task_with.h"
#include "engine/vm.h"

#define HANDLE_TYPE "almanac.task"
#define JOIN_TYPE "almanac.join"
#define SLEEP_TYPE "almanac.run.sleep"
#define SIGNAL_TYPE "almanac.signal"
#define WAITER_TYPE "almanac.waiter"

const char *const task_level_names[] = {"none", "pause", "timeout", "cancel", NULL};
const char *const task_permit_names[] = {"compute", "read", "effect", NULL};

/* ---- deadlines, shields, permits ---- */

struct task *task_check_current(lua_State *L)
{
    struct task *task = vm_of(L)->sched->current;

    if (!task)
        vm_raisef(L, ERR_USAGE, "no task is running");
    return task;
}

static int l_push_deadline(lua_State *L)
{
    struct task *task = task_check_current(L);
    double seconds = luaL_checknumber(L, 1);

    if (task->deadline_count == task->deadline_cap) {
        size_t cap = task->deadline_cap ? task->deadline_cap * 2 : 4;
        struct deadline *grown = realloc(task->deadlines, cap * sizeof *grown);

        if (!grown)
            vm_raisef(L, ERR_MEMORY, "out of memory");
        task->deadlines = grown;
        task->deadline_cap = cap;
    }
    task->deadlines[task->deadline_count].at = loop_now() + seconds;
    task->deadlines[task->deadline_count].expired = false;
    task->deadline_count++;
    task_arm_deadline(task);
    lua_pushinteger(L, (lua_Integer)task->deadline_count);
    return 1;
}

static int l_pop_deadline(lua_State *L)
{
    struct task *task = task_check_current(L);
    lua_Integer token = luaL_checkinteger(L, 1);

    if (token < 1 || token > (lua_Integer)task->deadline_count)
        return luaL_argerror(L, 1, "not a deadline of this task");
    lua_pushboolean(L, task->deadlines[token - 1].expired);
    task->deadline_count = (size_t)token - 1;
    task_arm_deadline(task);
    return 1;
}

static int l_shield(lua_State *L)
{
    struct task *task = task_check_current(L);
    int level = luaL_checkoption(L, 1, NULL, task_level_names);

    lua_pushstring(L, task_level_names[task->shield]);
    task->shield = (enum interrupt)level;
    return 1;
}

static int l_permit(lua_State *L)
{
    struct task *task = task_check_current(L);
    int permit = luaL_checkoption(L, 1, NULL, task_permit_names);

    lua_pushstring(L, task_permit_names[task->permit]);
    task->permit = (enum permit)permit;
    return 1;
}

/* With an argument: raises unless the running code has that permit; for the stdlib. */
static int l_require_permit(lua_State *L)
{
    int permit = luaL_checkoption(L, 1, NULL, task_permit_names);

    task_require(L, (enum permit)permit, luaL_checkstring(L, 2));
    return 0;
}

/* task.watch(coroutine) → the coroutine */
static int l_watch(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    sched_watch(lua_tothread(L, 1));
    lua_settop(L, 1);
    return 1;
}

static int face_finish(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    return lua_gettop(L);
}

static int face_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, face_finish);
    return face_finish(L, LUA_OK, 0);
}

/* task.face(fn) → fn behind a C function. `return helm.upgrade{…}` in a script is a tail call: a
 * Lua function would take the place of the script's frame, and an error could not name its line. */
static int l_face(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushcclosure(L, face_call, 1);
    return 1;
}

static int l_interrupted(lua_State *L)
{
    enum interrupt level = task_level(task_check_current(L));

    if (level == INTERRUPT_NONE)
        lua_pushnil(L);
    else
        lua_pushstring(L, task_level_names[level]);
    return 1;
}

static int l_context(lua_State *L)
{
    struct task *task = vm_of(L)->sched->current;

    if (!task || task->context_ref == LUA_NOREF)
        lua_pushnil(L);
    else
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->context_ref);
    return 1;
}

static int l_set_context(lua_State *L)
{
    struct task *task = task_check_current(L);

    lua_settop(L, 1);
    luaL_unref(L, LUA_REGISTRYINDEX, task->context_ref);
    task->context_ref = lua_isnil(L, 1) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* ---- spawn and join ---- */

static struct task *handle_check(lua_State *L)
{
    struct task **slot = luaL_checkudata(L, 1, HANDLE_TYPE);

    return *slot;
}

static int handle_gc(lua_State *L)
{
    struct task **slot = luaL_checkudata(L, 1, HANDLE_TYPE);

    task_unref(*slot);
    *slot = NULL;
    return 0;
}

static int l_spawn(lua_State *L)
{
    struct task **slot;
    int n = lua_gettop(L);

    luaL_checktype(L, 1, LUA_TFUNCTION);
    slot = lua_newuserdatauv(L, sizeof *slot, 0);
    *slot = NULL;
    luaL_setmetatable(L, HANDLE_TYPE);
    lua_insert(L, 1);
    *slot = sched_spawn(vm_of(L)->sched, task_check_current(L), L, n - 1);
    return 1;
}

static void join_cancel(struct op *op)
{
    struct join *join = (struct join *)op;
    struct join **link = &join->target->joins;

    while (*link && *link != join)
        link = &(*link)->next;
    if (*link)
        *link = join->next;
    join->next = NULL;
    op_done(op);
}

static int join_gc(lua_State *L)
{
    struct join *join = luaL_checkudata(L, 1, JOIN_TYPE);

    if (!join->target)
        return 0;
    if (!join->op.done)
        join_cancel(&join->op);
    op_abandon(&join->op);
    task_unref(join->target);
    join->target = NULL;
    return 0;
}

static int join_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct join *join = luaL_checkudata(L, (int)ctx, JOIN_TYPE);

    (void)status;
    if (!join->joined)
        op_check(L, &join->op);
    return task_push_results(join->target, L);
}

static int handle_join(lua_State *L)
{
    struct task *target = handle_check(L);
    struct join *join;

    if (target == vm_of(L)->sched->current)
        return vm_raisef(L, ERR_USAGE, "a task cannot wait for itself");
    lua_settop(L, 1);
    join = lua_newuserdatauv(L, sizeof *join, 0);
    memset(join, 0, sizeof *join);
    luaL_setmetatable(L, JOIN_TYPE);
    op_init(&join->op, join_cancel);
    join->target = target;
    task_ref(target);
    if (target->ended) {
        join->joined = true;
        op_done(&join->op);
    } else {
        join->next = target->joins;
        target->joins = join;
    }
    return op_wait(L, &join->op, 2, join_finish);
}

static int handle_cancel(lua_State *L)
{
    struct task *task = handle_check(L);
    int level = luaL_checkoption(L, 2, "cancel", task_level_names);

    task_interrupt(task, (enum interrupt)level);
    return 0;
}

static int handle_done(lua_State *L)
{
    lua_pushboolean(L, handle_check(L)->ended);
    return 1;
}

/* ---- sleep ---- */

struct sleep {
    struct op op;
    struct loop_timer *timer;
};

static void sleep_end(struct sleep *sleep)
{
    loop_timer_stop(sleep->timer);
    sleep->timer = NULL;
    op_done(&sleep->op);
}

static void sleep_fired(void *arg)
{
    sleep_end(arg);
}

static void sleep_cancel(struct op *op)
{
    sleep_end((struct sleep *)op);
}

static int sleep_gc(lua_State *L)
{
    struct sleep *sleep = luaL_checkudata(L, 1, SLEEP_TYPE);

    loop_timer_stop(sleep->timer);
    sleep->timer = NULL;
    op_abandon(&sleep->op);
    return 0;
}

static int sleep_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct sleep *sleep = luaL_checkudata(L, (int)ctx, SLEEP_TYPE);

    (void)status;
    op_check(L, &sleep->op);
    return 0;
}

static int l_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct sleep *sleep;

    lua_settop(L, 1);
    sleep = lua_newuserdatauv(L, sizeof *sleep, 0);
    memset(sleep, 0, sizeof *sleep);
    luaL_setmetatable(L, SLEEP_TYPE);
    op_init(&sleep->op, sleep_cancel);
    sleep->timer = loop_timer_start(vm_of(L)->loop, seconds, sleep_fired, sleep);
    if (!sleep->timer)
        vm_raisef(L, ERR_MEMORY, "out of memory");
    return op_wait(L, &sleep->op, 2, sleep_finish);
}

/* ---- signals ---- */

struct signal {
    struct waiter *waiters;
};

struct waiter {
    struct op op;
    struct signal *signal; /* kept alive by the waiter's user value */
    struct waiter *next;
};

static void waiter_leave(struct waiter *waiter)
{
    struct waiter **link;

    if (!waiter->signal)
        return;
    link = &waiter->signal->waiters;
    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
    waiter->signal = NULL;
}

static void waiter_cancel(struct op *op)
{
    waiter_leave((struct waiter *)op);
    op_done(op);
}

static int waiter_gc(lua_State *L)
{
    struct waiter *waiter = luaL_checkudata(L, 1, WAITER_TYPE);

    waiter_leave(waiter);
    op_abandon(&waiter->op);
    return 0;
}

static int waiter_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct waiter *waiter = luaL_checkudata(L, (int)ctx, WAITER_TYPE);

    (void)status;
    op_check(L, &waiter->op);
    return 0;
}

static int l_signal(lua_State *L)
{
    struct signal *signal = lua_newuserdatauv(L, sizeof *signal, 0);

    signal->waiters = NULL;
    luaL_setmetatable(L, SIGNAL_TYPE);
    return 1;
}

static int signal_wait(lua_State *L)
{
    struct signal *signal = luaL_checkudata(L, 1, SIGNAL_TYPE);
    struct waiter *waiter;

    lua_settop(L, 1);
    waiter = lua_newuserdatauv(L, sizeof *waiter, 1);
    memset(waiter, 0, sizeof *waiter);
    luaL_setmetatable(L, WAITER_TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    op_init(&waiter->op, waiter_cancel);
    waiter->signal = signal;
    waiter->next = signal->waiters;
    signal->waiters = waiter;
    return op_wait(L, &waiter->op, 2, waiter_finish);
}

static int signal_notify(lua_State *L)
{
    struct signal *signal = luaL_checkudata(L, 1, SIGNAL_TYPE);
    struct waiter *waiter = signal->waiters;

    signal->waiters = NULL;
    while (waiter) {
        struct waiter *next = waiter->next;

        waiter->signal = NULL;
        op_done(&waiter->op);
        waiter = next;
    }
    return 0;
}

static int l_now(lua_State *L)
{
    lua_pushnumber(L, loop_now());
    return 1;
}

static int l_wall_ms(lua_State *L)
{
    lua_pushinteger(L, loop_wall_ms());
    return 1;
}

static void task_new_type(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    if (gc) {
        lua_pushcfunction(L, gc);
        lua_setfield(L, -2, "__gc");
    }
    if (methods) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

int luaopen_task(lua_State *L)
{
    static const luaL_Reg handle_methods[] = {
        {"join", handle_join}, {"cancel", handle_cancel}, {"done", handle_done}, {NULL, NULL}};
    static const luaL_Reg signal_methods[] = {
        {"wait", signal_wait}, {"notify", signal_notify}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"spawn", l_spawn},
                                         {"sleep", l_sleep},
                                         {"signal", l_signal},
                                         {"now", l_now},
                                         {"wall_ms", l_wall_ms},
                                         {"context", l_context},
                                         {"set_context", l_set_context},
                                         {"shield", l_shield},
                                         {"permit", l_permit},
                                         {"with", task_with},
                                         {"face", l_face},
                                         {"watch", l_watch},
                                         {"require_permit", l_require_permit},
                                         {"interrupted", l_interrupted},
                                         {"push_deadline", l_push_deadline},
                                         {"pop_deadline", l_pop_deadline},
                                         {NULL, NULL}};

    task_new_type(L, HANDLE_TYPE, handle_gc, handle_methods);
    task_new_type(L, JOIN_TYPE, join_gc, NULL);
    task_new_type(L, SLEEP_TYPE, sleep_gc, NULL);
    task_new_type(L, SIGNAL_TYPE, NULL, signal_methods);
    task_new_type(L, WAITER_TYPE, waiter_gc, NULL);
    luaL_newlib(L, functions);
    return 1;
}
