/* json.encode. lua-cjson's own writer rounds integers to 14 digits, writes [] as {}, and cannot
 * sort keys, so this one stands in for it. */
#include "base/float_text.h"
#include "engine/vm_type.h"
#include "native/json.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"

#define ENCODER_TYPE "json.encoder"
#define ENCODE_MAX ((size_t)256 << 20)
#define LEVELS_FEW 12                /* nearly every value */
#define KEYS_FEW 24                  /* of an object that is sorted: nearly every one */
#define SPARE_MAX ((size_t)64 << 10) /* bytes that a spare encoder keeps */

/* One level of the value being written: for cycles and for the path in errors. */
struct level {
    const void *table;
    const char *key; /* NULL: index */
    lua_Integer index;
};

struct encoder {
    lua_State *L;
    struct buf out;
    bool canonical;
    int indent, max_depth, depth;
    struct level *levels; /* `few`, or memory of its own once those do not do */
    int level_cap;
    struct level few[LEVELS_FEW];
};

/* A key of an object on its way to be sorted. Its table keeps the string alive. */
struct key {
    const char *text;
    size_t len;
};

/* Under its address the registry has an encoder that is not in use: each event of a run is encoded,
 * and to make one takes longer than to use it. */
static const char spare_key;

static void write_value(struct encoder *en);

static void encoder_release(struct encoder *en)
{
    buf_release(&en->out);
    if (en->levels != en->few)
        free(en->levels);
    en->levels = en->few;
}

static int encoder_gc(lua_State *L)
{
    encoder_release(lua_touserdata(L, 1));
    return 0;
}

/* Pushes an encoder. It is nobody else's until it is given back: a finalizer may encode meanwhile.
 * One that an error leaves behind is the collector's. */
static struct encoder *encoder_take(lua_State *L)
{
    struct encoder *en;

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &spare_key) == LUA_TUSERDATA) {
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &spare_key);
        return lua_touserdata(L, -1);
    }
    lua_pop(L, 1);
    en = lua_newuserdatauv(L, sizeof *en, 0);
    memset(en, 0, offsetof(struct encoder, few));
    en->levels = en->few;
    en->level_cap = LEVELS_FEW;
    buf_init(&en->out, ENCODE_MAX);
    vm_type_new(L, ENCODER_TYPE, encoder_gc, NULL, NULL);
    luaL_setmetatable(L, ENCODER_TYPE);
    return en;
}

/* Takes the encoder at idx back. */
static void encoder_give_back(lua_State *L, int idx)
{
    struct encoder *en = lua_touserdata(L, idx);

    if (en->out.cap > SPARE_MAX)
        buf_release(&en->out);
    buf_reset(&en->out);
    lua_pushvalue(L, idx);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &spare_key);
}

static int is_name(const char *key)
{
    size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return n > 0 && key[n] == '\0';
}

/* ".spec.containers[2].image"; "." is the value itself. */
static void path_of(const struct encoder *en, struct buf *path)
{
    for (int i = 0; i < en->depth; i++) {
        const struct level *level = &en->levels[i];

        if (!level->key && level->index == 0)
            continue;
        if (!level->key)
            buf_addf(path, "[%" PRId64 "]", (int64_t)level->index);
        else
            buf_addf(path, is_name(level->key) ? ".%.60s" : "[\"%.60s\"]", level->key);
    }
    if (path->len == 0)
        buf_adds(path, ".");
}

static void fail(struct encoder *en, const char *what, const char *hint)
{
    struct buf path = BUF_INIT(600);
    struct err e = {0};

    path_of(en, &path);
    err_set(&e, ERR_USAGE, "json.encode: %s at %s", what, buf_str(&path));
    buf_release(&path);
    if (hint)
        err_hint(&e, "%s", hint);
    vm_raise(en->L, &e);
}

