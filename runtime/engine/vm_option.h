/* vm_option: fields of a table that a native module was given. Each call looks up field `key` of
 * the table at index `t`. A wrong type raises kind "usage" naming `who` and the field; an absent
 * one gives the default. */
#ifndef ALMANAC_VM_OPTION_H
#define ALMANAC_VM_OPTION_H

#include <stddef.h>
#include <lua.h>

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
