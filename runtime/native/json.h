/* native.json. What Lua calls is described above each function in json*.c. */
#ifndef ALMANAC_NATIVE_JSON_H
#define ALMANAC_NATIVE_JSON_H

#include <lua.h>

/* Registry name of the metatable that marks an array. */
#define JSON_ARRAY "json.array"

#define JSON_MAX_DEPTH 128    /* unless the caller says otherwise */
#define JSON_DEPTH_LIMIT 1000 /* whatever the caller says: the C stack bounds it */

int luaopen_native_json(lua_State *L);

/* Makes the mark of arrays known to this state; idempotent. */
void json_setup_mark(lua_State *L);
/* Makes the table on top of the stack an array of JSON. */
void json_mark_array(lua_State *L);
/* Whether the table at idx carries the mark. */
int json_is_marked(lua_State *L, int idx);
/* What the table at idx stands for ("secret"), where its metatable says that it is no data; or
 * NULL. Such a table is empty, and must not be written as one. */
const char *json_opaque(lua_State *L, int idx);
/* Pushes the value of null. */
void json_push_null(lua_State *L);

/* The Lua function json.encode. */
int json_encode(lua_State *L);

#endif
