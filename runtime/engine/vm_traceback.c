#include "engine/vm_traceback.h"

#include <lauxlib.h>

/* Calls that are shown of a deep stack at its top, and at its bottom. */
#define FIRST 10
#define LAST 11

/* How many calls there are. */
static int count_levels(lua_State *L)
{
    lua_Debug ar;
    int low = 0, high = 1; /* low is there, or none is; high is not */

    while (lua_getstack(L, high, &ar)) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        int middle = low + (high - low) / 2;

        if (lua_getstack(L, middle, &ar))
            low = middle;
        else
            high = middle;
    }
    return high;
}

static void add_name(luaL_Buffer *b, const lua_Debug *ar)
{
    lua_State *L = b->L;

    if (*ar->namewhat != '\0')
        lua_pushfstring(L, "%s '%s'", ar->namewhat, ar->name);
    else if (*ar->what == 'm')
        lua_pushliteral(L, "main chunk");
    else if (*ar->what == 'C')
        lua_pushliteral(L, "?");
    else
        lua_pushfstring(L, "function <%s:%d>", ar->short_src, ar->linedefined);
    luaL_addvalue(b);
}

void vm_push_traceback(lua_State *L)
{
    luaL_Buffer b;
    lua_Debug ar;
    int levels = count_levels(L);

    luaL_buffinit(L, &b);
    luaL_addstring(&b, "stack traceback:");
    for (int level = 0; level < levels && lua_getstack(L, level, &ar); level++) {
        if (level == FIRST && levels > FIRST + LAST) {
            level = levels - LAST;
            lua_pushfstring(L, "\n\t...\t(skipping %d levels)", level - FIRST);
            luaL_addvalue(&b);
            level--;
            continue;
        }
        lua_getinfo(L, "Slnt", &ar);
        if (ar.currentline > 0)
            lua_pushfstring(L, "\n\t%s:%d: in ", ar.short_src, ar.currentline);
        else
            lua_pushfstring(L, "\n\t%s: in ", ar.short_src);
        luaL_addvalue(&b);
        add_name(&b, &ar);
        if (ar.istailcall)
            luaL_addstring(&b, "\n\t(...tail calls...)");
    }
    luaL_pushresult(&b);
}
