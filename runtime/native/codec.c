#include "native/codec.h"

#include <lauxlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/gunzip.h"
#include "engine/vm.h"

#define BOX_TYPE "almanac.codec.buf"
#define UNPACKED_MAX ((size_t)256 << 20)

static int l_base64_decode(lua_State *L)
{
    size_t len, n = 0;
    const char *text = luaL_checklstring(L, 1, &len);
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);

    if (base64_decode(text, len, out, &n) < 0)
        return vm_raisef(L, ERR_CORRUPT, "base64_decode: it is no base64");
    luaL_pushresultsize(&b, n);
    return 1;
}

static int box_gc(lua_State *L)
{
    buf_release(lua_touserdata(L, 1));
    return 0;
}

static int l_gunzip(lua_State *L)
{
    size_t len;
    const char *data = luaL_checklstring(L, 1, &len);
    lua_Integer max = luaL_checkinteger(L, 2);
    struct buf *out;
    struct err e;

    luaL_argcheck(L, max > 0 && (lua_Unsigned)max <= UNPACKED_MAX, 2, "1 to 256 MiB");
    out = lua_newuserdatauv(L, sizeof *out, 0);
    buf_init(out, (size_t)max);
    luaL_setmetatable(L, BOX_TYPE);
    if (gunzip(data, len, out, &e) < 0) {
        buf_release(out);
        return vm_raise(L, &e);
    }
    lua_pushlstring(L, buf_str(out), out->len);
    buf_release(out);
    return 1;
}

int luaopen_native_codec(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"base64_decode", l_base64_decode},
        {"gunzip", l_gunzip},
        {NULL, NULL},
    };

    luaL_newmetatable(L, BOX_TYPE);
    lua_pushcfunction(L, box_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
