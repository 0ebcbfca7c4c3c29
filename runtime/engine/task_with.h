/* task_with: what a task may do, what may interrupt it and what it works for, for one call. */
#ifndef ALMANAC_TASK_WITH_H
#define ALMANAC_TASK_WITH_H

#include <lua.h>

/* task.with({ permit =, shield =, context = }, fn, …) → what fn returns.
 *
 * Sets what the table names (context = false: none) on the running task, calls fn, and puts it back
 * on every way out; an error of fn is raised again, decorated where it happened. Nothing is changed
 * when the table is wrong. fn may wait; inside a coroutine that is no task it may not even yield,
 * so that nobody can leave by never resuming it. */
int task_with(lua_State *L);

#endif
