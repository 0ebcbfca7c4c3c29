#include "engine/strings.h"

#include <stdbool.h>
#include <string.h>
#include <lauxlib.h>

#include "base/pattern.h"
#include "engine/sched.h"

/* Nobody interrupts the stdlib between two lines; but a pattern that a script declared may run
 * there. */
#define ASKS_MAX 4096u

struct asker {
    lua_State *L;
    unsigned asks;
};

static bool ask(void *arg)
{
    struct asker *asker = arg;

    sched_look(asker->L); /* may raise */
    if (++asker->asks > ASKS_MAX)
        luaL_error(asker->L, "the pattern takes too long");
    return true;
}

static void prepare(struct pattern *m, struct asker *asker, lua_State *L, int text, int pattern)
{
    size_t len;

    memset(m, 0, sizeof *m);
    *asker = (struct asker){.L = L};
    m->src = luaL_checklstring(L, text, &len);
    m->src_end = m->src + len;
    m->end = luaL_checklstring(L, pattern, &len);
    m->end += len;
    m->go_on = ask;
    m->arg = asker;
}

static const char *try_at(lua_State *L, struct pattern *m, const char *s, const char *p)
{
    const char *end = pattern_match(m, s, p);

    if (m->error)
        luaL_error(L, "%s", m->error);
    return end;
}

/* Pushes capture i, or the whole match where there are none. */
static void push_capture(lua_State *L, const struct pattern *m, int i, const char *s,
                         const char *end)
{
    const struct pattern_capture *capture = &m->capture[i];

    if (i >= m->captures) {
        if (i != 0)
            luaL_error(L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(L, s, (size_t)(end - s));
    } else if (capture->len == PATTERN_POSITION) {
        lua_pushinteger(L, capture->start - m->src + 1);
    } else if (capture->len < 0) {
        luaL_error(L, "unfinished capture");
    } else {
        lua_pushlstring(L, capture->start, (size_t)capture->len);
    }
}

static int push_captures(lua_State *L, const struct pattern *m, const char *s, const char *end)
{
    int n = m->captures == 0 && s ? 1 : m->captures;

    luaL_checkstack(L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(L, m, i, s, end);
    return n;
}

/* The offset of argument `arg` (default 1), negative ones from the end. */
static size_t start_of(lua_State *L, int arg, size_t len)
{
    lua_Integer at = luaL_optinteger(L, arg, 1);

    if (at > 0)
        return (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)len)
        return 0;
    return (size_t)((lua_Integer)len + at);
}

static bool is_plain(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] == '\0' || strchr("^$*+?.([%-", p[i]))
            return p[i] == '\0';
    return true;
}

static int find_plain(lua_State *L, const char *s, size_t ls, size_t init, const char *p, size_t lp)
{
    const char *found = lp == 0 ? s + init : memmem(s + init, ls - init, p, lp);

    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer)lp);
    return 2;
}

static int find_or_match(lua_State *L, bool find)
{
    struct pattern m;
    struct asker asker;
    size_t ls, lp, init;
    const char *s = luaL_checklstring(L, 1, &ls), *p = luaL_checklstring(L, 2, &lp);
    bool anchored;

    init = start_of(L, 3, ls);
    if (init > ls) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(p, lp)))
        return find_plain(L, s, ls, init, p, lp);
    prepare(&m, &asker, L, 1, 2);
    anchored = lp > 0 && *p == '^';
    p += anchored;
    for (const char *at = s + init; at <= m.src_end; at++) {
        const char *end = try_at(L, &m, at, p);

        if (end && find) {
            lua_pushinteger(L, at - s + 1);
            lua_pushinteger(L, end - s);
            return push_captures(L, &m, NULL, NULL) + 2;
        }
        if (end)
            return push_captures(L, &m, at, end);
        if (anchored)
            break;
    }
    lua_pushnil(L);
    return 1;
}

static int l_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int l_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch: upvalues text, pattern, offset of the next try, end of the last match (or -1) ----
 */

