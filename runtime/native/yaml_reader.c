/* One node after the other: events of libyaml to values of Lua. */
#include "native/yaml_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <lauxlib.h>

#include "base/base64.h"
#include "engine/vm_error.h"
#include "native/json.h"

#define LINE_SHOWN 100

/* --- errors ---------------------------------------------------------------------------------- */

/* The given line of the text, cut to what a person can read. */
static void copy_line(const struct yaml_reader *r, size_t line, char *out, size_t size)
{
    const char *p = r->text, *end = r->text + r->len, *stop;
    size_t n = 0;

    while (line > 0 && p < end) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p ? p + 1 : end;
        line--;
    }
    stop = memchr(p, '\n', (size_t)(end - p));
    for (stop = stop ? stop : end; p < stop && n + 1 < size; p++)
        out[n++] = (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* A word of the text as a message may hold it. In a private one it may be a secret that was not put
 * in quotes: what it is, is to be looked up at the place. */
static const char *quotable(const struct yaml_reader *r, const char *word)
{
    return r->is_private ? "…" : word;
}

int yaml_raise_at(lua_State *L, struct yaml_reader *r, enum err_kind kind, yaml_mark_t mark,
                  const char *what)
{
    char line[LINE_SHOWN + 1];
    const char *shown = line;
    struct err e = {0};

    copy_line(r, mark.line, line, r->is_private ? 1 : sizeof line);
    shown += strspn(line, " ");
    /* The data is wrong, not the call. */
    err_set(&e, kind == ERR_USAGE ? ERR_PARSE : kind, "%s, line %zu, column %zu: %s%s%s", r->name,
            mark.line + 1, mark.column + 1, what, *shown ? ": " : "", shown);
    vm_push_error(L, &e);
    lua_pushinteger(L, (lua_Integer)mark.line + 1);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)mark.column + 1);
    lua_setfield(L, -2, "column");
    return lua_error(L);
}

static int raise_parser(lua_State *L, struct yaml_reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;
    char what[256];

    if (p->error == YAML_MEMORY_ERROR)
        return vm_raisef(L, ERR_MEMORY, "%s: out of memory", r->who);
    if (p->error == YAML_READER_ERROR) { /* an offset, no mark */
        mark = (yaml_mark_t){0};
        for (size_t i = 0; i < p->problem_offset && i < r->len; i++) {
            mark.column++;
            if (r->text[i] == '\n')
                mark.line++, mark.column = 0;
        }
    }
    if (p->context && p->context_mark.line != mark.line)
        snprintf(what, sizeof what, "%s (%s that begins at line %zu)", p->problem, p->context,
                 p->context_mark.line + 1);
    else
        snprintf(what, sizeof what, "%s", p->problem ? p->problem : "not YAML");
    return yaml_raise_at(L, r, ERR_USAGE, mark, what);
}

/* --- events ---------------------------------------------------------------------------------- */

int yaml_reader_gc(lua_State *L)
{
    struct yaml_reader *r = lua_touserdata(L, 1);

    if (r->has_event)
        yaml_event_delete(&r->event);
    if (r->has_parser)
        yaml_parser_delete(&r->parser);
    r->has_event = r->has_parser = false;
    buf_release(&r->path);
    return 0;
}

yaml_event_type_t yaml_next_event(lua_State *L, struct yaml_reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
    if (!yaml_parser_parse(&r->parser, &r->event))
        raise_parser(L, r);
    r->has_event = true;
    return r->event.type;
}

static void spend_node(lua_State *L, struct yaml_reader *r)
{
    if (r->nodes_left-- <= 0)
        yaml_raise_at(L, r, ERR_LIMIT, r->event.start_mark,
                      "too many nodes, counting those of aliases (max_nodes)");
}

