/* native.process. What Lua calls is described above each function in process.c. */
#ifndef ALMANAC_NATIVE_PROCESS_H
#define ALMANAC_NATIVE_PROCESS_H

#include <lua.h>

/* Before the module is opened: the words of the command line. */
void process_set_argv(lua_State *L, int argc, char **argv);
int luaopen_native_process(lua_State *L);

#endif