static char *claim(struct encoder *en, size_t len)
{
    char *room = buf_claim(&en->out, len);

    if (!room)
        vm_raisef(en->L, ERR_LIMIT, "json.encode: the text would be larger than %zu MiB",
                  ENCODE_MAX >> 20);
    return room;
}

static void put(struct encoder *en, const char *bytes, size_t len)
{
    memcpy(claim(en, len), bytes, len);
}

static void put_newline(struct encoder *en, int depth)
{
    if (en->indent == 0)
        return;
    put(en, "\n", 1);
    for (int i = 0; i < depth * en->indent; i++)
        put(en, " ", 1);
}

/* Bytes that stand for themselves in a string of JSON. */
static const bool as_it_is[256] = {
    [' ' ... '!'] = true,
    ['#' ... '['] = true,
    [']' ... '~'] = true,
};

/* Whether all bytes do: most strings are such. Eight at a time, each below 0x80: the highest bit of
 * a byte comes up where one is below ' ', is '"' or '\\', or is above '~'. */
static bool is_plain(const char *text, size_t len)
{
    const uint64_t each = 0x0101010101010101, high = each << 7;
    size_t i = 0;

    for (; i + 8 <= len; i += 8) {
        uint64_t bytes, odd;

        memcpy(&bytes, text + i, 8);
        odd = bytes | (bytes + each) | (bytes - each * ' ') | ((bytes ^ each * '"') - each) |
              ((bytes ^ each * '\\') - each);
        if (odd & high)
            return false;
    }
    for (; i < len; i++)
        if (!as_it_is[(unsigned char)text[i]])
            return false;
    return true;
}

/* Bytes that are no UTF-8 become \udc80 to \udcff, which decode turns back into bytes: whatever a
 * program printed survives the journal, and the text stays JSON. */
static void write_escaped(struct encoder *en, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len, *from = p;
    static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    char escape[8];

    while (p < end) {
        const char *found = NULL;
        size_t k;

        if (as_it_is[*p]) {
            p++;
            continue;
        }
        k = *p < 0x80 ? 1 : json_scan_utf8(p, end);
        if (k > 1) {
            p += k;
            continue;
        }
        put(en, (const char *)from, (size_t)(p - from));
        for (size_t i = 0; k > 0 && i + 1 < sizeof shorts; i += 2)
            if ((unsigned char)shorts[i] == *p)
                found = &shorts[i + 1];
        if (found)
            snprintf(escape, sizeof escape, "\\%c", *found);
        else
            snprintf(escape, sizeof escape, "\\u%04x", k == 0 ? 0xdc00u + *p : *p);
        put(en, escape, strlen(escape));
        from = ++p;
    }
    put(en, (const char *)from, (size_t)(p - from));
}

static void write_string(struct encoder *en, const char *text, size_t len)
{
    char *room;

    if (is_plain(text, len)) {
        room = claim(en, len + 2);
        room[0] = room[len + 1] = '"';
        memcpy(room + 1, text, len);
        return;
    }
    put(en, "\"", 1);
    write_escaped(en, text, len);
    put(en, "\"", 1);
}

static void write_float(struct encoder *en, double value)
{
    char text[FLOAT_TEXT_SIZE];

    if (isnan(value) || isinf(value)) {
        fail(en, isnan(value) ? "JSON has no NaN" : "JSON has no infinity", NULL);
        return;
    }
    float_text(value, text);
    put(en, text, strlen(text));
}

static void write_integer(struct encoder *en, lua_Integer value)
{
    char text[24], *end = text + sizeof text, *p = end;
    lua_Unsigned rest = value < 0 ? 0 - (lua_Unsigned)value : (lua_Unsigned)value;

    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--p = '-';
    put(en, p, (size_t)(end - p));
}

static void grow(struct encoder *en)
{
    size_t size = (size_t)en->level_cap * sizeof *en->levels;
    struct level *more = malloc(2 * size);

    if (!more)
        vm_raisef(en->L, ERR_MEMORY, "out of memory writing JSON");
    memcpy(more, en->levels, size);
    if (en->levels != en->few)
        free(en->levels);
    en->levels = more;
    en->level_cap *= 2;
}

