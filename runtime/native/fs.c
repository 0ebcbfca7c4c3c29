#include "native/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/buf.h"
#include "base/confine.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "engine/lua_buf.h"
#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_option.h"
#include "native/fs_priv.h"

#define READ_MAX (16 * 1024 * 1024)
#define READ_LIMIT ((lua_Integer)1024 * 1024 * 1024)

int fs_error(struct err *e, int errnum, const char *verb, const char *path)
{
    return err_set_errno(e, errnum == ENOENT ? ERR_NOT_FOUND : ERR_IO, errnum, "cannot %s %s", verb,
                         path);
}

static const char *path_at(lua_State *L, int arg, enum permit permit, const char *who)
{
    size_t len;
    const char *path;

    task_require(L, permit, who);
    if (lua_type(L, arg) != LUA_TSTRING)
        vm_raisef(L, ERR_USAGE, "%s: the path must be a string, not a %s", who,
                  luaL_typename(L, arg));
    path = lua_tolstring(L, arg, &len);
    if (!len || strlen(path) != len)
        vm_raisef(L, ERR_USAGE, "%s: the path is empty or holds a zero byte", who);
    return path;
}

const char *fs_check_path(lua_State *L, int arg, enum permit permit, const char *who)
{
    const char *path = path_at(L, arg, permit, who);
    struct err e;

    if ((permit == PERMIT_EFFECT ? confine_check_write : confine_check_read)(path, &e) < 0)
        vm_raise(L, &e);
    return path;
}

/* --- reading --- */

/* Whether it tells of a process: the environment of almanac itself, and of the shell that it was
 * started from, hold what no script was given. Asked of what was opened, whatever it was called by.
 */
static bool tells_of_process(int fd)
{
    char link[32], path[64];
    struct statfs fs;
    ssize_t n;

    if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return true;
    path[n] = '\0';
    return strncmp(path, "/proc/", 6) != 0 || (path[6] >= '0' && path[6] <= '9');
}

int fs_read_open(int fd, const char *path, struct buf *out, struct err *e)
{
    char chunk[32 * 1024];
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_IO, "cannot read %s: it is a directory", path);
    }
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_IO, "cannot read %s: it is a %s, which may never end", path,
                       S_ISFIFO(st.st_mode) ? "pipe" : "device");
    }
    if (tells_of_process(fd)) {
        close(fd);
        err_set(e, ERR_REFUSED, "cannot read %s: it tells of a process", path);
        return err_hint(e, "a runbook names what it needs of the environment in pass_env");
    }
    for (;;) {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || buf_add(out, chunk, (size_t)n) < 0)
            break;
    }
    if (n < 0)
        fs_error(e, errno, "read", path);
    else if (n > 0)
        err_set(e, ERR_LIMIT, "%s is larger than the %zu bytes that may be read of it", path,
                out->max);
    close(fd);
    return n == 0 ? 0 : -1;
}

static int read_all(const char *path, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    return fd < 0 ? fs_error(e, errno, "read", path) : fs_read_open(fd, path, out, e);
}

/// The text of a file. Permit "read".
///
/// Raises: `not_found`, `io`, `limit`, `refused` (what /proc tells of a process).
///@param path string
///@param options? { max_bytes?: integer }  16 MiB
///@return string
static int fs_read(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.read");
    lua_Integer max = READ_MAX;
    struct buf *b;
    struct err e;

    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        max = vm_opt_integer(L, 2, "max_bytes", "fs.read", max);
    }
    if (max < 0 || max > READ_LIMIT)
        return vm_raisef(L, ERR_USAGE, "fs.read: max_bytes must be from 0 to 1 GiB");
    b = lua_buf_new(L, (size_t)max);
    if (read_all(path, b, &e) < 0)
        return vm_raise(L, &e);
    lua_pushlstring(L, buf_str(b), b->len);
    buf_release(b);
    return 1;
}

/// The SHA-256 of a file. Permit "read".
///
/// Raises: `io`.
///@param path string
///@return string? digits  hexadecimal; nil where there is no file
static int fs_digest(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.digest");
    struct buf *b = lua_buf_new(L, (size_t)READ_LIMIT);
    char hex[DIGEST_HEX_SIZE];
    struct err e;

    if (read_all(path, b, &e) < 0) {
        if (e.kind == ERR_NOT_FOUND)
            return 0;
        return vm_raise(L, &e);
    }
    digest_hex(buf_str(b), b->len, hex);
    buf_release(b);
    lua_pushstring(L, hex);
    return 1;
}