static void enter(lua_State *L, struct yaml_reader *r)
{
    char what[64];

    luaL_checkstack(L, 16, "YAML");
    if (r->depth >= r->max_depth) {
        snprintf(what, sizeof what, "nested deeper than %d levels", r->max_depth);
        yaml_raise_at(L, r, ERR_LIMIT, r->event.start_mark, what);
    }
    r->depth++;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static void record_mark(lua_State *L, struct yaml_reader *r, yaml_mark_t mark)
{
    if (!r->marks)
        return;
    lua_pushlstring(L, buf_str(&r->path), r->path.len);
    lua_pushinteger(L, (lua_Integer)mark.line + 1);
    if (r->places) {
        lua_createtable(L, 0, 2);
        lua_insert(L, -2);
        lua_setfield(L, -2, "line");
        lua_pushinteger(L, (lua_Integer)mark.column + 1);
        lua_setfield(L, -2, "column");
    }
    lua_rawset(L, r->marks);
}

/* Appends "/key", where ~ and / are written ~0 and ~1. */
static void pointer_push(struct yaml_reader *r, const char *key)
{
    buf_adds(&r->path, "/");
    for (; *key; key++) {
        if (*key == '~' || *key == '/')
            buf_adds(&r->path, *key == '~' ? "~0" : "~1");
        else
            buf_add(&r->path, key, 1);
    }
}

/* Appends ".key" or "[index]", or "/key" or "/index", to the path; returns what to cut it back to.
 */
static size_t path_push(struct yaml_reader *r, const char *key, size_t index)
{
    size_t old = r->path.len;

    if (!r->marks)
        return old;
    if (r->places && key)
        pointer_push(r, key);
    else if (key)
        buf_addf(&r->path, old ? ".%s" : "%s", key);
    else if (r->places)
        buf_addf(&r->path, "/%zu", index - 1);
    else
        buf_addf(&r->path, "[%zu]", index);
    return old;
}

static void path_pop(struct yaml_reader *r, size_t old)
{
    if (!r->marks)
        return;
    r->path.len = old;
    if (r->path.data)
        r->path.data[old] = '\0';
}

/* anchors[name] = the value on top; the name is at stack index `name`, nil when there is none. */
static void keep_anchor(lua_State *L, struct yaml_reader *r, int name)
{
    if (lua_isnil(L, name))
        return;
    lua_pushvalue(L, name);
    lua_pushvalue(L, -2);
    lua_rawset(L, r->anchors);
}

static void push_anchor_name(lua_State *L, const yaml_char_t *anchor)
{
    if (anchor)
        lua_pushstring(L, (const char *)anchor);
    else
        lua_pushnil(L);
}

/* Replaces the value on top by a copy of its own. */
static void copy_value(lua_State *L, struct yaml_reader *r)
{
    int from = lua_gettop(L);

    spend_node(L, r);
    if (lua_type(L, from) != LUA_TTABLE)
        return;
    enter(L, r);
    lua_createtable(L, (int)lua_rawlen(L, from), 0);
    for (lua_pushnil(L); lua_next(L, from);) {
        copy_value(L, r);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, from + 1);
    }
    if (json_is_marked(L, from))
        json_mark_array(L);
    lua_remove(L, from);
    r->depth--;
}

static void read_alias(lua_State *L, struct yaml_reader *r)
{
    const char *name = (const char *)r->event.data.alias.anchor;
    char what[128];

    lua_pushstring(L, name);
    if (lua_rawget(L, r->anchors) == LUA_TNIL) {
        snprintf(what, sizeof what, "*%.60s names no anchor that is complete here",
                 quotable(r, name));
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark, what);
    }
    copy_value(L, r);
}

static void push_value(lua_State *L, const struct yaml_value *v, const char *text, size_t len)
{
    switch (v->type) {
    case YAML_SCALAR_NULL:
        json_push_null(L);
        return;
    case YAML_SCALAR_BOOLEAN:
        lua_pushboolean(L, v->boolean);
        return;
    case YAML_SCALAR_INTEGER:
        lua_pushinteger(L, v->integer);
        return;
    case YAML_SCALAR_FLOAT:
        lua_pushnumber(L, v->real);
        return;
    case YAML_SCALAR_STRING:
        lua_pushlstring(L, text, len);
        return;
    }
}

/* What is an error, but for kubectl and helm (go-yaml 2), which take it: that is only said. */
static void tolerate(lua_State *L, struct yaml_reader *r, yaml_mark_t mark, const char *what)
{
    if (r->dialect != YAML_KUBERNETES)
        yaml_raise_at(L, r, ERR_USAGE, mark, what);
    if (!r->warnings)
        return;
    lua_pushfstring(L, "%s, line %I: %s", r->name, (LUAI_UACINT)mark.line + 1, what);
    lua_rawseti(L, r->warnings, (lua_Integer)lua_rawlen(L, r->warnings) + 1);
}

/* Pushes what a !!binary scalar stands for. */
static void push_binary(lua_State *L, struct yaml_reader *r, const char *text, size_t len)
{
    char *clean = lua_newuserdatauv(L, len + 1, 0), *out = lua_newuserdatauv(L, len + 1, 0);
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r\n", text[i]))
            clean[n++] = text[i];
    if (base64_decode(clean, n, out, &n) < 0)
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark, "!!binary takes base64");
    lua_pushlstring(L, out, n);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

static bool is_binary(const struct yaml_reader *r, const char *tag)
{
    return r->dialect == YAML_KUBERNETES && tag && strcmp(tag, "tag:yaml.org,2002:binary") == 0;
}

