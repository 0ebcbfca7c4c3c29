/* vm_traceback: where the calls of a thread stand, a line each. */
#ifndef ALMANAC_VM_TRACEBACK_H
#define ALMANAC_VM_TRACEBACK_H

#include <lua.h>

/* Pushes it, the innermost call first; of a deep stack the first and the last calls. As
 * luaL_traceback(), but a function is called what its caller calls it: that one looks for its name
 * in all modules, which takes most of its time, and finds the one that is first in Lua's order of
 * them. */
void vm_push_traceback(lua_State *L);

#endif
