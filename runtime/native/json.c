#include "native/json.h"

#include <lauxlib.h>
#include <lua-cjson.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"

#define SCAN_TYPE "json.scan"
#define MAX_BYTES (64 << 20)
#define SNIPPET 32 /* characters shown on each side of the place */

/* Upvalue 1 of json.decode. */
#define CJSON_DECODE lua_upvalueindex(1)
/* One scan for every call: decoding never runs inside decoding, and a userdata with a finalizer
 * each time costs more than a small text. */
#define DECODE_SCAN lua_upvalueindex(2)

void json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

void json_setup_mark(lua_State *L)
{
    /* Without __metatable: code that copies plain data copies the mark with it. */
    luaL_newmetatable(L, JSON_ARRAY);
    lua_pop(L, 1);
}

void json_mark_array(lua_State *L)
{
    luaL_setmetatable(L, JSON_ARRAY);
}

int json_is_marked(lua_State *L, int idx)
{
    int same;

    if (!lua_getmetatable(L, idx))
        return 0;
    luaL_getmetatable(L, JSON_ARRAY);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

const char *json_opaque(lua_State *L, int idx)
{
    const char *what = NULL;
    int type = luaL_getmetafield(L, idx, "__metatable");

    if (type == LUA_TSTRING)
        what = lua_tostring(L, -1); /* the metatable keeps it alive */
    if (type != LUA_TNIL)
        lua_pop(L, 1);
    return what;
}

/* --- errors of decode ----------------------------------------------------------------------- */

struct place {
    size_t line, column; /* from 1; columns in characters */
    size_t from, len;    /* the snippet */
};

static int is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static struct place find_place(const char *text, size_t len, size_t at)
{
    struct place place = {.line = 1, .column = 1};
    size_t start = 0, end;

    if (at > len)
        at = len;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            place.line++;
            start = i + 1;
        }
    }
    for (size_t i = start; i < at; i++)
        place.column += !is_continuation(text[i]);
    place.from = at > start + SNIPPET ? at - SNIPPET : start;
    while (place.from < at && is_continuation(text[place.from]))
        place.from++;
    end = at;
    while (end < len && end < at + SNIPPET && text[end] != '\n' && text[end] != '\r')
        end++;
    while (end < len && end > at && is_continuation(text[end]))
        end--;
    place.len = end - place.from;
    return place;
}

/* The snippet with what a terminal must not see made '.'. */
static void copy_snippet(char *to, size_t size, const char *from, size_t len)
{
    const unsigned char *p = (const unsigned char *)from, *end = p + len;
    size_t n = 0;

    while (p < end && n + 5 < size) {
        size_t k = json_scan_utf8(p, end);

        if (k == 0 || *p < 0x20 || *p == 0x7f) {
            to[n++] = '.';
            p++;
            continue;
        }
        memcpy(to + n, p, k);
        n += k;
        p += k;
    }
    to[n] = '\0';
}

static int raise_at(lua_State *L, const char *text, size_t len, size_t at, const struct err *why)
{
    struct place place = find_place(text, len, at);
    char snippet[2 * SNIPPET * 4 + 8];
    struct err e = *why;

    copy_snippet(snippet, sizeof snippet, text + place.from, place.len);
    /* The data is wrong, not the call. */
    err_set(&e, why->kind == ERR_USAGE ? ERR_PARSE : why->kind,
            "JSON, line %zu, column %zu: %s%s%s", place.line, place.column, why->message,
            snippet[0] ? " near: " : "", snippet);
    if (why->hint[0])
        err_hint(&e, "%s", why->hint);
    vm_push_error(L, &e);
    lua_pushinteger(L, (lua_Integer)place.line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)place.column);
    lua_setfield(L, -2, "column");
    return lua_error(L);
}

/* lua-cjson names its tokens T_…; people know them by their signs. */
static void translate_tokens(char *out, size_t size, const char *message, size_t len)
{
    static const char *const words[][2] = {
        {"T_OBJ_BEGIN", "\"{\""},   {"T_OBJ_END", "\"}\""},   {"T_ARR_BEGIN", "\"[\""},
        {"T_ARR_END", "\"]\""},     {"T_STRING", "a string"}, {"T_NUMBER", "a number"},
        {"T_BOOLEAN", "a boolean"}, {"T_NULL", "null"},       {"T_COLON", "\":\""},
        {"T_COMMA", "\",\""},       {"T_END", "the end"},     {"T_WHITESPACE", "white space"},
        {"T_ERROR", "an error"},    {"Expected", "expected"}, {"invalid token", "an unknown word"},
    };
    size_t n = 0;

    while (len > 0 && n + 1 < size) {
        size_t i, k = 0;

        for (i = 0; i < sizeof words / sizeof *words; i++) {
            k = strlen(words[i][0]);
            if (k <= len && memcmp(message, words[i][0], k) == 0)
                break;
        }
        if (i == sizeof words / sizeof *words) {
            out[n++] = *message++;
            len--;
            continue;
        }
        n += (size_t)snprintf(out + n, size - n, "%s", words[i][1]);
        if (n >= size)
            n = size - 1;
        message += k;
        len -= k;
    }
    out[n] = '\0';
}

