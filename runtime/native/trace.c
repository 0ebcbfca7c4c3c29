#include "native/trace.h"

#include <lauxlib.h>

#include "engine/vm_error.h"

/// Where the innermost function stands that is a script's.
///@return string?  "file:line"
static int l_where(lua_State *L)
{
    vm_push_where(L);
    return 1;
}

/// Where a function was defined. What debug.getinfo says, without a table for each call: a replay
/// asks for every step.
///@param fn function
///@return string chunk  its name
///@return integer first  line
///@return integer last  line
static int l_place(lua_State *L)
{
    lua_Debug ar;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_getinfo(L, ">S", &ar);
    lua_pushlstring(L, ar.source, ar.srclen);
    lua_pushinteger(L, ar.linedefined);
    lua_pushinteger(L, ar.lastlinedefined);
    return 3;
}

/// Gives a table the metatable of errors, and `where` if it has none.
///@param err table
///@return table err
static int l_error(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, "almanac.error");
    if (lua_getfield(L, 1, "where") == LUA_TNIL) {
        vm_push_where(L);
        lua_setfield(L, 1, "where");
    }
    lua_settop(L, 1);
    return 1;
}

/// The error table that any raised value becomes: for coroutines and xpcall in the standard
/// library.
///@param value any
///@return table err
static int l_decorate(lua_State *L)
{
    lua_settop(L, 1);
    vm_decorate_error(L);
    return 1;
}

/// The metatable of opaque values: one that is raised, or is the message or hint of an error, is said
/// as its __tostring says it.
///@param metatable table  gets a __tostring of the standard library
///@return table metatable
static int l_opaque(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    vm_error_says(L);
    return 1;
}

/// Where the running code stands, and errors that know where they came from.
int luaopen_native_trace(lua_State *L)
{
    static const luaL_Reg functions[] = {{"where", l_where},   {"place", l_place},
                                         {"error", l_error},   {"decorate", l_decorate},
                                         {"opaque", l_opaque}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
