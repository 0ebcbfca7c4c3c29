/* vm_type: the types of userdata that C makes. */
#ifndef ALMANAC_VM_TYPE_H
#define ALMANAC_VM_TYPE_H

#include <lauxlib.h>
#include <lua.h>

/* Makes the type `name`, for luaL_setmetatable() and luaL_checkudata(); a second time does nothing.
 * gc runs when a value is collected, close at the end of its <close> variable; both and the methods
 * may be NULL. The metatable is shut: Lua code can neither see nor change it. */
void vm_type_new(lua_State *L, const char *name, lua_CFunction gc, lua_CFunction close,
                 const luaL_Reg *methods);

#endif
