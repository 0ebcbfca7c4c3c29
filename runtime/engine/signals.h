/* signals: SIGINT, SIGTERM, SIGHUP and SIGUSR1 as interrupts of a task.
 *
 * The first one pauses the guarded task, the second cancels it; SIGUSR1 cancels at once. That is
 * decided here, and not in Lua, so that it also reaches a script that computes without ever
 * waiting.
 */
#ifndef ALMANAC_SIGNALS_H
#define ALMANAC_SIGNALS_H

#include <lua.h>
#include <sys/types.h>

#include "base/err.h"

struct loop;
struct task;
struct signals;

struct signals *signals_new(struct loop *loop, struct err *e);
void signals_free(struct signals *signals); /* NULL is fine */

/* Whom the signals interrupt from now on (referenced). The count starts again. NULL: nobody; then a
 * signal ends the program, as it does any other. */
void signals_guard(struct signals *signals, struct task *task);
/* From now on this process ends with the one that made it, however that ends: the guarded task is
 * cancelled, so that what it started ends, too, and where nobody is guarded the process ends at
 * once. `parent` is who made it: one that is gone by now is noticed. */
int signals_follow(struct signals *signals, pid_t parent, struct err *e);
/* How many have come since signals_guard(). */
int signals_count(const struct signals *signals);
/* Pushes the name of the signal that comes next; waits. One task at a time: `return
 * signals_wait(…)`. */
int signals_wait(lua_State *L, struct signals *signals);

#endif
