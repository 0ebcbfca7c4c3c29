/* native.process: what the stdlib knows of the process it runs in. Scripts never see it.
 *
 *   process.argv -> the words of the command line, from 0;  process.version -> "0.1.0"
 *   process.pid();  process.exe() -> path of the program;  process.cwd();  process.getenv(name)
 *   process.user() -> who is at the terminal, also under sudo;  process.hostname()
 */
#ifndef ALMANAC_NATIVE_PROCESS_H
#define ALMANAC_NATIVE_PROCESS_H

#include <lua.h>

/* Before the module is opened: the words of the command line. */
void process_set_argv(lua_State *L, int argc, char **argv);
int luaopen_native_process(lua_State *L);

#endif
