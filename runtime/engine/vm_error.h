/* vm_error: errors as tables, raised from C and caught by it.
 *
 * An error in Lua is a table { kind, message, hint, where, traceback, … } with a
 * __tostring. `kind` is a word of err_kind_name() or of the stdlib; messages are
 * for people and never matched.
 */
#ifndef ALMANAC_VM_ERROR_H
#define ALMANAC_VM_ERROR_H

#include <lua.h>

#include "base/err.h"

/* The metatable of error tables. */
#define VM_ERROR_TYPE "almanac.error"

/* Pushes an error table made from *e. */
void vm_push_error(lua_State *L, const struct err *e);
/* Raises *e as an error table, with the position of the calling Lua function. */
int vm_raise(lua_State *L, const struct err *e);
/* The same from parts: vm_raisef(L, ERR_USAGE, "sh.run: …", …). */
int vm_raisef(lua_State *L, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes the error value on top of L's stack an error table, if it is none, and gives it `where`
 * and `traceback` if it has none; no traceback where it was cancelled, or where the stack is full.
 * For a stack that has not been unwound yet. */
void vm_decorate_error(lua_State *L);
/* The same as a message handler for lua_pcall. */
int vm_traceback(lua_State *L);
/* Pops a metatable of opaque values, whose __tostring is ours: one of them that is raised, or is an
 * error's message or hint, is said as that says. */
void vm_error_says(lua_State *L);
/* Pushes "file:line" of the innermost function that is not of the stdlib, or nil. */
void vm_push_where(lua_State *L);
/* Calls the function below its nargs arguments, as lua_pcall with vm_traceback. On failure pops
 * the error and fills *e with its kind, message and hint. */
int vm_pcall(lua_State *L, int nargs, int nresults, struct err *e);
/* Makes the metatable; once for each state, before anything can fail. */
void vm_open_error_type(lua_State *L);

#endif
