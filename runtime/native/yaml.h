/* native.yaml, public `yaml`, on libyaml.
 *
 *   decode(text, {name, nulls = "keep" | "absent", dialect = "core" | "kubernetes",
 *                 max_depth = 128, max_nodes = 1e6, places = false})  one document; with places
 *                               also where each key and item is: its JSON Pointer (RFC 6901,
 *                               "/a/b/0") -> {line, column}, from 1, the column in characters
 *   decode_all(text, options)   an array of the documents that are not empty; of the dialect
 *                               "kubernetes" also one of warnings
 *   lines(text, options)        path of each key ("a.b[2].c") -> its line, of the first document
 *   encode(value)               keys sorted, strings quoted wherever some reader would take them
 *                               for something else
 *
 * Plain scalars are as base/yaml_scalar.h says. Keys are always strings. A sequence is marked as
 * json.array, null is json.null. An alias is copied, and its nodes count against max_nodes. Unknown
 * anchors are refused, and of the dialect "core" duplicate keys and unknown tags: "kubernetes"
 * takes the last one, and text, and warns. There a key is the text that JSON has for it
 * (on: "true", 0x10: "16"), !!binary is decoded, and NaN and infinities are refused.
 * Pure: allowed outside steps.
 */
#ifndef ALMANAC_NATIVE_YAML_H
#define ALMANAC_NATIVE_YAML_H

#include <lua.h>

int luaopen_native_yaml(lua_State *L);

/* The Lua function yaml.encode. */
int yaml_encode(lua_State *L);

#endif
