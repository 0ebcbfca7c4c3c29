/* yaml_reader: the documents being read, shared by the files of native.yaml. */
#ifndef ALMANAC_NATIVE_YAML_READER_H
#define ALMANAC_NATIVE_YAML_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/yaml_scalar.h"

/* The documents being read. The Lua value being built is on the stack; a Lua error may leave at any
 * point, and __gc releases what libyaml holds. */
struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_parser, has_event;
    bool nulls_absent;
    enum yaml_dialect dialect;
    const char *who, *name, *text;
    size_t len;
    int max_depth, depth;
    lua_Integer nodes_left;
    int anchors;     /* stack index: table of anchor -> value */
    int marks;       /* stack index: table of path -> line, or 0 */
    bool is_private; /* errors show no line of it */
    bool places;     /* instead of JSON Pointer (RFC 6901) -> {line, column} */
    int warnings;    /* stack index: table of what kubectl takes and no standard allows, or 0 */
    struct buf path; /* of the node being read, while marks are wanted */
};

/* Releases what libyaml holds; also the __gc of a reader. */
int yaml_reader_gc(lua_State *L);
/* Fetches the next event, which stays until the one after it. Raises kind "parse". */
yaml_event_type_t yaml_next_event(lua_State *L, struct yaml_reader *r);
/* Pushes the value of the node that the present event begins. */
void yaml_read_node(lua_State *L, struct yaml_reader *r);
/* Raises kind "parse" for ERR_USAGE, else that kind, with the place. */
int yaml_raise_at(lua_State *L, struct yaml_reader *r, enum err_kind kind, yaml_mark_t mark,
                  const char *what);

#endif
