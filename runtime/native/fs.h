/* native.fs, files for Lua.
 *
 *   fs.read(path, { max_bytes = 16 MiB }) -> text        fs.digest(path) -> sha256 hex | nil
 *   fs.exists(path) -> boolean                           fs.list(pattern) -> sorted array (glob)
 *   fs.stat(path) -> { type, size, mtime (s), mode, uid } | nil
 *   fs.write(path, text, { mode })   a temporary file beside it, fsync, rename, fsync of the
 *                                    directory: after a crash the old or the new text is there.
 *                                    An existing file keeps its mode; a link is written through.
 *   fs.remove(path) -> boolean       whether it was there; a directory must be empty
 *   fs.remove_tree(path)             and all below it; links are removed, not followed
 *   fs.mkdir(path)                   with its parents; one that is there is fine
 *   fs.tmpdir(prefix) -> path
 *
 * The first two lines need permit "read", the others "effect". Failures raise kind "not_found",
 * "io" or "limit" with the path. They block: files of runbooks are small.
 */
#ifndef ALMANAC_NATIVE_FS_H
#define ALMANAC_NATIVE_FS_H

#include <lua.h>

int luaopen_fs(lua_State *L);

#endif
