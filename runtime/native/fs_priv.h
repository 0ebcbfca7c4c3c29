/* fs_priv: what the files of native.fs share. No other file includes it. */
#ifndef ALMANAC_NATIVE_FS_PRIV_H
#define ALMANAC_NATIVE_FS_PRIV_H

#include <lua.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "engine/task.h"

/* Fills e from errno: "cannot VERB PATH". -1. */
int fs_error(struct err *e, int errnum, const char *verb, const char *path);

/* The path at arg; raises for one that is none, and without the permit. */
const char *fs_check_path(lua_State *L, int arg, enum permit permit, const char *who);

/* Reads what was opened, and closes it: a pipe, a device and what /proc tells of a process are
 * refused. */
int fs_read_open(int fd, const char *path, struct buf *out, struct err *e);

/* The directory that a path's last name is in: "." where there is none. */
void fs_parent(const char *path, char *out, size_t size);

/* The mode of a new file that is anybody's to read, as far as the umask lets it. */
mode_t fs_new_mode(void);

/* Functions of native.fs: files on which something rests. */
int fs_read_own(lua_State *L);
int fs_read_given(lua_State *L);
int fs_check_script(lua_State *L);
int fs_is_trusted(lua_State *L);

/* Functions of native.fs: files that we write for the operator. */
int fs_keep(lua_State *L);
int fs_compare_and_swap(lua_State *L);
int fs_keep_directory(lua_State *L);
int fs_target(lua_State *L);

/* Functions of native.fs: directories and what is in them. */
int fs_remove_tree(lua_State *L);
int fs_mkdir(lua_State *L);
int fs_links(lua_State *L);
int fs_open_to_others(lua_State *L);
int fs_leads(lua_State *L);
int fs_make_link(lua_State *L);
int fs_copy_tree(lua_State *L);

#endif
