/* A condition that tasks wait for, and others notify; it keeps no state of its own. */
#include <string.h>
#include <lauxlib.h>

#include "engine/task_internal.h"
#include "engine/vm_type.h"

#define CONDITION_TYPE "almanac.condition"
#define WAITER_TYPE "almanac.waiter"

struct condition {
    struct waiter *waiters;
};

struct waiter {
    struct op op;
    struct condition *condition; /* kept alive by the waiter's user value */
    struct waiter *next;
};

static void waiter_leave(struct waiter *waiter)
{
    struct waiter **link;

    if (!waiter->condition)
        return;
    link = &waiter->condition->waiters;
    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
    waiter->condition = NULL;
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

/// Something to wait for; it keeps no state of its own.
///@return native.task.Condition
int task_condition(lua_State *L)
{
    struct condition *condition = lua_newuserdatauv(L, sizeof *condition, 0);

    condition->waiters = NULL;
    luaL_setmetatable(L, CONDITION_TYPE);
    return 1;
}

/// Waits for notify.
///
/// Raises: `paused`, `timeout`, `cancelled`.
static int condition_wait(lua_State *L)
{
    struct condition *condition = luaL_checkudata(L, 1, CONDITION_TYPE);
    struct waiter *waiter;

    lua_settop(L, 1);
    waiter = lua_newuserdatauv(L, sizeof *waiter, 1);
    memset(waiter, 0, sizeof *waiter);
    luaL_setmetatable(L, WAITER_TYPE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    op_init(&waiter->op, waiter_cancel);
    waiter->condition = condition;
    waiter->next = condition->waiters;
    condition->waiters = waiter;
    return op_wait(L, &waiter->op, 2, waiter_finish);
}

/// Wakes all who wait now.
static int condition_notify(lua_State *L)
{
    struct condition *condition = luaL_checkudata(L, 1, CONDITION_TYPE);
    struct waiter *waiter = condition->waiters;

    condition->waiters = NULL;
    while (waiter) {
        struct waiter *next = waiter->next;

        waiter->condition = NULL;
        op_done(&waiter->op);
        waiter = next;
    }
    return 0;
}

void task_open_condition(lua_State *L)
{
    /// Something to wait for.
    ///@class native.task.Condition
    static const luaL_Reg methods[] = {
        {"wait", condition_wait}, {"notify", condition_notify}, {NULL, NULL}};

    vm_type_new(L, CONDITION_TYPE, NULL, NULL, methods);
    vm_type_new(L, WAITER_TYPE, waiter_gc, NULL, NULL);
}
