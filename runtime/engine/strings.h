/* strings: find, match, gmatch, gsub and rep of the string library, as Lua's but for one thing: a
 * pattern that takes long is interrupted as any other line of a script. */
#ifndef ALMANAC_STRINGS_H
#define ALMANAC_STRINGS_H

#include <lua.h>

/* Puts them in the place of Lua's, in the table `string` on top of the stack. */
void strings_replace(lua_State *L);

#endif
