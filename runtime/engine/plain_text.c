#include "engine/plain_text.h"

#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

static bool has_address(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return false;
    default:
        return true;
    }
}

const char *plain_text_push(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (!has_address(L, index))
        return luaL_tolstring(L, index, NULL);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return lua_tostring(L, -1);
    }
    switch (luaL_getmetafield(L, index, "__name")) {
    case LUA_TSTRING:
        break;
    case LUA_TNIL: /* which pushed nothing */
        lua_pushstring(L, luaL_typename(L, index));
        break;
    default:
        lua_pop(L, 1);
        lua_pushstring(L, luaL_typename(L, index));
    }
    return lua_tostring(L, -1);
}

static int l_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    plain_text_push(L, 1);
    return 1;
}

/* The letter of the conversion behind a percent sign, or where the format ends. */
static const char *conversion(const char *at, const char *end)
{
    while (at < end && *at != '\0' && strchr("-+ #0123456789.", *at))
        at++;
    return at;
}

/* Turns what the format would show by its address into text, and refuses %p. */
static void settle_arguments(lua_State *L)
{
    size_t len;
    const char *at = luaL_checklstring(L, 1, &len), *end = at + len;
    int arg = 1, top = lua_gettop(L);

    while ((at = memchr(at, '%', (size_t)(end - at))) && ++at < end) {
        if (*at == '%') {
            at++;
            continue;
        }
        at = conversion(at, end);
        if (at == end || ++arg > top)
            return;
        if (*at == 'p')
            luaL_error(L, "string.format: %%p is not there: an address differs from run to run");
        if (*at == 's' && has_address(L, arg)) {
            plain_text_push(L, arg);
            lua_replace(L, arg);
        }
    }
}

/* Lua's own names the function that raised by how it was called, which is from here. */
static int raise_as_ours(lua_State *L)
{
    const char *text = lua_tostring(L, -1);

    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        luaL_gsub(L, text, "to '?'", "to 'format'");
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int l_format(lua_State *L)
{
    settle_arguments(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (lua_pcall(L, lua_gettop(L) - 1, 1, 0) != LUA_OK)
        return raise_as_ours(L);
    return 1;
}

void plain_text_open_base(lua_State *L)
{
    lua_pushcfunction(L, l_tostring);
    lua_setglobal(L, "tostring");
}

void plain_text_open_string(lua_State *L)
{
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, l_format, 1);
    lua_setfield(L, -2, "format");
}
