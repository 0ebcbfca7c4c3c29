#include "engine/vm_error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <lauxlib.h>

#include "engine/plain_text.h"
#include "engine/vm.h"
#include "engine/vm_traceback.h"

/* Levels of tables that are kept of an error of a script's own. */
#define VM_ERROR_DEPTH 16
#define VM_ERROR_FIELDS 10000 /* in all; it may hold itself many times */

static const char *vm_script_source(const lua_Debug *ar)
{
    if (ar->currentline < 0 || ar->source[0] != '@')
        return NULL;
    return strncmp(ar->source, "@stdlib/", 8) == 0 ? NULL : ar->source + 1;
}

void vm_push_where(lua_State *L)
{
    lua_Debug ar;

    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        const char *source;

        lua_getinfo(L, "Sl", &ar);
        source = vm_script_source(&ar);
        if (source) {
            lua_pushfstring(L, "%s:%d", source, ar.currentline);
            return;
        }
    }
    lua_pushnil(L);
}

static int error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    plain_text_push(L, -1);
    return 1;
}

static void vm_new_error(lua_State *L, enum err_kind kind)
{
    lua_createtable(L, 0, 5);
    lua_pushstring(L, err_kind_name(kind));
    lua_setfield(L, -2, "kind");
    luaL_setmetatable(L, VM_ERROR_TYPE);
}

void vm_push_error(lua_State *L, const struct err *e)
{
    luaL_checkstack(L, 3, "error");
    vm_new_error(L, e->kind);
    lua_pushstring(L, e->message);
    lua_setfield(L, -2, "message");
    if (e->hint[0]) {
        lua_pushstring(L, e->hint);
        lua_setfield(L, -2, "hint");
    }
    if (e->os_errno) {
        lua_pushinteger(L, e->os_errno);
        lua_setfield(L, -2, "errno");
    }
    vm_push_where(L);
    lua_setfield(L, -2, "where");
}

int vm_raise(lua_State *L, const struct err *e)
{
    vm_push_error(L, e);
    return lua_error(L);
}

int vm_raisef(lua_State *L, enum err_kind kind, const char *fmt, ...)
{
    struct err e;
    va_list ap;

    va_start(ap, fmt);
    err_vset(&e, kind, fmt, ap);
    va_end(ap);
    return vm_raise(L, &e);
}

/* "runbooks/rollout.lua:12: attempt to …" → its two parts; Lua puts the place into the text. */
static void vm_set_message(lua_State *L, int error, const char *text)
{
    const char *colon = strchr(text, ':');
    char *end = NULL;

    if (colon && colon[1] >= '0' && colon[1] <= '9' && strtol(colon + 1, &end, 10) > 0 && end &&
        end[0] == ':' && end[1] == ' ') {
        lua_pushlstring(L, text, (size_t)(end - text));
        lua_setfield(L, error, "raised_at");
        text = end + 2;
    }
    lua_pushstring(L, text);
    lua_setfield(L, error, "message");
}

/* Pushes the table's own field; no metamethod of a script runs, which might raise where nothing
 * catches it. */
static int vm_raw_field(lua_State *L, const char *key)
{
    lua_pushstring(L, key);
    return lua_rawget(L, -2);
}

/* Pops a value and puts it into the table below it. */
static void vm_set_raw_field(lua_State *L, const char *key)
{
    lua_pushstring(L, key);
    lua_insert(L, -2);
    lua_rawset(L, -3);
}

/* A raw copy of the table on top, in its place: what a script hung on it runs no more. */
static void vm_copy_plain(lua_State *L, int depth, int *left)
{
    int from = lua_gettop(L), to = from + 1;

    luaL_checkstack(L, 6, "error");
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        int type = lua_type(L, -1);

        if (type == LUA_TFUNCTION || type == LUA_TTHREAD || lua_type(L, -2) == LUA_TTABLE ||
            (type == LUA_TTABLE && depth == 0) || *left == 0)
            continue;
        --*left;
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        if (type == LUA_TTABLE)
            vm_copy_plain(L, depth - 1, left);
        lua_rawset(L, to);
    }
    lua_replace(L, from);
}

