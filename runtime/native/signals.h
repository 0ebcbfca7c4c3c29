/* native.signals: SIGINT, SIGTERM and SIGHUP. Scripts never see it.
 *
 *   signals.guard(handle)  the task that the first one pauses, and the second cancels
 *   signals.wait() -> the name of the next one; waits
 *   signals.count() -> how many came since guard()
 */
#ifndef ALMANAC_NATIVE_SIGNALS_H
#define ALMANAC_NATIVE_SIGNALS_H

#include <lua.h>

struct signals;

/* Before the module is used: the process's signals. */
void signals_set(lua_State *L, struct signals *signals);
int luaopen_native_signals(lua_State *L);

#endif