static void enter(struct encoder *en)
{
    const void *table = lua_topointer(en->L, -1);

    for (int i = 0; i < en->depth; i++) {
        if (en->levels[i].table == table)
            fail(en, "a table that contains itself", NULL);
    }
    if (en->depth >= en->max_depth) {
        char what[64];

        snprintf(what, sizeof what, "nested deeper than %d levels", en->max_depth);
        fail(en, what, NULL);
    }
    luaL_checkstack(en->L, 8, "JSON");
    if (en->depth == en->level_cap)
        grow(en);
    en->levels[en->depth++] = (struct level){.table = table};
}

/* The table on top has n items and must have nothing else. */
static void write_array(struct encoder *en, lua_Unsigned n)
{
    lua_State *L = en->L;
    int at = en->depth - 1; /* levels may move while a member is written */
    int t = lua_gettop(L);

    put(en, "[", 1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        en->levels[at].index = (lua_Integer)i;
        if (i > 1)
            put(en, ",", 1);
        put_newline(en, en->depth);
        if (lua_rawgeti(L, t, (lua_Integer)i) == LUA_TNIL)
            fail(en, "a hole in an array", "put json.null where a value is missing");
        write_value(en);
        lua_pop(L, 1);
    }
    en->levels[at].index = 0;
    if (n > 0)
        put_newline(en, en->depth - 1);
    put(en, "]", 1);
}

static void write_key(struct encoder *en, const char *text, size_t len, bool first)
{
    if (!first)
        put(en, ",", 1);
    put_newline(en, en->depth);
    write_string(en, text, len);
    put(en, ":", 1);
    if (en->indent > 0)
        put(en, " ", 1);
}

static int key_compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void fail_holes(struct encoder *en)
{
    fail(en, "an array with holes",
         "put json.null where a value is missing, or make the keys strings");
}

/* The key below the top is a string, or (of an array) an integer. */
static void check_key(struct encoder *en)
{
    lua_State *L = en->L;
    char what[64];

    if (lua_type(L, -2) == LUA_TSTRING || lua_isinteger(L, -2))
        return;
    snprintf(what, sizeof what, "a key that is a %s",
             lua_type(L, -2) == LUA_TNUMBER ? "float" : luaL_typename(L, -2));
    fail(en, what, "JSON's keys are strings");
}

/* The key below the top, which must be a string: the table has no item 1. */
static const char *member_key(struct encoder *en, size_t *len)
{
    if (lua_type(en->L, -2) != LUA_TSTRING) {
        check_key(en);
        fail_holes(en);
    }
    return lua_tolstring(en->L, -2, len);
}

/* Writes the members of the table on top in byte order of their keys. */
static void write_sorted(struct encoder *en)
{
    lua_State *L = en->L;
    int at = en->depth - 1; /* levels may move while a member is written */
    int t = lua_gettop(L);
    size_t n = 0, i = 0;
    struct key few[KEYS_FEW], *keys = few;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1))
        n++;
    lua_pushnil(L);
    if (n > KEYS_FEW) {
        keys = lua_newuserdatauv(L, n * sizeof *keys, 0);
        lua_replace(L, -2);
    }
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1), i++)
        keys[i].text = member_key(en, &keys[i].len);
    qsort(keys, n, sizeof *keys, key_compare);
    for (i = 0; i < n; i++) {
        en->levels[at].key = keys[i].text;
        write_key(en, keys[i].text, keys[i].len, i == 0);
        lua_pushlstring(L, keys[i].text, keys[i].len);
        lua_rawget(L, t);
        write_value(en);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void write_unsorted(struct encoder *en)
{
    lua_State *L = en->L;
    int at = en->depth - 1; /* levels may move while a member is written */
    int t = lua_gettop(L);
    bool first = true;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        size_t len;
        const char *key = member_key(en, &len);

        en->levels[at].key = key;
        write_key(en, key, len, first);
        write_value(en);
        en->levels[at].key = NULL;
        first = false;
    }
}

