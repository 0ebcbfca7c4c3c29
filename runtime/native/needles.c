#include "native/needles.h"

#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "base/needles.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define NEEDLES "native.needles.Needles"

static struct needles *needles_arg(lua_State *L)
{
    return *(struct needles **)luaL_checkudata(L, 1, NEEDLES);
}

/// An empty set of texts.
///@return native.needles.Needles
static int l_new(lua_State *L)
{
    struct needles **needles = lua_newuserdatauv(L, sizeof *needles, 0);

    *needles = NULL;
    luaL_setmetatable(L, NEEDLES);
    *needles = needles_new();
    if (!*needles)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    return 1;
}

static int needles_gc(lua_State *L)
{
    struct needles **needles = luaL_checkudata(L, 1, NEEDLES);

    needles_free(*needles);
    *needles = NULL;
    return 0;
}

/// Adds a text that is to be found from now on.
///@param text string  not empty
///@return integer number  the first one is 1
static int l_add(lua_State *L)
{
    struct needles *needles = needles_arg(L);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    int number;

    luaL_argcheck(L, len > 0, 2, "not empty");
    number = needles_add(needles, text, len);
    if (number < 0)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    lua_pushinteger(L, number + 1);
    return 1;
}

/* What was found, until it is handed to Lua: nothing raises meanwhile. */
struct places {
    struct found *all;
    size_t count, cap;
};

static int places_add(void *arg, const struct found *found)
{
    struct places *places = arg;

    if (places->count == places->cap) {
        size_t cap = places->cap ? 2 * places->cap : 16;
        struct found *grown = realloc(places->all, cap * sizeof *grown);

        if (!grown)
            return -1;
        places->all = grown;
        places->cap = cap;
    }
    places->all[places->count++] = *found;
    return 0;
}

static int places_push(lua_State *L)
{
    const struct places *places = lua_touserdata(L, 1);

    lua_createtable(L, (int)(4 * places->count), 0);
    for (size_t i = 0; i < places->count; i++) {
        const struct found *found = &places->all[i];
        lua_Integer values[] = {(lua_Integer)found->from + 1, (lua_Integer)found->to,
                                found->needle + 1, found->encoded};

        for (size_t j = 0; j < 4; j++) {
            lua_pushinteger(L, values[j]);
            lua_rawseti(L, -2, (lua_Integer)(4 * i + j + 1));
        }
    }
    return 1;
}

/// Every place of one of the texts in another, however it is spelt or encoded there.
///@param text string
///@param part_first? integer  the text was cut at its beginning: so many last bytes of one count there
///@param part_last? integer  it was cut at its end: so many first bytes count there
///@return integer[]? places  four numbers each: first byte, last byte, number of the text, and 1 where it was
///  encoded (else 0); nil when there is none
static int l_find(lua_State *L)
{
    struct places places = {0};
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    struct look look = {
        .part_first = (size_t)luaL_optinteger(L, 3, 0),
        .part_last = (size_t)luaL_optinteger(L, 4, 0),
        .found = places_add,
        .arg = &places,
    };
    int error = needles_look(needles_arg(L), text, len, &look), status;

    if (error || places.count == 0) {
        free(places.all);
        if (error)
            return vm_raisef(L, ERR_MEMORY, "out of memory");
        lua_pushnil(L);
        return 1;
    }
    lua_pushcfunction(L, places_push);
    lua_pushlightuserdata(L, &places);
    status = lua_pcall(L, 1, 1, 0);
    free(places.all);
    return status == LUA_OK ? 1 : lua_error(L);
}

/// Where one of the texts may begin of which this one has the beginning alone, at its end.
///@param text string
///@param plain integer  so many of its bytes at least
///@param encoded integer  so many bits where it is encoded
///@return integer at  the length of the text and one more when there is none
static int l_open(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    struct look look = {
        .open_plain = (size_t)luaL_checkinteger(L, 3),
        .open_encoded = (size_t)luaL_checkinteger(L, 4),
    };

    if (needles_look(needles_arg(L), text, len, &look) != 0)
        return vm_raisef(L, ERR_MEMORY, "out of memory");
    lua_pushinteger(L, (lua_Integer)look.open_at + 1);
    return 1;
}

/// Whether a text holds one of the others, spelt just so.
///@param text string
///@param ... string
///@return boolean
static int l_any(lua_State *L)
{
    size_t len, wanted_len;
    const char *text = luaL_checklstring(L, 1, &len);

    for (int i = 2; i <= lua_gettop(L); i++) {
        const char *wanted = luaL_checklstring(L, i, &wanted_len);

        if (memmem(text, len, wanted, wanted_len)) {
            lua_pushboolean(L, 1);
            return 1;
        }
    }
    lua_pushboolean(L, 0);
    return 1;
}

/// Texts that are looked for in others.
int luaopen_native_needles(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", l_new}, {"any", l_any}, {NULL, NULL}};
    ///@class native.needles.Needles
    static const luaL_Reg methods[] = {
        {"add", l_add}, {"find", l_find}, {"open", l_open}, {NULL, NULL}};

    vm_type_new(L, NEEDLES, needles_gc, NULL, methods);
    luaL_newlib(L, functions);
    return 1;
}
