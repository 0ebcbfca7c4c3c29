/* native.keyboard. What Lua calls is described above each function in keyboard.c. */
#ifndef ALMANAC_NATIVE_KEYBOARD_H
#define ALMANAC_NATIVE_KEYBOARD_H

#include <lua.h>

int luaopen_native_keyboard(lua_State *L);

#endif
