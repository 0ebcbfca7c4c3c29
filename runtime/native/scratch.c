#include "native/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/err.h"
#include "base/file.h"
#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define SCRATCH "native.scratch.Directory"

struct scratch {
    char path[PATH_MAX]; /* "" once removed */
};

static struct scratch *scratch_arg(lua_State *L, const char *who)
{
    struct scratch *s = luaL_testudata(L, 1, SCRATCH);

    if (!s || !*s->path)
        vm_raisef(L, ERR_USAGE, "scratch:%s: call it on a directory that is not closed", who);
    return s;
}

static int io_error(lua_State *L, const char *verb, const char *path)
{
    struct err e;

    err_set_errno(&e, ERR_IO, errno, "cannot %s %s", verb, path);
    return vm_raise(L, &e);
}

/* Its files, and then itself; what another process put in it meanwhile keeps it. */
static int scratch_remove(lua_State *L)
{
    struct scratch *s = luaL_checkudata(L, 1, SCRATCH);
    DIR *dir = *s->path ? opendir(s->path) : NULL;
    struct dirent *entry;

    if (dir) {
        while ((entry = readdir(dir)))
            unlinkat(dirfd(dir), entry->d_name, 0);
        closedir(dir);
        rmdir(s->path);
    }
    *s->path = '\0';
    return 0;
}

/// A directory for files of the program's own that another program is handed: 0700, and removed
/// with them when the value is closed or collected. Permit "read": it is no effect, and out of the
/// reach of scripts.
///
/// Raises: `io`.
///@return native.scratch.Directory
static int l_open(lua_State *L)
{
    struct scratch *s;
    char tried[PATH_MAX];

    task_require(L, PERMIT_READ, "scratch.open");
    s = lua_newuserdatauv(L, sizeof *s, 0);
    *s->path = '\0';
    luaL_setmetatable(L, SCRATCH);
    if (file_make_temporary(tried, sizeof tried, "almanac") < 0)
        return io_error(L, "make the directory", tried);
    memcpy(s->path, tried, sizeof tried);
    return 1;
}

/// Writes a file in it, 0600; the last one of its name goes.
///
/// Raises: `io`.
///@param name string  without a slash
///@param text string
///@return string path
static int l_keep(lua_State *L)
{
    struct scratch *s = scratch_arg(L, "keep");
    const char *name = luaL_checkstring(L, 2), *text, *path;
    size_t len;
    int fd, written;

    text = luaL_checklstring(L, 3, &len);
    if (!*name || strchr(name, '/'))
        return vm_raisef(L, ERR_USAGE, "scratch:keep: %s is no name of a file", name);
    path = lua_pushfstring(L, "%s/%s", s->path, name);
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return io_error(L, "write", path);
    written = file_write_all(fd, text, len);
    if (close(fd) < 0 || written != 0)
        return io_error(L, "write", path);
    return 1;
}

/// Files of the program's own that another program is handed for a moment.
int luaopen_native_scratch(lua_State *L)
{
    /// A directory that goes with its value.
    ///@class native.scratch.Directory
    static const luaL_Reg methods[] = {{"keep", l_keep}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};

    vm_type_new(L, SCRATCH, scratch_remove, scratch_remove, methods);
    luaL_newlib(L, functions);
    return 1;
}