static int gmatch_next(lua_State *L)
{
    struct pattern m;
    struct asker asker;
    const char *last = NULL, *p;
    lua_Integer last_at = lua_tointeger(L, lua_upvalueindex(4));

    prepare(&m, &asker, L, lua_upvalueindex(1), lua_upvalueindex(2));
    p = lua_tostring(L, lua_upvalueindex(2));
    if (last_at >= 0)
        last = m.src + last_at;
    for (const char *at = m.src + lua_tointeger(L, lua_upvalueindex(3)); at <= m.src_end; at++) {
        const char *end = try_at(L, &m, at, p);

        if (end && end != last) {
            lua_pushinteger(L, end - m.src);
            lua_pushvalue(L, -1);
            lua_replace(L, lua_upvalueindex(3));
            lua_replace(L, lua_upvalueindex(4));
            return push_captures(L, &m, at, end);
        }
    }
    return 0;
}

static int l_gmatch(lua_State *L)
{
    size_t ls, init;

    luaL_checklstring(L, 1, &ls);
    luaL_checkstring(L, 2);
    init = start_of(L, 3, ls);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)(init > ls ? ls + 1 : init));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

/* ---- gsub ---- */

static void add_template(lua_State *L, luaL_Buffer *b, const struct pattern *m, const char *s,
                         const char *end)
{
    size_t len;
    const char *text = lua_tolstring(L, 3, &len), *text_end = text + len, *percent;

    while ((percent = memchr(text, '%', (size_t)(text_end - text)))) {
        luaL_addlstring(b, text, (size_t)(percent - text));
        text = percent + 1;
        if (*text == '%') {
            luaL_addchar(b, '%');
        } else if (*text == '0') {
            luaL_addlstring(b, s, (size_t)(end - s));
        } else if (*text >= '1' && *text <= '9') {
            push_capture(L, m, *text - '1', s, end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(b);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
        text++;
    }
    luaL_addlstring(b, text, (size_t)(text_end - text));
}

static bool add_replacement(lua_State *L, luaL_Buffer *b, const struct pattern *m, const char *s,
                            const char *end)
{
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
        sched_check(L);
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, m, s, end), 1);
        break;
    case LUA_TTABLE:
        push_capture(L, m, 0, s, end);
        lua_gettable(L, 3);
        break;
    default:
        add_template(L, b, m, s, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(b, s, (size_t)(end - s));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(b);
    return true;
}

static int l_gsub(lua_State *L)
{
    struct pattern m;
    struct asker asker;
    luaL_Buffer b;
    int kind = lua_type(L, 3);
    size_t ls;
    const char *at = luaL_checklstring(L, 1, &ls), *p = luaL_checkstring(L, 2), *last = NULL;
    lua_Integer max = luaL_optinteger(L, 4, (lua_Integer)ls + 1), n = 0;
    bool anchored = *p == '^', changed = false;

    luaL_argexpected(L,
                     kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                         kind == LUA_TTABLE,
                     3, "string/function/table");
    lua_settop(L, 4);
    if (kind == LUA_TNUMBER)
        lua_tostring(L, 3);
    prepare(&m, &asker, L, 1, 2);
    p += anchored;
    luaL_buffinit(L, &b);
    while (n < max) {
        const char *end = try_at(L, &m, at, p);

        if (end && end != last) {
            n++;
            changed = add_replacement(L, &b, &m, at, end) || changed;
            at = last = end;
        } else if (at < m.src_end) {
            luaL_addchar(&b, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&b, at, (size_t)(m.src_end - at));
    luaL_pushresult(&b);
    if (!changed)
        lua_pushvalue(L, 1);
    lua_pushinteger(L, n);
    return 2;
}

/* Lua's own turns as often as it is told to for nothing, with an empty text. */
static int l_rep(lua_State *L)
{
    size_t len, between;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &between);
    luaL_Buffer b;
    char *p;

    if (n <= 0 || len + between == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (len + between < len || len + between > (size_t)PTRDIFF_MAX / (size_t)n)
        return luaL_error(L, "resulting string too large");
    len = len * (size_t)n + between * (size_t)(n - 1);
    p = luaL_buffinitsize(L, &b, len);
    while (n-- > 0) {
        size_t own = lua_rawlen(L, 1);

        memcpy(p, text, own);
        p += own;
        if (n > 0 && between > 0) {
            memcpy(p, separator, between);
            p += between;
        }
    }
    luaL_pushresultsize(&b, len);
    return 1;
}

void strings_replace(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find", l_find}, {"match", l_match}, {"gmatch", l_gmatch},
        {"gsub", l_gsub}, {"rep", l_rep},     {NULL, NULL},
    };

    luaL_setfuncs(L, functions, 0);
}
