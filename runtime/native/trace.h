/* native.trace: where the running code stands, and errors that know where they came from. Scripts
 * never see it.
 *
 *   trace.where() -> "file:line" of the innermost function that is a script's | nil
 *   trace.place(fn) -> its chunk's name, the first and the last line of its definition
 *   trace.error(table) -> the table, with the metatable of errors and `where`
 *   trace.decorate(value) -> the error table that any raised value becomes
 */
#ifndef ALMANAC_NATIVE_TRACE_H
#define ALMANAC_NATIVE_TRACE_H

#include <lua.h>

int luaopen_native_trace(lua_State *L);

#endif
