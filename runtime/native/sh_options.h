/* sh_options: what a table of Lua says about a child process. */
#ifndef ALMANAC_NATIVE_SH_OPTIONS_H
#define ALMANAC_NATIVE_SH_OPTIONS_H

#include <lua.h>

#include "proc/proc.h"

/* Keeps the list of names at index `list` as what every child gets of our environment, in the place
 * of the list before it; raises kind "usage". */
void sh_options_keep(lua_State *L, int list);
/* Reads argv, env, keep_env, cwd, stdin, keep_stdin, grace and max_output of the table at t into
 * the spec; raises kind "usage". What the spec points at is kept alive by that table, the table at
 * `keep` and what it leaves on the stack. */
void sh_options_read(lua_State *L, int t, int keep, const char *who, struct proc_spec *spec);

#endif
