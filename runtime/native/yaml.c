#include "native/yaml.h"

#include <string.h>
#include <lauxlib.h>

#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "engine/vm_type.h"
#include "native/json.h"
#include "native/yaml_reader.h"

#define READER_TYPE "yaml.reader"
#define MAX_BYTES ((size_t)64 << 20)
#define MAX_NODES 1000000
#define PATH_MAX_BYTES 4096

/* Pushes the next document and returns 1, or returns 0 at the end. */
static int read_document(lua_State *L, struct yaml_reader *r)
{
    yaml_event_type_t type;

    do
        type = yaml_next_event(L, r);
    while (type == YAML_STREAM_START_EVENT);
    if (type == YAML_STREAM_END_EVENT)
        return 0;
    lua_createtable(L, 0, 0);
    lua_replace(L, r->anchors);
    yaml_next_event(L, r);
    yaml_read_node(L, r);
    yaml_next_event(L, r); /* the document's end */
    return 1;
}

static void reader_options(lua_State *L, struct yaml_reader *r)
{
    const char *null, *dialect;

    if (lua_isnoneornil(L, 2))
        return;
    r->name = vm_opt_string(L, 2, "name", r->who, NULL, r->name);
    r->places = vm_opt_boolean(L, 2, "places", r->who, false);
    r->is_private = vm_opt_boolean(L, 2, "private", r->who, false);
    r->max_depth = (int)vm_opt_integer(L, 2, "max_depth", r->who, r->max_depth);
    r->nodes_left = vm_opt_integer(L, 2, "max_nodes", r->who, r->nodes_left);
    null = vm_opt_string(L, 2, "null", r->who, NULL, "keep");
    r->nulls_absent = strcmp(null, "absent") == 0;
    if (!r->nulls_absent && strcmp(null, "keep") != 0)
        vm_raisef(L, ERR_USAGE, "%s: null must be \"keep\" or \"absent\", not \"%s\"", r->who,
                  null);
    dialect = vm_opt_string(L, 2, "dialect", r->who, NULL, "core");
    r->dialect = strcmp(dialect, "kubernetes") == 0 ? YAML_KUBERNETES : YAML_CORE;
    if (r->dialect == YAML_CORE && strcmp(dialect, "core") != 0)
        vm_raisef(L, ERR_USAGE, "%s: dialect must be \"core\" or \"kubernetes\", not \"%s\"",
                  r->who, dialect);
    if (r->max_depth < 1 || r->max_depth > JSON_DEPTH_LIMIT)
        vm_raisef(L, ERR_USAGE, "%s: max_depth must be 1 to %d", r->who, JSON_DEPTH_LIMIT);
}

/* kubectl reads each document of a file on its own, and takes a byte order mark before any. */
static void drop_marks(lua_State *L)
{
    const char *text = lua_tostring(L, 1);

    if (strlen(text) != lua_rawlen(L, 1) || !strstr(text, "---\n\xEF\xBB\xBF"))
        return;
    luaL_gsub(L, text, "---\n\xEF\xBB\xBF", "---\n");
    lua_replace(L, 1);
}

/* Stack afterwards: text, options, reader, anchors. */
static struct yaml_reader *reader_push(lua_State *L, const char *who)
{
    struct yaml_reader *r;

    if (lua_type(L, 1) != LUA_TSTRING)
        vm_raisef(L, ERR_USAGE, "%s: the text must be a string, not %s", who, luaL_typename(L, 1));
    lua_settop(L, 2);
    r = lua_newuserdatauv(L, sizeof *r, 0);
    memset(r, 0, sizeof *r);
    r->who = who;
    r->name = "YAML";
    r->max_depth = JSON_MAX_DEPTH;
    r->nodes_left = MAX_NODES;
    buf_init(&r->path, PATH_MAX_BYTES);
    luaL_setmetatable(L, READER_TYPE);
    reader_options(L, r);
    if (r->dialect == YAML_KUBERNETES)
        drop_marks(L);
    r->text = lua_tolstring(L, 1, &r->len);
    if (r->len > MAX_BYTES)
        vm_raisef(L, ERR_LIMIT, "%s: %s is larger than %zu MiB", who, r->name, MAX_BYTES >> 20);
    lua_createtable(L, 0, 0);
    r->anchors = lua_gettop(L);
    if (!yaml_parser_initialize(&r->parser))
        vm_raisef(L, ERR_MEMORY, "%s: out of memory", who);
    r->has_parser = true;
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->len);
    return r;
}

