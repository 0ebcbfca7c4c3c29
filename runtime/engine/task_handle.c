/* The handle of a task in Lua: spawn, join, cancel. */
#include <string.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/sched.h"
#include "engine/task_internal.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define HANDLE_TYPE "almanac.task"
#define JOIN_TYPE "almanac.join"

struct task *task_check_handle(lua_State *L, int arg)
{
    struct task **slot = luaL_checkudata(L, arg, HANDLE_TYPE);

    return *slot;
}

static int handle_gc(lua_State *L)
{
    struct task **slot = luaL_checkudata(L, 1, HANDLE_TYPE);

    task_unref(*slot);
    *slot = NULL;
    return 0;
}

/// Begins a child of the current task; it runs when this one waits.
///@param fn function
///@param ... any
///@return native.task.Handle
int task_spawn(lua_State *L)
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

/// Waits until it is over.
///@return boolean ok
///@return any ...  what it returned, or the error
static int handle_join(lua_State *L)
{
    struct task *target = task_check_handle(L, 1);
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

/// Interrupts it, and its children.
///@param level? "pause"|"timeout"|"cancel"  "cancel"
static int handle_cancel(lua_State *L)
{
    struct task *task = task_check_handle(L, 1);
    int level = luaL_checkoption(L, 2, "cancel", task_level_names);

    task_interrupt(task, (enum interrupt)level);
    return 0;
}

static void limit_reached(void *arg)
{
    task_interrupt(arg, INTERRUPT_TIMEOUT);
}

/// Interrupts it, and its children, in so many seconds of the computer's clock, also where another
/// one is simulated, and also while one of them computes and never waits. The last limit counts.
///@param seconds number
static int handle_limit(lua_State *L)
{
    struct task *task = task_check_handle(L, 1);
    double seconds = luaL_checknumber(L, 2);

    if (task->ended)
        return 0;
    loop_timer_stop(task->limit_timer);
    task->limit_timer = loop_timer_start_real(vm_of(L)->loop, seconds, limit_reached, task);
    if (!task->limit_timer)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    return 0;
}

/// Whether it is over.
///@return boolean
static int handle_done(lua_State *L)
{
    lua_pushboolean(L, task_check_handle(L, 1)->ended);
    return 1;
}

void task_open_handle(lua_State *L)
{
    /// A task that was begun.
    ///@class native.task.Handle
    static const luaL_Reg methods[] = {{"join", handle_join},
                                       {"cancel", handle_cancel},
                                       {"limit", handle_limit},
                                       {"done", handle_done},
                                       {NULL, NULL}};

    vm_type_new(L, HANDLE_TYPE, handle_gc, NULL, methods);
    vm_type_new(L, JOIN_TYPE, join_gc, NULL, NULL);
}
