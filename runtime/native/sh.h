/* native.sh, child processes for Lua.
 *
 *   sh.exec{ argv, cwd, env, stdin, timeout, max_output, grace, read, who } -> result    waits
 *   sh.start{ the same, keep_stdin }  -> child
 *     child:read_line() -> "stdout" | "stderr", text; nil at the end                     waits
 *     child:wait()      -> result; lines not read yet are given up                       waits
 *     child:output()    -> stdout, stderr so far
 *     child:write(text)  child:close_stdin()  child:kill(signal)  child:stop()  child:pid()
 *   sh.find_by_env(name, value) -> array of pids     sh.which(name) -> path | nil
 *
 * env is { NAME = "value", OTHER = false }, false removes. A result is { code | signal (a name),
 * stdout, stderr, elapsed, truncated, stopped }. A timeout or an interrupt of exec stops the child
 * and raises with stdout, stderr, argv, code, signal and elapsed in the error.
 *
 * Reading needs permit "read"; exec and start need "effect", or with read = true (the caller's
 * promise that the command only looks) "read".
 */
#ifndef ALMANAC_NATIVE_SH_H
#define ALMANAC_NATIVE_SH_H

#include <lua.h>

int luaopen_sh(lua_State *L);

#endif
