/* native.codec, how others pack bytes.
 *
 *   base64_decode(text) -> bytes     raises kind "corrupt" when it is none
 *   gunzip(bytes, max) -> bytes      raises "corrupt", or "limit" past max bytes (at most 256 MiB)
 *   percent_encode(text) -> text     all but unreserved letters as %XX
 *   percent_decode(text, plus) -> bytes    plus: a + is a space, as in a query
 *
 * Pure: allowed outside steps.
 */
#ifndef ALMANAC_NATIVE_CODEC_H
#define ALMANAC_NATIVE_CODEC_H

#include <lua.h>

int luaopen_native_codec(lua_State *L);

#endif
