/* yaml.encode, on libyaml's emitter. */
#include "base/float_text.h"
#include "engine/vm_type.h"
#include "native/yaml.h"

#include <lauxlib.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/buf.h"
#include "engine/vm_error.h"
#include "native/json.h"

#define WRITER_TYPE "yaml.writer"
#define ENCODE_MAX ((size_t)64 << 20)

struct writer {
    yaml_emitter_t emitter;
    bool has_emitter;
    struct buf out;
    int depth;
};

static void write_value(lua_State *L, struct writer *w);

static int writer_gc(lua_State *L)
{
    struct writer *w = lua_touserdata(L, 1);

    if (w->has_emitter)
        yaml_emitter_delete(&w->emitter);
    w->has_emitter = false;
    buf_release(&w->out);
    return 0;
}

static int writer_add(void *arg, unsigned char *bytes, size_t len)
{
    struct writer *w = arg;

    return buf_add(&w->out, bytes, len) == 0;
}

/* `made` is what the event's initializer returned. */
static void emit(lua_State *L, struct writer *w, int made, yaml_event_t *event)
{
    if (!made)
        vm_raisef(L, ERR_USAGE, "yaml.encode: a string is not UTF-8 (or memory is out)");
    if (!yaml_emitter_emit(&w->emitter, event))
        vm_raisef(L, ERR_LIMIT, "yaml.encode: %s",
                  w->emitter.problem ? w->emitter.problem : "the text is too large");
}

/* Whether every reader takes the unquoted text for a string. Stricter than our own reading: YAML
 * 1.1 has yes, on, 1_000, 12:30 and dates, and much of what reads YAML is of that kind. */
static bool is_plain_string(const char *text, size_t len)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n",   NULL};
    char first = len ? text[0] : '\0';

    if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/' ||
          first == '_'))
        return false;
    for (const char *const *word = words; *word; word++) {
        if (strlen(*word) == len && strncasecmp(*word, text, len) == 0)
            return false;
    }
    return text[len - 1] != ' ' && text[len - 1] != ':' && !memchr(text, '\n', len);
}

static void write_scalar(lua_State *L, struct writer *w, const char *text, size_t len,
                         yaml_scalar_style_t style)
{
    yaml_event_t event;
    int made = yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)len,
                                            1, 1, style);

    emit(L, w, made, &event);
}

static void write_string(lua_State *L, struct writer *w, const char *text, size_t len, bool key)
{
    yaml_scalar_style_t style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;

    if (len > INT32_MAX)
        vm_raisef(L, ERR_LIMIT, "yaml.encode: a string is too large");
    if (is_plain_string(text, len))
        style = YAML_PLAIN_SCALAR_STYLE;
    else if (!key && len > 0 && text[0] != ' ' && text[0] != '\n' && memchr(text, '\n', len))
        style = YAML_LITERAL_SCALAR_STYLE;
    write_scalar(L, w, text, len, style);
}

static void write_number(lua_State *L, struct writer *w)
{
    char text[FLOAT_TEXT_SIZE];
    double value;

    if (lua_isinteger(L, -1)) {
        snprintf(text, sizeof text, "%" PRId64, (int64_t)lua_tointeger(L, -1));
        write_scalar(L, w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
        return;
    }
    value = lua_tonumber(L, -1);
    if (isnan(value)) {
        snprintf(text, sizeof text, ".nan");
    } else if (isinf(value)) {
        snprintf(text, sizeof text, value < 0 ? "-.inf" : ".inf");
    } else {
        float_text(value, text);
    }
    write_scalar(L, w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
}

static int key_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pushes a userdata with the keys of the table at t, sorted; *count of them. */
static const char **push_keys(lua_State *L, int t, size_t *count)
{
    const char **keys;
    size_t n = 0;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            vm_raisef(L, ERR_USAGE,
                      "yaml.encode: a table must be an array without holes or have string keys "
                      "only; one has a key that is a %s",
                      luaL_typename(L, -2));
        n++;
    }
    keys = lua_newuserdatauv(L, (n ? n : 1) * sizeof *keys, 0);
    *count = n;
    n = 0;
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        keys[n] = lua_tostring(L, -2);
        if (strlen(keys[n++]) != lua_rawlen(L, -2))
            vm_raisef(L, ERR_USAGE, "yaml.encode: a key holds a zero byte");
    }
    qsort(keys, n, sizeof *keys, key_compare);
    return keys;
}

