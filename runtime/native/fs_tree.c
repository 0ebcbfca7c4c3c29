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

#include "base/buf.h"
#include "engine/lua_buf.h"
#include "engine/vm_error.h"

enum { LINKS_BYTES_MAX = 1024 * 1024 };

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

/* A walk that lists links. One place for all paths: a level each would be a stack of megabytes. */
struct links {
    char path[PATH_MAX]; /* of the directory that is being read */
    struct buf *out;     /* the paths of links, each with a zero byte */
    bool full;
};

/* The path of what lies in a directory, of which the first `len` bytes are the path; its length. */
static int links_path(struct links *links, size_t len, const char *name)
{
    size_t room = sizeof links->path - len;
    int n = snprintf(links->path + len, room, "/%s", name);

    if (n >= 0 && (size_t)n < room)
        return (int)len + n;
    errno = ENAMETOOLONG;
    return -1;
}

static int links_below(struct links *links, int fd, size_t len);

/* Looks at one entry of an open directory. 0, or -1 with errno. */
static int links_at(struct links *links, int fd, size_t len, const char *name)
{
    int end = links_path(links, len, name), below;
    struct stat st;

    if (end < 0)
        return -1;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1;
    if (S_ISLNK(st.st_mode)) {
        links->full = buf_add(links->out, links->path, (size_t)end + 1) < 0;
        return links->full ? -1 : 0;
    }
    if (!S_ISDIR(st.st_mode))
        return 0;
    below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return below < 0 ? -1 : links_below(links, below, (size_t)end);
}

/* Closes fd. */
static int links_below(struct links *links, int fd, size_t len)
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
            rc = links_at(links, fd, len, entry->d_name);
    saved = errno;
    closedir(dir);
    errno = saved;
    return rc;
}

/* 0, also where the path is no directory. */
static int links_list(struct links *links, const char *path, struct err *e)
{
    int len = snprintf(links->path, sizeof links->path, "%s", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    links->full = false;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd >= 0 && links_below(links, fd, (size_t)len) == 0)
        return 0;
    if (links->full)
        return err_set(e, ERR_LIMIT,
                       "cannot list the links in %s: their paths take more than %d KiB", path,
                       LINKS_BYTES_MAX >> 10);
    return fs_error(e, errno, "list the links in", path);
}

/// The symbolic links in a directory and below it, not followed; none where it is no directory. Permit
/// "read".
///
/// Raises: `io`, `limit` (their paths take more than 1 MiB).
///@param path string
///@return string[] paths  which begin with the given one
int fs_links(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.links");
    struct links links = {.out = lua_buf_new(L, LINKS_BYTES_MAX)};
    const struct buf *out = links.out;
    lua_Integer count = 0;
    struct err e;

    if (links_list(&links, path, &e) < 0)
        return vm_raise(L, &e);
    lua_newtable(L);
    for (size_t at = 0; at < out->len; at += strlen(out->data + at) + 1) {
        lua_pushstring(L, out->data + at);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
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
