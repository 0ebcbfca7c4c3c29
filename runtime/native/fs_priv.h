/* fs_priv: what the files of native.fs share. No other file includes it. */
#ifndef ALMANAC_NATIVE_FS_PRIV_H
#define ALMANAC_NATIVE_FS_PRIV_H

#include <lua.h>

#include "base/err.h"
#include "engine/task.h"

/* Fills e from errno: "cannot VERB PATH". -1. */
int fs_error(struct err *e, int errnum, const char *verb, const char *path);

/* The path at arg; raises for one that is none, and without the permit. */
const char *fs_check_path(lua_State *L, int arg, enum permit permit, const char *who);

/* Functions of native.fs: directories and what is in them. */
int fs_remove_tree(lua_State *L);
int fs_mkdir(lua_State *L);
int fs_links(lua_State *L);

#endif
