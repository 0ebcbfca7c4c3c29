#include "native/httpd_request.h"

#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "base/percent.h"

static void push_decoded(lua_State *L, const char *text, size_t len, bool plus)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);

    luaL_pushresultsize(&b, percent_decode(out, text, len, plus));
}

static void push_query(lua_State *L, const char *query)
{
    lua_newtable(L);
    while (*query) {
        size_t len = strcspn(query, "&");
        const char *eq = memchr(query, '=', len);
        size_t name = eq ? (size_t)(eq - query) : len;

        if (len > 0) {
            push_decoded(L, query, name, true);
            push_decoded(L, query + name + (eq ? 1 : 0), len - name - (eq ? 1 : 0), true);
            lua_settable(L, -3);
        }
        query += len;
        if (*query)
            query++;
    }
}

static void push_headers(lua_State *L, const struct httpd_request *req)
{
    size_t count;
    const struct httpd_header *h = httpd_request_headers(req, &count);

    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        luaL_Buffer b;
        const char *c;

        luaL_buffinit(L, &b);
        for (c = h[i].name; *c; c++)
            luaL_addchar(&b, (char)(*c >= 'A' && *c <= 'Z' ? *c | 32 : *c));
        luaL_pushresult(&b);
        lua_pushvalue(L, -1);
        if (lua_gettable(L, -3) == LUA_TSTRING)
            lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), h[i].value);
        else
            lua_pushstring(L, h[i].value);
        lua_remove(L, -2);
        lua_settable(L, -3);
    }
}

static void push_groups(lua_State *L, const char *groups)
{
    lua_Integer i;

    if (!groups) {
        lua_pushnil(L);
        return;
    }
    lua_newtable(L);
    for (i = 1; *groups; i++) {
        size_t len = strcspn(groups, "\n");

        lua_pushlstring(L, groups, len);
        lua_rawseti(L, -2, i);
        groups += len + 1;
    }
}

void httpd_request_push(lua_State *L, const struct httpd_request *req)
{
    const char *target = httpd_request_target(req);
    size_t path = strcspn(target, "?"), len;
    const char *body = httpd_request_body(req, &len);

    lua_createtable(L, 0, 8);
    lua_pushstring(L, httpd_request_method(req));
    lua_setfield(L, -2, "method");
    push_decoded(L, target, path, false);
    lua_setfield(L, -2, "path");
    lua_pushlstring(L, target, path);
    lua_setfield(L, -2, "raw_path");
    lua_pushstring(L, target[path] ? target + path + 1 : "");
    lua_setfield(L, -2, "raw_query");
    push_query(L, target[path] ? target + path + 1 : "");
    lua_setfield(L, -2, "query");
    push_headers(L, req);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, body, len);
    lua_setfield(L, -2, "body");
    lua_pushstring(L, httpd_request_client_cn(req));
    lua_setfield(L, -2, "client_cn");
    push_groups(L, httpd_request_client_groups(req));
    lua_setfield(L, -2, "client_groups");
}
