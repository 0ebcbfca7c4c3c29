/* Deadlines of a task: a stack, of which the earliest that is still to come has a timer. */
#include <stdlib.h>
#include <lauxlib.h>

#include "base/loop.h"
#include "engine/task_internal.h"
#include "engine/vm.h"
#include "engine/vm_error.h"

static void deadline_fired(void *arg);

static void deadline_arm(struct task *task)
{
    double at = 0;

    loop_timer_stop(task->deadline_timer);
    task->deadline_timer = NULL;
    for (size_t i = 0; i < task->deadline_count; i++) {
        struct deadline *d = &task->deadlines[i];

        if (!d->expired && (at == 0 || d->at < at))
            at = d->at;
    }
    if (at != 0)
        task->deadline_timer =
            loop_timer_start(task->sched->vm->loop, at - loop_now(), deadline_fired, task);
}

static void deadline_fired(void *arg)
{
    struct task *task = arg;
    double now = loop_now();

    for (size_t i = 0; i < task->deadline_count; i++) {
        if (task->deadlines[i].at <= now)
            task->deadlines[i].expired = true;
    }
    deadline_arm(task);
    task_poke(task);
}

/// The current task is interrupted ("timeout") when it passes; the earliest of several counts.
///@param seconds number
///@return integer token
int deadline_push(lua_State *L)
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
    deadline_arm(task);
    lua_pushinteger(L, (lua_Integer)task->deadline_count);
    return 1;
}

/// Takes it back.
///@param token integer
///@return boolean expired
int deadline_pop(lua_State *L)
{
    struct task *task = task_check_current(L);
    lua_Integer token = luaL_checkinteger(L, 1);

    if (token < 1 || token > (lua_Integer)task->deadline_count)
        return luaL_argerror(L, 1, "not a deadline of this task");
    lua_pushboolean(L, task->deadlines[token - 1].expired);
    task->deadline_count = (size_t)token - 1;
    deadline_arm(task);
    return 1;
}
