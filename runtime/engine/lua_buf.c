#include "engine/lua_buf.h"

#include <lauxlib.h>

#include "engine/vm_type.h"

#define LUA_BUF_TYPE "almanac.buf"

static int lua_buf_gc(lua_State *L)
{
    buf_release(lua_touserdata(L, 1));
    return 0;
}

struct buf *lua_buf_new(lua_State *L, size_t max)
{
    struct buf *b = lua_newuserdatauv(L, sizeof *b, 0);

    buf_init(b, max);
    vm_type_new(L, LUA_BUF_TYPE, lua_buf_gc, NULL, NULL);
    luaL_setmetatable(L, LUA_BUF_TYPE);
    return b;
}

void lua_buf_push_text(lua_State *L, struct buf *b)
{
    lua_pushlstring(L, buf_str(b), b->len);
    buf_release(b);
}
