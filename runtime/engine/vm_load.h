/* vm_load: what `require` finds: "native.NAME" is a C module, "almanac.a.b" is stdlib/a/b.lua, and
 * for the project's own tests "tests.x" is tests/x.lua on disk. */
#ifndef ALMANAC_VM_LOAD_H
#define ALMANAC_VM_LOAD_H

#include <lua.h>

/* Opens `package` with that one searcher; nothing is loaded from C libraries or a path. */
void vm_open_package(lua_State *L);
/* Makes a native module loadable as require "native.<name>". */
void vm_register(lua_State *L, const char *name, lua_CFunction open);
/* Pushes a function of a module, which is loaded if it is not yet: "native.json", "decode". */
void vm_push_function(lua_State *L, const char *module, const char *name);

#endif
