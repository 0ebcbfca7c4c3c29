/* native.digest: digests and random names. Scripts never see it.
 *
 *   digest.sha256(text) -> 64 hex digits
 *   digest.random_hex(bytes) -> twice as many digits, from 1 to 64 bytes
 */
#ifndef ALMANAC_NATIVE_DIGEST_H
#define ALMANAC_NATIVE_DIGEST_H

#include <lua.h>

int luaopen_native_digest(lua_State *L);

#endif