/* The error table on top as one of ours: one with a metatable of a script's is copied. */
static void vm_own_error(lua_State *L)
{
    int ours, left = VM_ERROR_FIELDS;

    if (lua_getmetatable(L, -1)) {
        luaL_getmetatable(L, VM_ERROR_TYPE);
        ours = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
        if (ours)
            return;
        vm_copy_plain(L, VM_ERROR_DEPTH, &left);
    }
    luaL_setmetatable(L, VM_ERROR_TYPE);
}

/* How many fields of an error without a message are shown, and how much of each. */
#define SHOWN_FIELDS 8
#define SHOWN_BYTES 80

/* Puts a field among those that are shown, which are the first by their names. */
static size_t vm_show_field(char (*shown)[SHOWN_BYTES], size_t n, const char *field)
{
    size_t at = n;

    while (at > 0 && strcmp(field, shown[at - 1]) < 0)
        at--;
    if (at == SHOWN_FIELDS)
        return n;
    if (n == SHOWN_FIELDS)
        n--;
    memmove(shown[at + 1], shown[at], (n - at) * sizeof *shown);
    memcpy(shown[at], field, sizeof *shown);
    return n + 1;
}

/* "code = 5, state = down": the scalar fields of the table on top, in the order of their names. */
static void vm_push_fields(lua_State *L)
{
    char shown[SHOWN_FIELDS][SHOWN_BYTES], field[SHOWN_BYTES];
    char out[SHOWN_FIELDS * (SHOWN_BYTES + 2)] = "";
    size_t n = 0, len = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        bool scalar = lua_isstring(L, -1) || lua_isboolean(L, -1);

        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        if (scalar)
            plain_text_push(L, -1);
        else
            lua_pushfstring(L, "a %s", luaL_typename(L, -1));
        snprintf(field, sizeof field, "%s = %s", lua_tostring(L, -3), lua_tostring(L, -1));
        n = vm_show_field(shown, n, field);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", i > 0 ? ", " : "", shown[i]);
    lua_pushstring(L, out);
}

static const char opaque_key; /* in the registry: the metatables of opaque values, as keys */

void vm_error_says(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &opaque_key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &opaque_key);
    }
    lua_insert(L, -2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Turns an opaque value on top into what stands in its place. */
static void vm_say_opaque(lua_State *L)
{
    bool opaque = false;

    if (lua_type(L, -1) != LUA_TTABLE || !lua_getmetatable(L, -1))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &opaque_key) == LUA_TTABLE) {
        lua_pushvalue(L, -2);
        opaque = lua_rawget(L, -2) == LUA_TBOOLEAN;
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    if (opaque) {
        plain_text_push(L, -1);
        lua_replace(L, -2);
    }
}

/* Fields of ours in the error on top, to which a script may have given a value of any kind: opaque
 * values are said, numbers are text, and what else is no text is left out. The message is not: see
 * vm_need_message(). */