/* lua-cjson failed, its message is on top: "… at character N", N from 1, in the text it saw. */
static int raise_cjson(lua_State *L, const char *text, size_t len, const struct json_scan *s)
{
    const char *message = lua_tostring(L, -1), *mark;
    struct err e = {0};
    size_t at = 1;
    char words[256];

    if (!message)
        return lua_error(L);
    mark = strstr(message, " at character ");
    if (!mark || sscanf(mark, " at character %zu", &at) != 1 || at == 0) {
        err_set(&e, ERR_MEMORY, "JSON: %s", message);
        return vm_raise(L, &e);
    }
    translate_tokens(words, sizeof words, message, (size_t)(mark - message));
    err_set(&e, ERR_USAGE, "%s", words);
    return raise_at(L, text, len, json_scan_origin(s, at - 1), &e);
}

/* --- after the parser: numbers, arrays ------------------------------------------------------- */

struct settle {
    const struct json_scan *scan;
    const char *text;
    int null_is_absent;
};

static int is_null(lua_State *L, int idx)
{
    return lua_islightuserdata(L, idx) && lua_touserdata(L, idx) == NULL;
}

static void push_edit(lua_State *L, const struct settle *st, size_t index)
{
    const struct json_edit *edit = &st->scan->edits[index];

    switch (edit->kind) {
    case JSON_EDIT_INTEGER:
        lua_pushinteger(L, edit->value.integer);
        return;
    case JSON_EDIT_FLOAT:
        lua_pushnumber(L, edit->value.real);
        return;
    case JSON_EDIT_TEXT:
        lua_pushlstring(L, st->text + edit->in, edit->in_len);
        return;
    case JSON_EDIT_EMPTY_ARRAY:
        lua_createtable(L, 0, 0);
        json_mark_array(L);
        return;
    case JSON_EDIT_BYTE:
        break;
    }
    BUG("a byte has no marker");
}

/* Pushes what the parser's number stands for. */
static void push_number(lua_State *L, const struct settle *st, lua_Number n)
{
    lua_Integer i = (lua_Integer)n;

    if ((lua_Number)i == n)
        lua_pushinteger(L, i);
    else
        push_edit(L, st, (size_t)i);
}

/* Settles the value on top in place; `depth` levels of it at most, or it is a bug. */
static void settle_table(lua_State *L, const struct settle *st)
{
    int t = lua_gettop(L);
    lua_Unsigned n = lua_rawlen(L, t);

    luaL_checkstack(L, 8, "JSON");
    if (n > 0) { /* an object has no integer keys */
        for (lua_Unsigned i = 1; i <= n; i++) {
            int type = lua_rawgeti(L, t, (lua_Integer)i);

            if (type == LUA_TTABLE) {
                settle_table(L, st);
            } else if (type == LUA_TNUMBER) {
                push_number(L, st, lua_tonumber(L, -1));
                lua_rawseti(L, t, (lua_Integer)i);
            }
            lua_pop(L, 1);
        }
        json_mark_array(L);
        return;
    }
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        int type = lua_type(L, -1);

        if (type == LUA_TTABLE) {
            settle_table(L, st);
        } else if (type == LUA_TNUMBER) {
            lua_pushvalue(L, -2);
            push_number(L, st, lua_tonumber(L, -2));
            lua_rawset(L, t);
        } else if (st->null_is_absent && is_null(L, -1)) {
            lua_pushvalue(L, -2);
            lua_pushnil(L); /* taking a field away is allowed while they are walked */
            lua_rawset(L, t);
        }
    }
}

/* --- the module ------------------------------------------------------------------------------ */

static int scan_gc(lua_State *L)
{
    json_scan_release(lua_touserdata(L, 1));
    return 0;
}

static struct json_scan *scan_push(lua_State *L)
{
    struct json_scan *s = lua_newuserdatauv(L, sizeof *s, 0);

    json_scan_init(s);
    luaL_setmetatable(L, SCAN_TYPE);
    return s;
}

/* An option that is one of two words, the first by default: whether it is the other one. */
static int is_other_word(lua_State *L, int t, const char *key, const char *first, const char *other)
{
    const char *word = vm_opt_string(L, t, key, "json.decode", NULL, first);

    if (strcmp(word, first) != 0 && strcmp(word, other) != 0)
        vm_raisef(L, ERR_USAGE, "json.decode: %s must be \"%s\" or \"%s\", not \"%s\"", key, first,
                  other, word);
    return strcmp(word, other) == 0;
}

