/* native.journal. What Lua calls is described above each function in journal*.c. */
#ifndef ALMANAC_NATIVE_JOURNAL_H
#define ALMANAC_NATIVE_JOURNAL_H

#include <lua.h>

int luaopen_native_journal(lua_State *L);

#endif
