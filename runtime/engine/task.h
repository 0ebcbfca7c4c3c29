/* task: a Lua coroutine that can wait, and the one operation it waits for.
 *
 * A native that waits:
 *   1. checks its arguments, then makes a userdata (with a metatable whose __gc and __close
 *      release it), then acquires the resource;
 *   2. embeds a `struct op` in that userdata, starts the work, and ends with
 *          return op_wait(L, &u->op, ctx, my_continuation);
 *      with the userdata at a stack index the continuation knows (ctx);
 *   3. calls op_done(&u->op) from the completion callback, never synchronously from
 *      the function that started the work;
 *   4. in the continuation calls op_check(L, &u->op) (raises when the wait was
 *      interrupted) and pushes its results.
 *
 * Interrupts: a task can be paused, timed out or cancelled; a child inherits its parent's. When
 * the level of the interrupt is above the task's shield the op's cancel function is called: it
 * asks the work to stop soon, and must lead to op_done() all the same. The interrupt is sticky:
 * every later wait of the task is interrupted too.
 */
#ifndef ALMANAC_TASK_H
#define ALMANAC_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <lua.h>

struct sched;
struct task;

enum interrupt {
    INTERRUPT_NONE = 0,
    INTERRUPT_PAUSE = 1,   /* first Ctrl-C: stop between effects */
    INTERRUPT_TIMEOUT = 2, /* a deadline passed */
    INTERRUPT_CANCEL = 3,  /* second Ctrl-C, a failed sibling */
};

/* What the code now running may touch; enforced below every native. */
enum permit {
    PERMIT_COMPUTE = 0, /* outside a step */
    PERMIT_READ = 1,    /* inside a step, or a plan */
    PERMIT_EFFECT = 2,  /* inside an effect's apply or recover */
};

struct op {
    struct task *task;             /* who waits; NULL when nobody does */
    void (*cancel)(struct op *op); /* may be NULL: cannot be stopped, ends soon by itself */
    enum interrupt interrupted;    /* the level that cut the wait short, or INTERRUPT_NONE */
    bool done;
};

void op_init(struct op *op, void (*cancel)(struct op *op));
/* Marks it done and queues its waiter. Idempotent. */
void op_done(struct op *op);
/* Waits until done, then calls k(L, LUA_YIELD, ctx). Must be the last statement: `return
 * op_wait(…)`. When the op is done already it calls k at once. Raises (kind "usage") in a
 * coroutine that is no task. */
int op_wait(lua_State *L, struct op *op, lua_KContext ctx, lua_KFunction k);
/* Raises the interrupt that cut the wait short, if one did. */
void op_check(lua_State *L, const struct op *op);
/* Pushes that interrupt as an error table { kind = "paused" | "timeout" | "cancelled" }, so that a
 * native can add what it has so far (a child's output) before lua_error(). */
void op_push_interrupt(lua_State *L, const struct op *op);
/* For a userdata that is collected or closed while its op is pending: nobody waits any more. */
void op_abandon(struct op *op);

/* The task that runs L, or NULL. */
struct task *task_of(lua_State *L);
/* Raises (kind "outside_step", or "refused") unless the running code may do this. `who` is the
 * public name of the function, e.g. "helm.upgrade". */
void task_require(lua_State *L, enum permit permit, const char *who);

/* The task of the handle at an argument; raises a Lua error when it is none. */
struct task *task_check_handle(lua_State *L, int arg);

/* The Lua module native.task. */
int luaopen_native_task(lua_State *L);

#endif
