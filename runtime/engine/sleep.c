/* task.sleep. */
#include <string.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/task_internal.h"
#include "engine/vm.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define SLEEP_TYPE "almanac.sleep"

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

/// Waits.
///
/// Raises: `paused`, `timeout`, `cancelled`, as every wait that is interrupted.
///@param seconds number
int task_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct loop *loop = vm_of(L)->loop;
    struct sleep *sleep;

    lua_settop(L, 1);
    sleep = lua_newuserdatauv(L, sizeof *sleep, 0);
    memset(sleep, 0, sizeof *sleep);
    luaL_setmetatable(L, SLEEP_TYPE);
    op_init(&sleep->op, sleep_cancel);
    sleep->timer = loop_timer_start(loop, seconds, sleep_fired, sleep);
    if (!sleep->timer)
        vm_raisef(L, ERR_MEMORY, "out of memory");
    return op_wait(L, &sleep->op, 2, sleep_finish);
}

void task_open_sleep(lua_State *L)
{
    vm_type_new(L, SLEEP_TYPE, sleep_gc, NULL, NULL);
}
