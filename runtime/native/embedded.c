#include "native/embedded.h"

#include <lauxlib.h>

#include "base/digest.h"
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

/// The SHA-256 of the text of an embedded file, which becomes no string of Lua: a plan asks for all of
/// them.
///@param path string
///@return string? hex
static int l_digest(lua_State *L)
{
    char hex[DIGEST_HEX_SIZE];
    struct source_view view;
    struct err e;

    if (source_view(L, luaL_checkstring(L, 1), &view, &e) < 0)
        return 0;
    digest_hex(view.text, view.len, hex);
    lua_pushstring(L, hex);
    return 1;
}

/// The files built into the program; those of stdlib/ from the directory that --stdlib names, where
/// it is given.
int luaopen_native_embedded(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list", l_list}, {"read", l_read}, {"digest", l_digest}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
