/* source: the Lua files that the program is made of: built in, or those of stdlib/ from the
 * directory that --stdlib names. The one place that knows the difference. */
#ifndef ALMANAC_SOURCE_H
#define ALMANAC_SOURCE_H

#include <lua.h>

#include "base/err.h"

/* Pushes the text of a file by its path, e.g. "stdlib/run/step.lua"; ERR_NOT_FOUND, ERR_IO,
 * ERR_LIMIT. */
int source_push(lua_State *L, const char *path, struct err *e);
/* The same where it lies; what it pushes, once, keeps it there. */
struct source_view {
    const char *text;
    size_t len;
    const char *code; /* NULL where it was not compiled at build time */
    size_t code_len;
};
int source_view(lua_State *L, const char *path, struct source_view *view, struct err *e);
/* Pushes an array of the paths that begin with the prefix; those of a folder are in order. */
void source_push_list(lua_State *L, const char *prefix);

#endif