/* A scalar with an explicit tag must be what the tag says. */
static void check_tag(lua_State *L, struct yaml_reader *r, const char *tag, struct yaml_value *v)
{
    static const struct {
        const char *tag;
        enum yaml_scalar type;
    } tags[] = {
        {YAML_NULL_TAG, YAML_SCALAR_NULL},
        {YAML_BOOL_TAG, YAML_SCALAR_BOOLEAN},
        {YAML_INT_TAG, YAML_SCALAR_INTEGER},
        {YAML_FLOAT_TAG, YAML_SCALAR_FLOAT},
    };
    char what[160];

    if (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0) {
        v->type = YAML_SCALAR_STRING;
        return;
    }
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (strcmp(tag, tags[i].tag) != 0)
            continue;
        if (tags[i].type == YAML_SCALAR_FLOAT && v->type == YAML_SCALAR_INTEGER) {
            if (r->dialect == YAML_KUBERNETES) /* JSON, which it becomes, has one kind of number */
                return;
            v->type = YAML_SCALAR_FLOAT;
            v->real = (lua_Number)v->integer;
        }
        if (v->type == tags[i].type)
            return;
        snprintf(what, sizeof what, "the value does not fit its tag %.60s", quotable(r, tag));
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark, what);
    }
    snprintf(what, sizeof what, "unknown tag %.80s", quotable(r, tag));
    tolerate(L, r, r->event.start_mark, what);
    v->type = YAML_SCALAR_STRING;
}

static void read_scalar(lua_State *L, struct yaml_reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    const char *tag = (const char *)r->event.data.scalar.tag;
    size_t len = r->event.data.scalar.length;
    struct yaml_value v = {.type = YAML_SCALAR_STRING};

    spend_node(L, r);
    if (tag || r->event.data.scalar.plain_implicit)
        v = yaml_resolve(text, len, r->dialect);
    if (tag && !is_binary(r, tag))
        check_tag(L, r, tag, &v);
    if (r->dialect == YAML_KUBERNETES && v.type == YAML_SCALAR_FLOAT && !isfinite(v.real))
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark,
                      "Kubernetes has no NaN and no infinity");
    push_anchor_name(L, r->event.data.scalar.anchor);
    if (is_binary(r, tag))
        push_binary(L, r, text, len);
    else
        push_value(L, &v, text, len);
    keep_anchor(L, r, lua_gettop(L) - 1);
    lua_remove(L, -2);
}

static void read_sequence(lua_State *L, struct yaml_reader *r)
{
    int name = lua_gettop(L) + 1;
    size_t n = 0;

    spend_node(L, r);
    enter(L, r);
    push_anchor_name(L, r->event.data.sequence_start.anchor);
    lua_createtable(L, 0, 0);
    while (yaml_next_event(L, r) != YAML_SEQUENCE_END_EVENT) {
        size_t old = path_push(r, NULL, ++n);

        record_mark(L, r, r->event.start_mark);
        yaml_read_node(L, r);
        lua_rawseti(L, name + 1, (lua_Integer)n);
        path_pop(r, old);
    }
    json_mark_array(L);
    keep_anchor(L, r, name);
    lua_remove(L, name);
    r->depth--;
}

/* Stack, from `base`: the anchor's name, the mapping, its keys -> line, the merged mappings. */
enum { M_NAME, M_TABLE, M_SEEN, M_MERGES };

/* Pushes the text of a key that is a scalar: of Kubernetes' dialect on is "true", 0x10 is "16". */
static void push_key(lua_State *L, struct yaml_reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    size_t len = r->event.data.scalar.length;
    char made[YAML_KEY_MAX];
    int rc = 1;

    if (r->dialect == YAML_KUBERNETES && r->event.data.scalar.plain_implicit &&
        !r->event.data.scalar.tag)
        rc = yaml_key(text, len, made);
    if (rc < 0)
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark,
                      "a key must be a string: put it in quotes");
    if (rc == 0)
        lua_pushstring(L, made);
    else
        lua_pushlstring(L, text, len);
}