static void write_object(struct encoder *en)
{
    size_t start = en->out.len;

    put(en, "{", 1);
    if (en->canonical || en->indent > 0)
        write_sorted(en);
    else
        write_unsorted(en);
    en->levels[en->depth - 1].key = NULL;
    if (en->out.len > start + 1)
        put_newline(en, en->depth - 1);
    put(en, "}", 1);
}

/* The table on top must have the keys 1 to n and no other. */
static void check_array(struct encoder *en, lua_Unsigned n, int marked)
{
    lua_State *L = en->L;
    int t = lua_gettop(L);
    lua_Unsigned count = 0;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1), count++) {
        if (lua_type(L, -2) == LUA_TSTRING)
            fail(en,
                 marked ? "an array with string keys" : "a table with both string and integer keys",
                 NULL);
        check_key(en);
    }
    if (count != n)
        fail_holes(en);
}

static void write_table(struct encoder *en)
{
    int marked = json_is_marked(en->L, -1);
    lua_Unsigned n = lua_rawlen(en->L, -1);
    const char *opaque = json_opaque(en->L, -1);
    char what[64];

    if (opaque) {
        snprintf(what, sizeof what, "a value that cannot be written (%.30s)", opaque);
        fail(en, what, NULL);
    }
    enter(en);
    if (marked || n > 0) {
        check_array(en, n, marked);
        write_array(en, n);
    } else {
        write_object(en);
    }
    en->depth--;
}

static void write_value(struct encoder *en)
{
    lua_State *L = en->L;
    char text[32];
    size_t len;

    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        put(en, "null", 4);
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, -1))
            put(en, "true", 4);
        else
            put(en, "false", 5);
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1))
            write_integer(en, lua_tointeger(L, -1));
        else
            write_float(en, lua_tonumber(L, -1));
        return;
    case LUA_TSTRING: {
        const char *s = lua_tolstring(L, -1, &len);

        write_string(en, s, len);
        return;
    }
    case LUA_TTABLE:
        write_table(en);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) {
            put(en, "null", 4);
            return;
        }
        break;
    default:
        break;
    }
    snprintf(text, sizeof text, "a %.20s", luaL_typename(L, -1));
    fail(en, text, "JSON holds tables, strings, numbers, booleans and json.null");
}

/// A value as JSON.
///
/// Raises: `usage` (a function, NaN, a cycle, holes), `limit`.
///@param value any
///@param options? { canonical?: boolean, indent?: integer, max_depth?: integer }  canonical: keys in the order of the alphabet; 0 blanks; 128
///@return string
int json_encode(lua_State *L)
{
    lua_Integer indent = 0, depth = JSON_MAX_DEPTH;
    int canonical = 0;
    struct encoder *en;

    if (!lua_isnoneornil(L, 2)) {
        canonical = vm_opt_boolean(L, 2, "canonical", "json.encode", 0);
        indent = vm_opt_integer(L, 2, "indent", "json.encode", 0);
        depth = vm_opt_integer(L, 2, "max_depth", "json.encode", depth);
    }
    if (depth < 1 || depth > JSON_DEPTH_LIMIT)
        return vm_raisef(L, ERR_USAGE, "json.encode: max_depth must be 1 to %d", JSON_DEPTH_LIMIT);
    if (indent < 0 || indent > 8)
        return vm_raisef(L, ERR_USAGE, "json.encode: indent must be 0 to 8");
    lua_settop(L, 1);
    en = encoder_take(L);
    en->L = L;
    en->canonical = canonical;
    en->indent = (int)indent;
    en->max_depth = (int)depth;
    lua_pushvalue(L, 1);
    write_value(en);
    lua_pushlstring(L, buf_str(&en->out), en->out.len);
    encoder_give_back(L, 2);
    return 1;
}
