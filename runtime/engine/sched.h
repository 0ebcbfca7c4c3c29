/* sched: owns the tasks, and is the only place that resumes one.
 *
 * Structured: a task is a child of the task that spawned it, is interrupted with it, and a
 * task whose function has returned ends only when its children have (they are cancelled).
 */
#ifndef ALMANAC_SCHED_H
#define ALMANAC_SCHED_H

#include <stdbool.h>
#include <lua.h>

#include "base/err.h"
#include "engine/task.h"

struct vm;
struct sched;

struct sched *sched_new(struct vm *vm);
/* Every task must have ended. */
void sched_free(struct sched *sched);

/* Makes a task of the function below nargs arguments on top of `from` (all popped), child of
 * `parent` (NULL: a root). It first runs from sched_run(). Raises a Lua error when memory is
 * out. The caller holds a reference: task_unref() it. */
struct task *sched_spawn(struct sched *sched, struct task *parent, lua_State *from, int nargs);
void task_ref(struct task *task);
void task_unref(struct task *task); /* NULL is fine */

/* Raises the task's interrupt to this level, and that of its children. */
void task_interrupt(struct task *task, enum interrupt level);
/* What the errors of its next pause say, and those of its children: a static text. NULL: that the
 * operator paused it. */
void task_say_paused(struct task *task, const char *by);
/* Pushes true and the results, or false and the error table, of an ended task; returns how many
 * values it pushed. */
int task_push_results(struct task *task, lua_State *L);
/* What the task may touch; inherited by those it spawns. */
void task_set_permit(struct task *task, enum permit permit);

/* Makes interrupts reach a coroutine that is about to run inside the running task, also when it
 * computes without waiting; returns which thread ran before, for sched_leave(). */
lua_State *sched_enter(lua_State *coroutine);
void sched_leave(lua_State *L, lua_State *before);

/* What is to be done once when the tasks of this turn have run: when none is ready any more, and
 * after a while even then. fn must not enter Lua; op_done() is fine. */
struct turn_end {
    void (*fn)(struct turn_end *end);
    struct turn_end *next;
    bool queued;
};
/* Asks for it; again before it has run changes nothing. */
void sched_at_turn_end(struct sched *sched, struct turn_end *end);
/* Takes it back, before its owner goes. */
void sched_forget_turn_end(struct sched *sched, struct turn_end *end);

/* Whether no other task is ready, and the loop was looked at just now: then the one that runs gains
 * nothing, and keeps nobody waiting, when it goes on instead of waiting for the end of the turn. */
bool sched_is_alone(struct sched *sched);

/* For a C function that computes long: turns the loop once, and raises what interrupts the running
 * task, unless the stdlib called. */
void sched_look(lua_State *L);

/* Raises what interrupts the running task, unless its shield is above that. */
void sched_check(lua_State *L);

/* Runs tasks and the loop until `root` has ended. */
void sched_run(struct sched *sched, struct task *root);

#endif
