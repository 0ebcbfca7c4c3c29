#include "native/digest.h"

#include <lauxlib.h>

#include "base/digest.h"

/// The SHA-256 of a text.
///@param text string
///@return string digits  64, hexadecimal
static int l_sha256(lua_State *L)
{
    char hex[DIGEST_HEX_SIZE];
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);

    digest_hex(text, len, hex);
    lua_pushstring(L, hex);
    return 1;
}

/// The HMAC-SHA-256 of a text.
///@param key string  1 KiB at most
///@param text string
///@return string digits  64, hexadecimal
static int l_hmac_sha256(lua_State *L)
{
    char hex[DIGEST_HEX_SIZE];
    size_t key_len, len;
    const char *key = luaL_checklstring(L, 1, &key_len);
    const char *text = luaL_checklstring(L, 2, &len);

    luaL_argcheck(L, key_len <= 1024, 1, "1 KiB at most");
    digest_hmac_hex(key, key_len, text, len, hex);
    lua_pushstring(L, hex);
    return 1;
}

/// Random digits of the system.
///@param bytes integer  from 1 to 64
///@return string digits  twice as many, hexadecimal
static int l_random_hex(lua_State *L)
{
    char hex[2 * 64 + 1];
    lua_Integer bytes = luaL_checkinteger(L, 1);

    luaL_argcheck(L, bytes > 0 && bytes <= 64, 1, "from 1 to 64 bytes");
    digest_random_hex(hex, (size_t)bytes);
    lua_pushstring(L, hex);
    return 1;
}

/// Digests and random names.
int luaopen_native_digest(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"sha256", l_sha256},
        {"hmac_sha256", l_hmac_sha256},
        {"random_hex", l_random_hex},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
