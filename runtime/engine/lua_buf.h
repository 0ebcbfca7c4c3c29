/* lua_buf: a buffer that Lua releases, so that it may be held across a call that raises. */
#ifndef ALMANAC_LUA_BUF_H
#define ALMANAC_LUA_BUF_H

#include <stddef.h>
#include <lua.h>

#include "base/buf.h"

/* Pushes a userdata that is an empty buffer. */
struct buf *lua_buf_new(lua_State *L, size_t max);
/* Pushes its bytes as a string, and lets its memory go. */
void lua_buf_push_text(lua_State *L, struct buf *b);

#endif