static void write_mapping(lua_State *L, struct writer *w)
{
    int t = lua_gettop(L);
    yaml_event_t event;
    size_t n;
    const char **keys = push_keys(L, t, &n);

    emit(L, w,
         yaml_mapping_start_event_initialize(
             &event, NULL, NULL, 1, n ? YAML_BLOCK_MAPPING_STYLE : YAML_FLOW_MAPPING_STYLE),
         &event);
    for (size_t i = 0; i < n; i++) {
        write_string(L, w, keys[i], strlen(keys[i]), true);
        lua_pushstring(L, keys[i]);
        lua_rawget(L, t);
        write_value(L, w);
        lua_pop(L, 1);
    }
    emit(L, w, yaml_mapping_end_event_initialize(&event), &event);
    lua_pop(L, 1);
}

static void write_sequence(lua_State *L, struct writer *w)
{
    int t = lua_gettop(L);
    lua_Integer n = (lua_Integer)lua_rawlen(L, t), count = 0;
    yaml_event_t event;

    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1))
        count++;
    if (count != n)
        vm_raisef(L, ERR_USAGE, "yaml.encode: an array has holes, or keys of its own");
    emit(L, w,
         yaml_sequence_start_event_initialize(
             &event, NULL, NULL, 1, n ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE),
         &event);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, t, i);
        write_value(L, w);
        lua_pop(L, 1);
    }
    emit(L, w, yaml_sequence_end_event_initialize(&event), &event);
}

static void write_table(lua_State *L, struct writer *w)
{
    const char *opaque = json_opaque(L, -1);

    if (opaque)
        vm_raisef(L, ERR_USAGE, "yaml.encode: a value cannot be written (%s)", opaque);
    luaL_checkstack(L, 16, "YAML");
    if (++w->depth > JSON_MAX_DEPTH)
        vm_raisef(L, ERR_USAGE,
                  "yaml.encode: tables are nested deeper than %d levels, or one contains itself",
                  JSON_MAX_DEPTH);
    if (json_is_marked(L, -1) || lua_rawlen(L, -1) > 0)
        write_sequence(L, w);
    else
        write_mapping(L, w);
    w->depth--;
}

static void write_value(lua_State *L, struct writer *w)
{
    const char *text;
    size_t len;

    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        write_scalar(L, w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
        return;
    case LUA_TNUMBER:
        write_number(L, w);
        return;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        write_string(L, w, text, len, false);
        return;
    case LUA_TTABLE:
        write_table(L, w);
        return;
    case LUA_TNIL:
        write_scalar(L, w, "null", 4, YAML_PLAIN_SCALAR_STYLE);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) {
            write_scalar(L, w, "null", 4, YAML_PLAIN_SCALAR_STYLE);
            return;
        }
        break;
    default:
        break;
    }
    vm_raisef(L, ERR_USAGE, "yaml.encode: a %s cannot be written", luaL_typename(L, -1));
}

/// A value as YAML: keys sorted, strings quoted wherever some reader would take them for something
/// else.
///
/// Raises: `usage`, `limit`.
///@param value any
///@return string
int yaml_encode(lua_State *L)
{
    yaml_event_t event;
    struct writer *w;

    lua_settop(L, 1);
    w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    buf_init(&w->out, ENCODE_MAX);
    vm_type_new(L, WRITER_TYPE, writer_gc, NULL, NULL);
    luaL_setmetatable(L, WRITER_TYPE);
    if (!yaml_emitter_initialize(&w->emitter))
        return vm_raisef(L, ERR_MEMORY, "yaml.encode: out of memory");
    w->has_emitter = true;
    yaml_emitter_set_output(&w->emitter, writer_add, w);
    yaml_emitter_set_unicode(&w->emitter, 1);
    yaml_emitter_set_width(&w->emitter, -1);
    emit(L, w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
    emit(L, w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
    lua_pushvalue(L, 1);
    write_value(L, w);
    emit(L, w, yaml_document_end_event_initialize(&event, 1), &event);
    emit(L, w, yaml_stream_end_event_initialize(&event), &event);
    lua_pushlstring(L, buf_str(&w->out), w->out.len);
    yaml_emitter_delete(&w->emitter);
    w->has_emitter = false;
    buf_release(&w->out);
    return 1;
}
