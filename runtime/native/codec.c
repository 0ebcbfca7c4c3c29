#include "native/codec.h"

#include <lauxlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/gunzip.h"
#include "base/percent.h"
#include "engine/lua_buf.h"
#include "engine/vm_error.h"

#define UNPACKED_MAX ((size_t)256 << 20)

/// The bytes that a text in base64 stands for.
///
/// Raises: `corrupt`.
///@param text string
///@return string bytes
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

/// What gzip packed.
///
/// Raises: `corrupt`; `limit` (more than max bytes).
///@param data string
///@param max integer  bytes, at most 256 MiB
///@return string bytes
static int l_gunzip(lua_State *L)
{
    size_t len;
    const char *data = luaL_checklstring(L, 1, &len);
    lua_Integer max = luaL_checkinteger(L, 2);
    struct buf *out;
    struct err e;

    luaL_argcheck(L, max > 0 && (lua_Unsigned)max <= UNPACKED_MAX, 2, "1 to 256 MiB");
    out = lua_buf_new(L, (size_t)max);
    if (gunzip(data, len, out, &e) < 0)
        return vm_raise(L, &e);
    lua_buf_push_text(L, out);
    return 1;
}

/// All but unreserved letters as %XX.
///@param text string
///@return string
static int l_percent_encode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct buf *out = lua_buf_new(L, UNPACKED_MAX);

    if (percent_encode(out, text, len, PERCENT_UNRESERVED) < 0)
        return vm_raisef(L, ERR_LIMIT, "percent_encode: the text is too long");
    lua_buf_push_text(L, out);
    return 1;
}

/// The bytes that %XX stands for.
///@param text string
///@param plus? boolean  a + is a space, as in a query
///@return string bytes
static int l_percent_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    bool plus = lua_toboolean(L, 2);
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);

    luaL_pushresultsize(&b, percent_decode(out, text, len, plus));
    return 1;
}

/// How others pack bytes. Pure: allowed outside steps.
int luaopen_native_codec(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"base64_decode", l_base64_decode},
        {"gunzip", l_gunzip},
        {"percent_encode", l_percent_encode},
        {"percent_decode", l_percent_decode},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