static void vm_settle_fields(lua_State *L)
{
    static const char *const texts[] = {"message",   "hint",      "step", "where",
                                        "raised_at", "traceback", "file"};
    static const char *const numbers[] = {"line", "column"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (vm_raw_field(L, texts[i]) == LUA_TSTRING || lua_isnil(L, -1)) {
            lua_pop(L, 1);
            continue;
        }
        vm_say_opaque(L);
        if (!lua_tostring(L, -1) && i > 0) { /* turns a number into text where it stands */
            lua_pop(L, 1);
            lua_pushnil(L);
        }
        vm_set_raw_field(L, texts[i]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (vm_raw_field(L, numbers[i]) != LUA_TNIL && !lua_isinteger(L, -1)) {
            lua_pushnil(L);
            lua_replace(L, -2);
            vm_set_raw_field(L, numbers[i]);
        } else {
            lua_pop(L, 1);
        }
    }
}

/* A script may raise any table, also one that says nothing in words: then its fields are what it
 * says. */
static void vm_need_message(lua_State *L)
{
    const char *fields;
    int type = vm_raw_field(L, "message");

    lua_pop(L, 1);
    if (type == LUA_TSTRING)
        return;
    vm_push_fields(L);
    fields = lua_tostring(L, -1);
    lua_pushfstring(L, *fields ? "an error without a message: %s" : "an error without a message%s",
                    fields);
    lua_remove(L, -2);
    vm_set_raw_field(L, "message");
    if (vm_raw_field(L, "kind") == LUA_TSTRING) {
        lua_pop(L, 1);
        return;
    }
    lua_pop(L, 1);
    lua_pushstring(L, err_kind_name(ERR_SCRIPT));
    vm_set_raw_field(L, "kind");
}

/* Whether the error on top is to say where the stack stood. Who was cancelled did nothing wrong,
 * and such errors are many: what only watched over a request is cancelled with its answer. */
static bool vm_needs_traceback(lua_State *L)
{
    bool has_none = vm_raw_field(L, "traceback") == LUA_TNIL;
    bool is_cancelled;

    lua_pop(L, 1);
    is_cancelled = vm_raw_field(L, "kind") == LUA_TSTRING &&
                   strcmp(lua_tostring(L, -1), err_kind_name(ERR_CANCELLED)) == 0;
    lua_pop(L, 1);
    return has_none && !is_cancelled;
}

void vm_decorate_error(lua_State *L)
{
    bool is_full = vm_notice_depth(L);

    luaL_checkstack(L, 10, "error");
    vm_say_opaque(L);
    if (!lua_istable(L, -1)) {
        const char *text = plain_text_push(L, -1);
        int memory = strcmp(text, "not enough memory") == 0;

        vm_new_error(L, memory ? ERR_MEMORY : ERR_SCRIPT);
        vm_set_message(L, lua_gettop(L), text);
        lua_replace(L, -3);
        lua_pop(L, 1);
    } else {
        vm_own_error(L);
        vm_settle_fields(L);
        vm_need_message(L);
    }
    if (vm_raw_field(L, "where") == LUA_TNIL) {
        lua_pop(L, 1);
        vm_push_where(L);
        vm_set_raw_field(L, "where");
    } else {
        lua_pop(L, 1);
    }
    if (!is_full && vm_needs_traceback(L)) { /* finding the ends of so deep a stack takes seconds */
        vm_push_traceback(L);
        vm_set_raw_field(L, "traceback");
    }
}

int vm_traceback(lua_State *L)
{
    lua_settop(L, 1);
    vm_decorate_error(L);
    return 1;
}

static void vm_take_error(lua_State *L, struct err *e)
{
    if (!e)
        return;
    if (!lua_istable(L, -1)) {
        err_set(e, ERR_INTERNAL, "%s", plain_text_push(L, -1));
        lua_pop(L, 1);
        return;
    }
    lua_getfield(L, -1, "message");
    err_set(e, ERR_INTERNAL, "%s", plain_text_push(L, -1));
    lua_getfield(L, -3, "hint");
    if (lua_isstring(L, -1))
        err_hint(e, "%s", lua_tostring(L, -1));
    lua_pop(L, 3);
}

int vm_pcall(lua_State *L, int nargs, int nresults, struct err *e)
{
    int handler = lua_gettop(L) - nargs;
    int status;

    lua_pushcfunction(L, vm_traceback);
    lua_insert(L, handler);
    status = lua_pcall(L, nargs, nresults, handler);
    lua_remove(L, handler);
    if (status == LUA_OK)
        return 0;
    vm_take_error(L, e);
    lua_pop(L, 1);
    return -1;
}

void vm_open_error_type(lua_State *L)
{
    luaL_newmetatable(L, VM_ERROR_TYPE);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}
