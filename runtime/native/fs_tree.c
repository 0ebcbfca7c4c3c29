#include "native/fs_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* Adds the paths of the links below an open directory to out, each with a zero byte. Closes fd. */
static int links_below(int fd, const char *path, struct buf *out)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int rc = 0;

    if (!dir) {
        close(fd);
        return -1;
    }
    while (rc == 0 && (entry = readdir(dir))) {
        char name[PATH_MAX];
        struct stat st;
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (n < 0 || (size_t)n >= sizeof name) {
            errno = ENAMETOOLONG;
            rc = -1;
        } else if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            rc = errno == ENOENT ? 0 : -1;
        } else if (S_ISLNK(st.st_mode)) {
            rc = buf_add(out, name, (size_t)n + 1);
        } else if (S_ISDIR(st.st_mode)) {
            int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

            rc = below < 0 ? -1 : links_below(below, name, out);
        }
    }
    closedir(dir);
    return rc;
}

/// The symbolic links in a directory and below it, not followed; none where it is no directory. Permit
/// "read".
///
/// Raises: `io`.
///@param path string
///@return string[] paths  which begin with the given one
int fs_links(lua_State *L)
{
    const char *path = fs_check_path(L, 1, PERMIT_READ, "fs.links");
    struct buf *out = lua_buf_new(L, LINKS_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    lua_Integer count = 0;
    struct err e;
    size_t at;

    if (fd >= 0 && links_below(fd, path, out) < 0) {
        fs_error(&e, errno, "list the links in", path);
        return vm_raise(L, &e);
    }
    lua_newtable(L);
    for (at = 0; at < out->len; at += strlen(out->data + at) + 1) {
        lua_pushstring(L, out->data + at);
        lua_rawseti(L, -2, ++count);
    }
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