/// What a text in JSON says. Integers are integers, 1.0 is a float, [] is marked as an array, null
/// is json.null (truthy). With null = "absent" a member of an object that is null is not there, and
/// a text that is null is nil; within an array null stays json.null, for it keeps the places of the
/// others.
///
/// Raises: `parse`, `limit`.
///@param text string
///@param options? { max_depth?: integer, max_bytes?: integer, big?: "raise"|"text", null?: "keep"|"absent" }  128; 64 MiB; "raise": of an integer that Lua has not; "keep"
///@return any
static int json_decode(lua_State *L)
{
    struct json_scan_options options = {.max_depth = JSON_MAX_DEPTH};
    lua_Integer max_bytes = MAX_BYTES, depth = JSON_MAX_DEPTH;
    struct settle st = {0};
    struct json_scan *s;
    struct err e = {0};
    size_t len, at = 0;
    const char *text;

    if (lua_type(L, 1) != LUA_TSTRING)
        return vm_raisef(L, ERR_USAGE, "json.decode: the text must be a string, not %s",
                         luaL_typename(L, 1));
    text = lua_tolstring(L, 1, &len);
    if (!lua_isnoneornil(L, 2)) {
        depth = vm_opt_integer(L, 2, "max_depth", "json.decode", depth);
        max_bytes = vm_opt_integer(L, 2, "max_bytes", "json.decode", max_bytes);
        options.big_as_text = is_other_word(L, 2, "big", "raise", "text");
        st.null_is_absent = is_other_word(L, 2, "null", "keep", "absent");
    }
    if (depth < 1 || depth > JSON_DEPTH_LIMIT)
        return vm_raisef(L, ERR_USAGE, "json.decode: max_depth must be 1 to %d", JSON_DEPTH_LIMIT);
    options.max_depth = (int)depth;
    if (max_bytes >= 0 && len > (size_t)max_bytes)
        return vm_raisef(L, ERR_LIMIT, "json.decode: %zu bytes of JSON, at most %lld are taken",
                         len, (long long)max_bytes);
    lua_settop(L, 1);
    s = lua_touserdata(L, DECODE_SCAN);
    json_scan_release(s); /* of a call that raised */
    if (json_scan_text(s, text, len, &options, &at, &e) < 0)
        return raise_at(L, text, len, at, &e);
    lua_pushvalue(L, CJSON_DECODE);
    if (s->count > 0)
        lua_pushlstring(L, buf_str(&s->out), s->out.len);
    else
        lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK)
        return raise_cjson(L, text, len, s);
    st.scan = s;
    st.text = text;
    if (lua_type(L, -1) == LUA_TTABLE)
        settle_table(L, &st);
    else if (lua_type(L, -1) == LUA_TNUMBER)
        push_number(L, &st, lua_tonumber(L, -1));
    else if (st.null_is_absent && is_null(L, -1))
        lua_pushnil(L);
    json_scan_release(s);
    return 1;
}

/// Marks a table as an array, so that it is [] also when it is empty.
///@param list? any[]
///@return any[]
static int json_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_createtable(L, 0, 0);
    } else if (lua_type(L, 1) != LUA_TTABLE) {
        return vm_raisef(L, ERR_USAGE, "json.array: a table is needed, not %s",
                         luaL_typename(L, 1));
    }
    lua_settop(L, 1);
    if (lua_getmetatable(L, 1) && !json_is_marked(L, 1))
        return vm_raisef(L, ERR_USAGE, "json.array: the table has a metatable already");
    lua_settop(L, 1);
    json_mark_array(L);
    return 1;
}

/// Whether a table is marked so.
///@param value any
///@return boolean
static int json_is_array(lua_State *L)
{
    lua_pushboolean(L,
                    lua_type(L, 1) == LUA_TTABLE && (json_is_marked(L, 1) || lua_rawlen(L, 1) > 0));
    return 1;
}

/* Pushes the decode function of a cjson instance of our own, strict and as deep as we allow. */
static void push_cjson_decode(lua_State *L)
{
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "decode_max_depth");
    lua_pushinteger(L, JSON_DEPTH_LIMIT + 1);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
}

/// JSON, as the public `json`. Pure: allowed outside steps.
///@field null any  what null is decoded to, and encoded from; truthy
int luaopen_native_json(lua_State *L)
{
    vm_type_new(L, SCAN_TYPE, scan_gc, NULL, NULL);
    json_setup_mark(L);

    lua_createtable(L, 0, 5);
    push_cjson_decode(L);
    scan_push(L);
    lua_pushcclosure(L, json_decode, 2);
    lua_setfield(L, -2, "decode");
    lua_pushcfunction(L, json_encode);
    lua_setfield(L, -2, "encode");
    lua_pushcfunction(L, json_array);
    lua_setfield(L, -2, "array");
    lua_pushcfunction(L, json_is_array);
    lua_setfield(L, -2, "is_array");
    json_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
