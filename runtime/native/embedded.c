#include "native/embedded.h"

#include <lauxlib.h>

#include "engine/source.h"

/// The paths that begin so: "stdlib/public/sh.lua".
///@param prefix string
///@return string[]
static int l_list(lua_State *L)
{
    source_push_list(L, luaL_checkstring(L, 1));
    return 1;
}

/// The text of an embedded file.
///@param path string
///@return string?
static int l_read(lua_State *L)
{
    struct err e;

    if (source_push(L, luaL_checkstring(L, 1), &e) < 0)
        lua_pushnil(L);
    return 1;
}

/// The files built into the program; those of stdlib/ from the directory that --stdlib names, where
/// it is given.
int luaopen_native_embedded(lua_State *L)
{
    static const luaL_Reg functions[] = {{"list", l_list}, {"read", l_read}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
