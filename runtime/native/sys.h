/* mod_sys: native.sys, what the stdlib needs of the process it runs in: arguments, environment,
 * terminal, signals, digests, embedded files. Scripts never see it. */
#ifndef ALMANAC_MOD_SYS_H
#define ALMANAC_MOD_SYS_H

#include <lua.h>

struct signals;

int luaopen_native_sys(lua_State *L);
/* Before the first use: the process's arguments and signals. */
void mod_sys_setup(lua_State *L, int argc, char **argv, struct signals *signals);

#endif
