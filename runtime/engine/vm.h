/* vm: one Lua state with a memory cap, the native modules, the embedded stdlib,
 * and the ways in and out of it: protected entry, and errors as tables.
 *
 * An error in Lua is a table { kind, message, hint, where, traceback, … } with a
 * __tostring. `kind` is a word of err_kind_name() or of the stdlib; messages are
 * for people and never matched.
 */
#ifndef ALMANAC_VM_H
#define ALMANAC_VM_H

#include <stddef.h>
#include <lua.h>
#include <lauxlib.h>

#include "base/err.h"

struct loop;
struct sched;
struct transfers;

struct vm {
    lua_State *L; /* the main thread; tasks run in threads of their own */
    struct loop *loop;
    struct sched *sched;
    struct transfers *transfers; /* made by vm_transfers() on first use */
    size_t memory_used;
    size_t memory_cap;
    const char *stdlib_dir; /* NULL: the embedded one */
    const char *runbook_dir;
};

/* memory_cap in bytes, 0 for the default (512 MiB). */
int vm_init(struct vm *vm, struct loop *loop, size_t memory_cap, struct err *e);
/* All tasks must have ended. */
void vm_release(struct vm *vm);
/* The vm of a Lua state or of any thread of it. */
struct vm *vm_of(lua_State *L);
/* The process's HTTP client pool; raises a Lua error when it cannot be made. */
struct transfers *vm_transfers(lua_State *L);

/* Pushes an error table made from *e. */
void vm_push_error(lua_State *L, const struct err *e);
/* Raises *e as an error table, with the position of the calling Lua function. */
int vm_raise(lua_State *L, const struct err *e);
/* The same from parts: vm_raisef(L, ERR_USAGE, "sh.run: …", …). */
int vm_raisef(lua_State *L, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes the error value on top of L's stack an error table, if it is none, and gives it `where`
 * and `traceback` if it has none. For a stack that has not been unwound yet. */
void vm_decorate_error(lua_State *L);
/* The same as a message handler for lua_pcall. */
int vm_traceback(lua_State *L);
/* Pushes "file:line" of the innermost function that is not of the stdlib, or nil. */
void vm_push_where(lua_State *L);
/* Calls the function below its nargs arguments, as lua_pcall with vm_traceback. On failure pops
 * the error and fills *e with its kind, message and hint. */
int vm_pcall(lua_State *L, int nargs, int nresults, struct err *e);
/* Loads an embedded (or --stdlib) Lua file by its path, e.g. "stdlib/step.lua", and pushes its
 * chunk. Text only. */
int vm_load_file(lua_State *L, const char *path, struct err *e);

/* Pushes the text of an embedded (or --stdlib) file. */
int vm_read_source(lua_State *L, const char *path, struct err *e);

/* Makes a native module loadable as require "native.<name>". */
void vm_register(lua_State *L, const char *name, lua_CFunction open);

/* Option tables, for the native modules: each looks up field `key` of the table at index `t`.
 * A wrong type raises kind "usage" naming `who` and the field; an absent one gives the default. */
const char *vm_opt_string(lua_State *L, int t, const char *key, const char *who, size_t *len,
                          const char *fallback);
double vm_opt_number(lua_State *L, int t, const char *key, const char *who, double fallback);
lua_Integer vm_opt_integer(lua_State *L, int t, const char *key, const char *who,
                           lua_Integer fallback);
int vm_opt_boolean(lua_State *L, int t, const char *key, const char *who, int fallback);
/* Pushes nothing and returns 0 when the field is absent; raises unless it is a table; else pushes
 * it and returns 1. */
int vm_opt_table(lua_State *L, int t, const char *key, const char *who);

#endif