/* Pushes the key of the event as a string. Returns whether it is a merge key. */
static bool read_key(lua_State *L, struct yaml_reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;

    spend_node(L, r);
    if (r->event.type == YAML_ALIAS_EVENT) {
        read_alias(L, r);
        if (lua_type(L, -1) == LUA_TSTRING)
            return false;
    }
    if (r->event.type != YAML_SCALAR_EVENT)
        yaml_raise_at(L, r, ERR_USAGE, r->event.start_mark, "a key must be a string");
    push_anchor_name(L, r->event.data.scalar.anchor);
    push_key(L, r);
    keep_anchor(L, r, lua_gettop(L) - 1);
    lua_remove(L, -2);
    return strcmp(text, "<<") == 0 && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* The key and its value are on top: into the mapping. It is an error if it is there already, but
 * for kubectl and helm, where the last one counts. */
static void add_pair(lua_State *L, struct yaml_reader *r, int base, yaml_mark_t mark)
{
    char what[160];

    lua_pushvalue(L, -2);
    if (lua_rawget(L, base + M_SEEN) != LUA_TNIL) {
        snprintf(what, sizeof what, "duplicate key \"%.60s\", first at line %lld",
                 quotable(r, lua_tostring(L, -3)), (long long)lua_tointeger(L, -1));
        tolerate(L, r, mark, what);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, (lua_Integer)mark.line + 1);
    lua_rawset(L, base + M_SEEN);
    if (r->nulls_absent && lua_islightuserdata(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_rawset(L, base + M_TABLE);
}

/* go-yaml 2 puts a merged mapping where its key stands: over what came before, under what follows.
 */
static void merge_now(lua_State *L, int base, int from)
{
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, base + M_TABLE);
    }
}

/* The value of a merge key is on top: a mapping, or a sequence of mappings. */
static void add_merge(lua_State *L, struct yaml_reader *r, int base, yaml_mark_t mark)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, base + M_MERGES);
    bool many = lua_istable(L, -1) && json_is_marked(L, -1);
    lua_Integer count = many ? (lua_Integer)lua_rawlen(L, -1) : 1;
    int value = lua_gettop(L);

    for (lua_Integer i = 1; i <= count; i++) {
        if (many) /* the first of them wins */
            lua_rawgeti(L, value, r->dialect == YAML_KUBERNETES ? count + 1 - i : i);
        else
            lua_pushvalue(L, value);
        if (!lua_istable(L, -1) || json_is_marked(L, -1))
            yaml_raise_at(L, r, ERR_USAGE, mark, "<< takes a mapping, or a sequence of mappings");
        if (r->dialect == YAML_KUBERNETES) {
            merge_now(L, base, lua_gettop(L));
            lua_pop(L, 1);
        } else {
            lua_rawseti(L, base + M_MERGES, n + i);
        }
    }
    lua_pop(L, 2); /* and the key */
}

/* A key that is there wins over a merged one, an earlier merge over a later one. */
static void apply_merges(lua_State *L, int base)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, base + M_MERGES);

    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, base + M_MERGES, i);
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            if (lua_rawget(L, base + M_SEEN) == LUA_TNIL) {
                lua_pushvalue(L, -3);
                lua_pushboolean(L, 1);
                lua_rawset(L, base + M_SEEN);
                lua_pushvalue(L, -3);
                lua_pushvalue(L, -3);
                lua_rawset(L, base + M_TABLE);
            }
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
}

static void read_mapping(lua_State *L, struct yaml_reader *r)
{
    int base = lua_gettop(L) + 1;

    spend_node(L, r);
    enter(L, r);
    push_anchor_name(L, r->event.data.mapping_start.anchor);
    for (int i = M_TABLE; i <= M_MERGES; i++)
        lua_createtable(L, 0, 0);
    while (yaml_next_event(L, r) != YAML_MAPPING_END_EVENT) {
        yaml_mark_t mark = r->event.start_mark;
        bool merge = read_key(L, r);
        size_t old = path_push(r, lua_tostring(L, -1), 0);

        record_mark(L, r, mark);
        yaml_next_event(L, r);
        yaml_read_node(L, r);
        path_pop(r, old);
        if (merge)
            add_merge(L, r, base, mark);
        else
            add_pair(L, r, base, mark);
    }
    apply_merges(L, base);
    lua_settop(L, base + M_TABLE);
    keep_anchor(L, r, base + M_NAME);
    lua_remove(L, base + M_NAME);
    r->depth--;
}

static void check_collection_tag(lua_State *L, struct yaml_reader *r, const yaml_char_t *tag,
                                 const char *standard)
{
    char what[128];

    if (!tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, standard) == 0)
        return;
    snprintf(what, sizeof what, "unknown tag %.80s", quotable(r, (const char *)tag));
    tolerate(L, r, r->event.start_mark, what);
}

/* Pushes the node that begins with the current event. */
void yaml_read_node(lua_State *L, struct yaml_reader *r)
{
    luaL_checkstack(L, 16, "YAML");
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        read_alias(L, r);
        return;
    case YAML_SCALAR_EVENT:
        read_scalar(L, r);
        return;
    case YAML_SEQUENCE_START_EVENT:
        check_collection_tag(L, r, r->event.data.sequence_start.tag, YAML_SEQ_TAG);
        read_sequence(L, r);
        return;
    case YAML_MAPPING_START_EVENT:
        check_collection_tag(L, r, r->event.data.mapping_start.tag, YAML_MAP_TAG);
        read_mapping(L, r);
        return;
    default:
        BUG("libyaml sent an event that begins no node");
    }
}
