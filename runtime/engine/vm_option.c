#include "engine/vm_option.h"

#include <string.h>
#include <lauxlib.h>

#include "engine/vm_error.h"

static int vm_opt_wrong(lua_State *L, const char *key, const char *who, const char *want)
{
    return vm_raisef(L, ERR_USAGE, "%s: %s must be %s, not %s", who, key, want,
                     luaL_typename(L, -1));
}

const char *vm_opt_string(lua_State *L, int t, const char *key, const char *who, size_t *len,
                          const char *fallback)
{
    const char *text = fallback;

    if (lua_getfield(L, t, key) == LUA_TSTRING) {
        text = lua_tolstring(L, -1, len); /* the table keeps it alive */
    } else if (!lua_isnil(L, -1)) {
        vm_opt_wrong(L, key, who, "a string");
    } else if (len) {
        *len = fallback ? strlen(fallback) : 0;
    }
    lua_pop(L, 1);
    return text;
}

double vm_opt_number(lua_State *L, int t, const char *key, const char *who, double fallback)
{
    double number = fallback;

    if (lua_getfield(L, t, key) == LUA_TNUMBER)
        number = lua_tonumber(L, -1);
    else if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "a number");
    lua_pop(L, 1);
    return number;
}

lua_Integer vm_opt_integer(lua_State *L, int t, const char *key, const char *who,
                           lua_Integer fallback)
{
    lua_Integer integer = fallback;
    int ok = 1;

    if (lua_getfield(L, t, key) == LUA_TNUMBER)
        integer = lua_tointegerx(L, -1, &ok);
    else if (!lua_isnil(L, -1))
        ok = 0;
    if (!ok)
        vm_opt_wrong(L, key, who, "an integer");
    lua_pop(L, 1);
    return integer;
}

int vm_opt_boolean(lua_State *L, int t, const char *key, const char *who, int fallback)
{
    int value = fallback;

    if (lua_getfield(L, t, key) == LUA_TBOOLEAN)
        value = lua_toboolean(L, -1);
    else if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "true or false");
    lua_pop(L, 1);
    return value;
}

int vm_opt_table(lua_State *L, int t, const char *key, const char *who)
{
    if (lua_getfield(L, t, key) == LUA_TTABLE)
        return 1;
    if (!lua_isnil(L, -1))
        vm_opt_wrong(L, key, who, "a table");
    lua_pop(L, 1);
    return 0;
}