/// Whether something is there. Permit "read".
///@param path string
///@return boolean
static int fs_exists(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.exists");
    struct stat st;

    lua_pushboolean(L, stat(path, &st) == 0);
    return 1;
}

static const char *type_name(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "directory";
    if (S_ISLNK(mode))
        return "link";
    return "other";
}

/// What is known of a path, links followed. Permit "read".
///
/// Raises: `io`.
///@param path string
///@return { type: string, size: integer, mtime: integer, mode: integer, uid: integer }?  size in bytes, mtime in seconds; nil where there is nothing
static int fs_stat(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.stat");
    struct stat st;
    struct err e;

    if (stat(path, &st) < 0 && lstat(path, &st) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
        fs_error(&e, errno, "look at", path);
        return vm_raise(L, &e);
    }
    lua_createtable(L, 0, 5);
    lua_pushstring(L, type_name(st.st_mode));
    lua_setfield(L, -2, "type");
    lua_pushinteger(L, st.st_size);
    lua_setfield(L, -2, "size");
    lua_pushnumber(L, (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "mtime");
    lua_pushinteger(L, st.st_mode & 07777);
    lua_setfield(L, -2, "mode");
    lua_pushinteger(L, st.st_uid);
    lua_setfield(L, -2, "uid");
    return 1;
}

/* pcall'd, so that the glob is freed whatever happens. */
static int push_paths(lua_State *L)
{
    const glob_t *found = lua_touserdata(L, 1);
    size_t i;

    lua_createtable(L, (int)found->gl_pathc, 0);
    for (i = 0; i < found->gl_pathc; i++) {
        lua_pushstring(L, found->gl_pathv[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/// The paths that match, sorted. Permit "read".
///
/// Raises: `io`.
///@param pattern string  as glob(7)
///@return string[]
static int fs_list(lua_State *L)
{
    const char *pattern = fs_check_path(L, 1, PERMIT_READ, "fs.list");
    glob_t found = {0};
    struct err e;
    int rc;

    lua_settop(L, 1);
    lua_pushcfunction(L, push_paths);
    lua_pushlightuserdata(L, &found);
    rc = glob(pattern, 0, NULL, &found);
    if (rc == GLOB_NOMATCH)
        rc = 0;
    else if (rc == 0)
        rc = lua_pcall(L, 1, 1, 0) == LUA_OK ? 0 : -1;
    else
        rc = err_set(&e, ERR_IO, "cannot list %s", pattern);
    globfree(&found);
    if (rc < 0)
        return lua_gettop(L) == 2 ? lua_error(L) : vm_raise(L, &e);
    if (lua_gettop(L) != 2)
        lua_newtable(L);
    return 1;
}

/* --- writing --- */

void fs_parent(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        snprintf(out, size, ".");
    else if (slash == path)
        snprintf(out, size, "/");
    else
        snprintf(out, size, "%.*s", (int)(slash - path), path);
}

/* A device or a pipe takes the text; a rename would put a file in its place. */
static int write_through(const char *path, const char *text, size_t len, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return fs_error(e, errno, "write", path);
    rc = file_write_all(fd, text, len) != 0 ? fs_error(e, errno, "write", path) : 0;
    close(fd);
    return rc;
}

/* A file that is there keeps its mode. */
static int write_atomic(const char *path, const char *text, size_t len, mode_t mode, struct err *e)
{
    char real[PATH_MAX], dir[PATH_MAX], tmp[PATH_MAX + 64], suffix[17];
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return write_through(path, text, len, e);
    if (!realpath(path, real))
        snprintf(real, sizeof real, "%s", path);
    else if (stat(real, &st) == 0)
        mode = st.st_mode & 07777;
    fs_parent(real, dir, sizeof dir);
    digest_random_hex(suffix, 8);
    snprintf(tmp, sizeof tmp, "%s.%s.tmp", real, suffix);
    if (file_make_synced(AT_FDCWD, tmp, text, len, mode) < 0 || rename(tmp, real) < 0) {
        fs_error(e, errno, "write", path);
        unlink(tmp);
        return -1;
    }
    return file_sync_directory(AT_FDCWD, dir) < 0 ? fs_error(e, errno, "make durable", path) : 0;
}

mode_t fs_new_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static mode_t mode_option(lua_State *L, int arg)
{
    lua_Integer mode;

    if (!lua_isnoneornil(L, arg)) {
        luaL_checktype(L, arg, LUA_TTABLE);
        mode = vm_opt_integer(L, arg, "mode", "fs.write", -1);
        if (mode >= 0)
            return (mode_t)(mode & 07777);
    }
    return fs_new_mode();
}

/// Writes a temporary file beside it, syncs, renames and syncs the directory: after a crash the old
/// or the new text is there. An existing file keeps its mode; a link is written through. Permit
/// "effect".
///
/// Raises: `not_found`, `io`.
///@param path string
///@param text string
///@param options? { mode?: integer }  of a new file
static int fs_write(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_EFFECT, "fs.write");
    mode_t mode = mode_option(L, 3);
    const char *text;
    struct err e;
    size_t len;

    if (lua_type(L, 2) != LUA_TSTRING)
        return vm_raisef(L, ERR_USAGE, "fs.write: the text must be a string, not a %s",
                         luaL_typename(L, 2));
    text = lua_tolstring(L, 2, &len);
    if (write_atomic(path, text, len, mode, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}

static int remove_one(const char *path, struct err *e)
{
    char dir[PATH_MAX];

    if (unlink(path) < 0 && (errno != EISDIR && errno != EPERM ? true : rmdir(path) < 0)) {
        if (errno == ENOENT)
            return 0;
        return fs_error(e, errno, "remove", path);
    }
    fs_parent(path, dir, sizeof dir);
    return file_sync_directory(AT_FDCWD, dir) < 0
               ? fs_error(e, errno, "make durable the removal of", path)
               : 1;
}

/// Removes a file, or an empty directory. Permit "effect".
///
/// Raises: `io`.
///@param path string
///@return boolean was_there
static int fs_remove(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_EFFECT, "fs.remove");
    struct err e;
    int rc = remove_one(path, &e);

    if (rc < 0)
        return vm_raise(L, &e);
    lua_pushboolean(L, rc);
    return 1;
}

/// The path that a path stands for, its links followed: absolute, without "." and "..". Permit "read".
///@param path string
///@return string? real  nil where there is none
static int fs_real(lua_State *L)
{
    const char *path = path_at(L, 1, PERMIT_READ, "fs.real");
    char real[PATH_MAX];

    if (!realpath(path, real))
        return 0;
    lua_pushstring(L, real);
    return 1;
}

/// Makes a directory for files of this process. Permit "effect".
///
/// Raises: `io`.
///@param prefix? string  of its name: "almanac"
///@return string path
static int fs_tmpdir(lua_State *L)
{
    const char *prefix = luaL_optstring(L, 1, "almanac");
    char path[PATH_MAX];
    struct err e;

    task_require(L, PERMIT_EFFECT, "fs.tmpdir");
    if (file_make_temporary(path, sizeof path, prefix) < 0) {
        fs_error(&e, errno, "make directory", path);
        return vm_raise(L, &e);
    }
    lua_pushstring(L, path);
    return 1;
}

/// Files. They block: files of runbooks are small. Failures name the path.
int luaopen_native_fs(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"read", fs_read},
        {"read_own", fs_read_own},
        {"read_given", fs_read_given},
        {"check_script", fs_check_script},
        {"is_trusted", fs_is_trusted},
        {"digest", fs_digest},
        {"exists", fs_exists},
        {"stat", fs_stat},
        {"list", fs_list},
        {"write", fs_write},
        {"compare_and_swap", fs_compare_and_swap},
        {"keep", fs_keep},
        {"keep_directory", fs_keep_directory},
        {"target", fs_target},
        {"remove", fs_remove},
        {"mkdir", fs_mkdir},
        {"remove_tree", fs_remove_tree},
        {"links", fs_links},
        {"open_to_others", fs_open_to_others},
        {"leads", fs_leads},
        {"make_link", fs_make_link},
        {"copy_tree", fs_copy_tree},
        {"tmpdir", fs_tmpdir},
        {"real", fs_real},
        {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
