/* mod_yaml: native.yaml, public `yaml`, on libyaml.
 *
 *   decode(text, {name, nulls = "keep" | "absent", dialect = "core" | "kubernetes",
 *                 max_depth = 128, max_nodes = 1e6})  one document
 *   decode_all(text, options)   an array of the documents that are not empty
 *   lines(text, options)        path of each key ("a.b[2].c") -> its line, of the first document
 *   encode(value)               keys sorted, strings quoted wherever some reader would take them
 *                               for something else
 *
 * Plain scalars as in the core schema of YAML 1.2, with one exception: 0644 is octal, as
 * Kubernetes and helm read it (0o644 too); 0899 is a string. yes, no, on and off are strings, and
 * so are dates, and integers past 64 bits. The dialect "kubernetes" is that of kubectl and helm
 * (sigs.k8s.io/yaml, on go-yaml 2): y, yes, on, n, no and off are booleans, 1_000, 0b11 and 0899
 * are numbers, and a number without a fraction is an integer. Keys are always strings. A sequence
 * is marked as json.array, null is json.null. Duplicate keys, unknown tags and unknown anchors are
 * refused. An alias is copied, and its nodes count against max_nodes. Pure: allowed outside steps.
 */
#ifndef ALMANAC_MOD_YAML_H
#define ALMANAC_MOD_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

int luaopen_native_yaml(lua_State *L);

/* The Lua function yaml.encode. */
int yaml_encode(lua_State *L);

enum yaml_scalar {
    YAML_SCALAR_STRING,
    YAML_SCALAR_NULL,
    YAML_SCALAR_BOOLEAN,
    YAML_SCALAR_INTEGER,
    YAML_SCALAR_FLOAT,
};

enum yaml_dialect { YAML_CORE, YAML_KUBERNETES };

/* What a plain scalar is; *integer, *real and *boolean are set as it says. */
struct yaml_value {
    enum yaml_scalar type;
    bool boolean;
    lua_Integer integer;
    lua_Number real;
};
struct yaml_value yaml_resolve(const char *text, size_t len, enum yaml_dialect dialect);

#endif
