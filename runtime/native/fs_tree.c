#include "native/fs_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "base/buf.h"
#include "base/trust.h"
#include "engine/lua_buf.h"
#include "engine/vm_error.h"

enum { WALK_BYTES_MAX = 1024 * 1024 };

/* Through directory descriptors, so that a link swapped in under us is not followed. */
static int remove_tree_at(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dirent *entry;
    int rc = 0;
    DIR *dir;

    if (fd < 0)
        return unlinkat(parent, name, 0);
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -1;
    }
    while (rc == 0 && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = remove_tree_at(fd, entry->d_name);
    closedir(dir);
    return rc < 0 ? -1 : unlinkat(parent, name, AT_REMOVEDIR);
}

/// Removes a directory and all below it; links are removed, not followed. Permit "effect".
///
/// Raises: `io`.
///@param path string
int fs_remove_tree(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_EFFECT, "fs.remove_tree");
    struct err e;

    if (remove_tree_at(AT_FDCWD, path) < 0 && errno != ENOENT) {
        fs_error(&e, errno, "remove", path);
        return vm_raise(L, &e);
    }
    return 0;
}

/* A walk that lists what is asked for. One place for all paths: a level each would be a stack of
 * megabytes. */
struct walk {
    char path[PATH_MAX]; /* of the directory that is being read */
    bool (*lists)(const struct stat *st);
    const char *noun; /* what it lists, for errors */
    struct buf *out;  /* the paths of what is listed, each with a zero byte */
    bool full;
};

/* The path of what lies in a directory, of which the first `len` bytes are the path; its length. */
static int walk_path(struct walk *walk, size_t len, const char *name)
{
    size_t room = sizeof walk->path - len;
    int n = snprintf(walk->path + len, room, "/%s", name);

    if (n >= 0 && (size_t)n < room)
        return (int)len + n;
    errno = ENAMETOOLONG;
    return -1;
}

static int walk_below(struct walk *walk, int fd, size_t len);

/* Looks at one entry of an open directory. 0, or -1 with errno. */
static int walk_at(struct walk *walk, int fd, size_t len, const char *name)
{
    int end = walk_path(walk, len, name), below;
    struct stat st;

    if (end < 0)
        return -1;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1;
    if (walk->lists(&st)) {
        walk->full = buf_add(walk->out, walk->path, (size_t)end + 1) < 0;
        return walk->full ? -1 : 0;
    }
    if (!S_ISDIR(st.st_mode))
        return 0;
    below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return below < 0 ? -1 : walk_below(walk, below, (size_t)end);
}

/* Closes fd. */
static int walk_below(struct walk *walk, int fd, size_t len)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int rc = 0, saved;

    if (!dir) {
        close(fd);
        return -1;
    }
    while (rc == 0 && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = walk_at(walk, fd, len, entry->d_name);
    saved = errno;
    closedir(dir);
    errno = saved;
    return rc;
}

/* 0, also where the path is no directory. */
static int walk_list(struct walk *walk, const char *path, struct err *e)
{
    int len = snprintf(walk->path, sizeof walk->path, "%s", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    walk->full = false;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd >= 0 && walk_below(walk, fd, (size_t)len) == 0)
        return 0;
    if (walk->full)
        return err_set(e, ERR_LIMIT, "cannot list %s in %s: their paths take more than %d KiB",
                       walk->noun, path, WALK_BYTES_MAX >> 10);
    return fs_error(e, errno, "list what is in", path);
}

/* Pushes the list of what a walk finds below the path that is the call's first argument. */
static int walk_push(lua_State *L, const char *path, bool (*lists)(const struct stat *st),
                     const char *noun)
{
    struct walk walk = {.lists = lists, .noun = noun, .out = lua_buf_new(L, WALK_BYTES_MAX)};
    const struct buf *out = walk.out;
    lua_Integer count = 0;
    struct err e;

    if (walk_list(&walk, path, &e) < 0)
        return vm_raise(L, &e);
    lua_newtable(L);
    for (size_t at = 0; at < out->len; at += strlen(out->data + at) + 1) {
        lua_pushstring(L, out->data + at);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static bool is_link(const struct stat *st)
{
    return S_ISLNK(st->st_mode);
}

/// The symbolic links in a directory and below it, not followed; none where it is no directory. Permit
/// "read".
///
/// Raises: `io`, `limit` (their paths take more than 1 MiB).
///@param path string
///@return string[] paths  which begin with the given one
int fs_links(lua_State *L)
{
    return walk_push(L, fs_check_path(L, 1, PERMIT_READ, "fs.links"), is_link, "links");
}

/* A link's own mode says nothing, and whoever may replace one may write its directory. */
static bool is_open_to_others(const struct stat *st)
{
    return !S_ISLNK(st->st_mode) && trust_to_read(st) != TRUST_OURS;
}

/// What in a directory and below it is neither ours nor root's, or can be written by others; nothing below
/// such a directory, and nothing where it is no directory. Links are not followed. Permit "read".
///
/// Raises: `io`, `limit` (their paths take more than 1 MiB).
///@param path string
///@return string[] paths  which begin with the given one
int fs_open_to_others(lua_State *L)
{
    return walk_push(L, fs_check_path(L, 1, PERMIT_READ, "fs.open_to_others"), is_open_to_others,
                     "what others can write");
}

/// Where a symbolic link says that it leads, whatever is there. Permit "read".
///@param path string
///@return string? leads  nil where there is no link
int fs_leads(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.leads");
    char leads[PATH_MAX];
    ssize_t n = readlink(path, leads, sizeof leads);

    if (n <= 0 || (size_t)n == sizeof leads)
        return 0;
    lua_pushlstring(L, leads, (size_t)n);
    return 1;
}

/// Makes a symbolic link. Permit "effect".
///
/// Raises: `io`, also where something is there.
///@param path string   of the link
///@param leads string  what it says, whatever is there
int fs_make_link(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_EFFECT, "fs.make_link");
    const char *leads = luaL_checkstring(L, 2);
    struct err e;

    if (symlink(leads, path) < 0) {
        fs_error(&e, errno, "make the link", path);
        return vm_raise(L, &e);
    }
    return 0;
}

static int make_directories(const char *path, struct err *e)
{
    char part[PATH_MAX];
    struct stat st;
    size_t i, len = strlen(path);

    if (len >= sizeof part)
        return fs_error(e, ENAMETOOLONG, "make directory", path);
    for (i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) < 0 && (errno != EEXIST || stat(part, &st) < 0))
            return fs_error(e, errno, "make directory", part);
    }
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return fs_error(e, ENOTDIR, "make directory", path);
    return 0;
}

/// Makes a directory, with its parents; one that is there is fine. Permit "effect".
///
/// Raises: `io`.
///@param path string
int fs_mkdir(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_EFFECT, "fs.mkdir");
    struct err e;

    if (make_directories(path, &e) < 0)
        return vm_raise(L, &e);
    return 0;
}
