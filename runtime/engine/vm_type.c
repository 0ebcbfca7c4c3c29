#include "engine/vm_type.h"

void vm_type_new(lua_State *L, const char *name, lua_CFunction gc, lua_CFunction close,
                 const luaL_Reg *methods)
{
    if (luaL_newmetatable(L, name)) {
        if (gc) {
            lua_pushcfunction(L, gc);
            lua_setfield(L, -2, "__gc");
        }
        if (close) {
            lua_pushcfunction(L, close);
            lua_setfield(L, -2, "__close");
        }
        if (methods) {
            lua_newtable(L);
            luaL_setfuncs(L, methods, 0);
            lua_setfield(L, -2, "__index");
        }
        lua_pushstring(L, name);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}
