#include "engine/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "engine/sched.h"
#include "engine/task_internal.h"
#include "engine/vm.h"
#include "engine/vm_error.h"

/* ---- operations ---- */

void op_init(struct op *op, void (*cancel)(struct op *op))
{
    memset(op, 0, sizeof *op);
    op->cancel = cancel;
}

void op_done(struct op *op)
{
    op->done = true;
    if (op->task)
        sched_queue(op->task);
}

struct task *task_of(lua_State *L)
{
    struct task *task = vm_of(L)->sched->current;

    return task && task->L == L ? task : NULL;
}

int op_wait(lua_State *L, struct op *op, lua_KContext ctx, lua_KFunction k)
{
    struct task *task = task_of(L);

    if (!task) {
        vm_raisef(L, ERR_USAGE,
                  "cannot wait inside a coroutine made by coroutine.create: "
                  "use parallel, or call it from the step itself");
    }
    if (op->done)
        return k(L, LUA_OK, ctx);
    if (!lua_isyieldable(L)) {
        vm_raisef(L, ERR_USAGE,
                  "cannot wait inside a function that table.sort, string.gsub or a __close calls: "
                  "call it from the step itself");
    }
    BUG_ON(task->pending);
    op->task = task;
    task->pending = op;
    task_poke(task);
    return lua_yieldk(L, 0, ctx, k);
}

void op_push_interrupt(lua_State *L, const struct op *op)
{
    task_push_interrupt(L, op->interrupted);
}

void op_check(lua_State *L, const struct op *op)
{
    if (op->interrupted) {
        op_push_interrupt(L, op);
        lua_error(L);
    }
}

void op_abandon(struct op *op)
{
    if (op->task && op->task->pending == op)
        op->task->pending = NULL;
    op->task = NULL;
}

/* ---- interrupts, deadlines, permits ---- */

enum interrupt task_level(const struct task *task)
{
    enum interrupt level = task->interrupt;

    if (task->halt_ref != LUA_NOREF && level < INTERRUPT_PAUSE)
        level = INTERRUPT_PAUSE;
    for (size_t i = 0; i < task->deadline_count; i++) {
        if (task->deadlines[i].expired && level < INTERRUPT_TIMEOUT)
            level = INTERRUPT_TIMEOUT;
    }
    return level;
}

bool task_is_halted(const struct task *task)
{
    return task->halt_ref != LUA_NOREF && task->shield < INTERRUPT_CANCEL;
}

bool task_is_interrupted(const struct task *task)
{
    return task_is_halted(task) || task_level(task) > task->shield;
}

void task_poke(struct task *task)
{
    struct op *op = task->pending;

    if (!op || op->done || op->interrupted || !task_is_interrupted(task))
        return;
    if (!op->cancel)
        return;
    op->interrupted = task_level(task);
    op->cancel(op);
}

void task_say_paused(struct task *task, const char *by)
{
    task->paused_by = by;
}

/* What paused a task, or one that it is a child of. */
static const char *paused_by(const struct task *task)
{
    while (task && !task->paused_by)
        task = task->parent;
    return task ? task->paused_by : "paused by the operator";
}

void task_push_interrupt(lua_State *L, enum interrupt level)
{
    const struct task *task = task_running(vm_of(L)->sched);
    struct err e;

    if (level == INTERRUPT_PAUSE && task && task->halt_ref != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->halt_ref);
        return;
    }
    switch (level) {
    case INTERRUPT_PAUSE:
        err_set(&e, ERR_PAUSED, "%s", paused_by(vm_of(L)->sched->current));
        break;
    case INTERRUPT_TIMEOUT:
        err_set(&e, ERR_TIMEOUT, "the time limit passed");
        break;
    default:
        err_set(&e, ERR_CANCELLED, "cancelled");
    }
    vm_push_error(L, &e);
}

void task_require(lua_State *L, enum permit permit, const char *who)
{
    struct task *task = vm_of(L)->sched->current;
    enum permit has = task ? task->permit : PERMIT_COMPUTE;
    bool forbidden = permit == PERMIT_EFFECT && vm_of(L)->sched->effects_forbidden;
    struct err e;

    if (has >= permit && !forbidden)
        return;
    if (has == PERMIT_COMPUTE) {
        err_set(&e, ERR_OUTSIDE_STEP, "%s was called outside a step", who);
        err_hint(&e, "write: step(\"say what it is for\", function() return %s(…) end)", who);
    } else if (forbidden) {
        err_set(&e, ERR_REFUSED, "%s would change something, and this process only looks", who);
        err_hint(&e, "what it would do is done by almanac run");
    } else {
        err_set(&e, ERR_REFUSED, "%s would change something where only reading is allowed", who);
        err_hint(&e, "make the change in the apply function of an effect (effect.define)");
    }
    vm_raise(L, &e);
}
