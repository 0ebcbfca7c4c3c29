#include "engine/vm_load.h"

#include <stdio.h>
#include <string.h>
#include <lauxlib.h>
#include <lualib.h>

#include "engine/embed.h"
#include "engine/source.h"
#include "engine/vm_error.h"

#define VM_OPENERS "almanac.openers"

/* Loads a file of source.h by its path, and pushes its chunk. Code is built in alone, and was made
 * by this very Lua; everything else is text. */
static int vm_load_file(lua_State *L, const char *path, struct err *e)
{
    struct source_view view;
    char name[4096];
    int rc;

    if (source_view(L, path, &view, e) < 0)
        return -1;
    snprintf(name, sizeof name, "@%s", path);
    if (view.code)
        rc = luaL_loadbufferx(L, view.code, view.code_len, name, "b");
    else
        rc = luaL_loadbufferx(L, view.text, view.len, name, "t");
    if (rc != LUA_OK) {
        err_set(e, ERR_USAGE, "%s", lua_tostring(L, -1));
        lua_pop(L, 2);
        return -1;
    }
    embed_put_away();
    lua_remove(L, -2);
    return 0;
}

/* Searcher of require: "native.NAME" is a C module, "almanac.a.b" is stdlib/a/b.lua, and for the
 * project's own tests "tests.x" is tests/x.lua on disk. */
static int vm_searcher(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    char path[512];
    struct err e;

    if (strncmp(name, "native.", 7) == 0) {
        lua_getfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
        if (lua_getfield(L, -1, name + 7) == LUA_TFUNCTION)
            return 1;
        lua_pushfstring(L, "no native module '%s'", name + 7);
        return 1;
    }
    luaL_gsub(L, name, ".", "/");
    if (strncmp(name, "almanac.", 8) == 0)
        snprintf(path, sizeof path, "stdlib/%s.lua", lua_tostring(L, -1) + 8);
    else if (strncmp(name, "tests.", 6) == 0)
        snprintf(path, sizeof path, "%s.lua", lua_tostring(L, -1));
    else
        return 0;
    if (strncmp(path, "tests/", 6) == 0) {
        if (luaL_loadfilex(L, path, "t") != LUA_OK)
            return lua_error(L);
        return 1;
    }
    if (vm_load_file(L, path, &e) < 0) {
        if (e.kind == ERR_NOT_FOUND) {
            lua_pushstring(L, e.message);
            return 1;
        }
        return vm_raise(L, &e);
    }
    return 1;
}

void vm_register(lua_State *L, const char *name, lua_CFunction open)
{
    lua_getfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void vm_push_function(lua_State *L, const char *module, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

void vm_open_package(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, VM_OPENERS);
    luaL_requiref(L, "package", luaopen_package, 1);
    lua_pushnil(L);
    lua_setfield(L, -2, "loadlib");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_createtable(L, 1, 0);
    lua_pushcfunction(L, vm_searcher);
    lua_rawseti(L, -2, 1);
    lua_setfield(L, -2, "searchers");
    lua_pop(L, 1);
}
