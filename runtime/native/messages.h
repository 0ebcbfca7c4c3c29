/* native.messages. What Lua calls is described above each function in messages.c. */
#ifndef ALMANAC_NATIVE_MESSAGES_H
#define ALMANAC_NATIVE_MESSAGES_H

#include <lua.h>

int luaopen_native_messages(lua_State *L);

#endif
