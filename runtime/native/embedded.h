/* native.embedded: the files built into the program; those of stdlib/ from the directory that
 * --stdlib names, where it is given. Scripts never see it.
 *
 *   embedded.list(prefix) -> the paths that begin with it: "stdlib/public/sh.lua"
 *   embedded.read(path) -> text | nil
 */
#ifndef ALMANAC_NATIVE_EMBEDDED_H
#define ALMANAC_NATIVE_EMBEDDED_H

#include <lua.h>

int luaopen_native_embedded(lua_State *L);

#endif