static int finish(lua_State *L, struct yaml_reader *r)
{
    int top = lua_gettop(L);

    lua_pushcfunction(L, yaml_reader_gc);
    lua_pushlightuserdata(L, r);
    lua_call(L, 1, 0);
    lua_settop(L, top);
    return 1;
}

/* The value is on top; behind it come the places, where they are wanted. */
static int finish_decode(lua_State *L, struct yaml_reader *r)
{
    finish(L, r);
    if (!r->places)
        return 1;
    lua_pushvalue(L, r->marks);
    return 2;
}

/// The one document of a text.
///
/// Raises: `parse` (with line and column), `limit`.
///@param text string
///@param options? native.yaml.Options
///@return any
///@return table<string, { line: integer, column: integer }>? places  with places = true: by JSON Pointer (RFC 6901, "/a/b/0")
static int yaml_decode(lua_State *L)
{
    struct yaml_reader *r = reader_push(L, "yaml.decode");

    if (r->places) {
        lua_createtable(L, 0, 0);
        r->marks = lua_gettop(L);
    }
    if (!read_document(L, r)) {
        lua_pushnil(L);
        return finish_decode(L, r);
    }
    while (read_document(L, r)) {
        if (!lua_islightuserdata(L, -1))
            return yaml_raise_at(
                L, r, ERR_USAGE, r->event.start_mark,
                "one document is expected, another ends here (yaml.decode_all reads "
                "them all)");
        lua_pop(L, 1);
    }
    if (r->nulls_absent && lua_islightuserdata(L, -1))
        lua_pushnil(L);
    return finish_decode(L, r);
}

/// The documents that are not empty.
///
/// Raises: as decode.
///@param text string
///@param options? native.yaml.Options
///@return any[]
///@return string[]? warnings  of the dialect "kubernetes"
static int yaml_decode_all(lua_State *L)
{
    struct yaml_reader *r = reader_push(L, "yaml.decode_all");
    lua_Integer n = 0;

    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 0);
    r->warnings = lua_gettop(L);
    while (read_document(L, r)) {
        if (lua_islightuserdata(L, -1))
            lua_pop(L, 1);
        else
            lua_rawseti(L, r->warnings - 1, ++n);
    }
    finish(L, r);
    return r->dialect == YAML_KUBERNETES ? 2 : (lua_pop(L, 1), 1);
}

/// Where the keys of the first document are: by path ("a.b[2].c").
///
/// Raises: as decode.
///@param text string
///@param options? native.yaml.Options
///@return table<string, integer> lines
static int yaml_lines(lua_State *L)
{
    struct yaml_reader *r = reader_push(L, "yaml.lines");

    r->places = false;
    lua_createtable(L, 0, 0);
    r->marks = lua_gettop(L);
    if (read_document(L, r))
        lua_pop(L, 1);
    return finish(L, r);
}

/// YAML on libyaml, as the public `yaml`. Plain scalars are as base/yaml_scalar.h says. Keys are
/// always strings. A sequence is marked as json.array, null is json.null. An alias is copied, and
/// its nodes count against max_nodes. Unknown anchors are refused, and of the dialect "core"
/// duplicate keys and unknown tags: "kubernetes" takes the last one, and text, and warns. There a
/// key is the text that JSON has for it (on: "true", 0x10: "16"), !!binary is decoded, and NaN and
/// infinities are refused. Pure: allowed outside steps.
int luaopen_native_yaml(lua_State *L)
{
    ///@class native.yaml.Options
    ///@field name? string  of the text, for errors
    ///@field null? "keep"|"absent"  "keep"
    ///@field dialect? "core"|"kubernetes"  "core"
    ///@field max_depth? integer  128
    ///@field max_nodes? integer  1,000,000
    ///@field private? boolean  errors show no line of it: it may hold secrets
    ///@field places? boolean  also where each key and item is
    static const luaL_Reg functions[] = {
        {"decode", yaml_decode},
        {"decode_all", yaml_decode_all},
        {"lines", yaml_lines},
        {"encode", yaml_encode},
        {NULL, NULL},
    };

    json_setup_mark(L);
    vm_type_new(L, READER_TYPE, yaml_reader_gc, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
