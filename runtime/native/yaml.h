/* native.yaml. What Lua calls is described above each function in yaml*.c. */
#ifndef ALMANAC_NATIVE_YAML_H
#define ALMANAC_NATIVE_YAML_H

#include <lua.h>

int luaopen_native_yaml(lua_State *L);

/* The Lua function yaml.encode. */
int yaml_encode(lua_State *L);

#endif
