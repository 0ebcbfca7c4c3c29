#include "native/fs_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/file.h"
#include "engine/vm_error.h"

enum { COPY_DEPTH_MAX = 64 };

/* A copy that is under way. Everything goes by descriptors of directories, and follows no link. */
struct copy {
    const char *root;        /* the directory that no link leads out of, as realpath() has it */
    const char *path;        /* for errors */
    unsigned long long room; /* bytes that may still be copied */
    bool full;
};

static int copy_bytes(struct copy *copy, int in, int out)
{
    char chunk[64 * 1024];
    ssize_t n;

    while ((n = read(in, chunk, sizeof chunk)) > 0) {
        if ((unsigned long long)n > copy->room) {
            copy->full = true;
            return -1;
        }
        copy->room -= (unsigned long long)n;
        if (file_write_all(out, chunk, (size_t)n) != 0)
            return -1;
    }
    return n < 0 ? -1 : 0;
}

static int copy_file(struct copy *copy, int from, const char *name, int to)
{
    int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), out;
    struct stat st;
    int rc = -1;

    if (in < 0)
        return -1;
    if (fstat(in, &st) < 0 || !S_ISREG(st.st_mode)) { /* it changed under us */
        close(in);
        return 0;
    }
    out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 (st.st_mode & 0777) | 0600);
    if (out >= 0) {
        rc = copy_bytes(copy, in, out);
        if (close(out) < 0)
            rc = -1;
    }
    close(in);
    return rc;
}

/* Whether the words of a link never go above the directory that is `depth` below the root. */
static bool stays_below(const char *leads, int depth)
{
    if (leads[0] == '/')
        return false;
    while (*leads) {
        size_t len = strcspn(leads, "/");

        if (len == 2 && leads[0] == '.' && leads[1] == '.') {
            if (--depth < 0)
                return false;
        } else if (len > 0 && !(len == 1 && leads[0] == '.')) {
            depth++;
        }
        leads += len;
        leads += *leads == '/';
    }
    return true;
}

/* A link is copied as one where it leads to something in the tree; otherwise it is left out. */
static int copy_link(const struct copy *copy, int from, const char *name, int to, int depth)
{
    char leads[PATH_MAX], path[64 + NAME_MAX], *real;
    ssize_t n = readlinkat(from, name, leads, sizeof leads - 1);
    size_t len = strlen(copy->root);
    bool is_inside;

    if (n < 0)
        return -1;
    leads[n] = '\0';
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", from, name);
    real = realpath(path, NULL);
    is_inside = real && strncmp(real, copy->root, len) == 0 && real[len] == '/';
    free(real);
    return is_inside && stays_below(leads, depth) ? symlinkat(leads, to, name) : 0;
}

static int copy_entry(struct copy *copy, int from, const char *name, int to, int depth);

static int copy_entries(struct copy *copy, DIR *dir, int to, int depth)
{
    struct dirent *entry;

    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            copy_entry(copy, dirfd(dir), entry->d_name, to, depth) < 0)
            return -1;
    return 0;
}

static int copy_directory(struct copy *copy, int from, const char *name, int to, int depth)
{
    int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), out, rc = -1;
    DIR *dir = in < 0 ? NULL : fdopendir(in);

    if (!dir || depth == COPY_DEPTH_MAX) {
        if (dir)
            errno = ELOOP;
        else if (in >= 0)
            close(in);
        if (dir)
            closedir(dir);
        return -1;
    }
    if (mkdirat(to, name, 0700) == 0 || errno == EEXIST) {
        out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (out >= 0) {
            rc = copy_entries(copy, dir, out, depth + 1);
            close(out);
        }
    }
    closedir(dir);
    return rc;
}

static int copy_entry(struct copy *copy, int from, const char *name, int to, int depth)
{
    struct stat st;

    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1;
    if (S_ISLNK(st.st_mode))
        return copy_link(copy, from, name, to, depth);
    if (S_ISDIR(st.st_mode))
        return copy_directory(copy, from, name, to, depth);
    return S_ISREG(st.st_mode) ? copy_file(copy, from, name, to) : 0;
}

/* The directory that a path below an open one is in, opened without following a link; the last name
 * of it. With `makes`, directories on the way are made. -1 with errno. */
static int open_above(int root, const char *path, bool makes, const char **name, int *depth)
{
    int fd = dup(root), next;
    char part[NAME_MAX + 1];
    const char *slash;

    for (*depth = 0; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1, ++*depth) {
        if ((size_t)(slash - path) >= sizeof part) {
            close(fd);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        if (makes)
            (void)mkdirat(fd, part, 0700);
        next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    *name = path;
    return fd;
}

static int copy_below(struct copy *copy, int from, int to)
{
    const char *name;
    int depth, in = open_above(from, copy->path, false, &name, &depth);
    int out = in < 0 ? -1 : open_above(to, copy->path, true, &name, &depth);
    int rc = out < 0 ? -1 : copy_entry(copy, in, name, out, depth);
    int saved = errno;

    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    errno = saved;
    return rc;
}

/// Copies a file, or a directory with all that is in it, from below a directory to the same place
/// below another. Regular files and directories: no link is followed; one that leads to something in
/// the first directory is copied as a link, and what is anything else is left out. Permit "effect".
///
/// Raises: `not_found`, `io`, `limit`.
///@param from string  a directory
///@param path string  below it, with names alone: no "..", no "/" before it
///@param to string    a directory that is there
///@param max integer  bytes that may be copied
///@return integer left  of max
int fs_copy_tree(lua_State *L)
{
    const char *root = fs_check_path(L, 1, PERMIT_EFFECT, "fs.copy_tree"), *to;
    struct copy copy = {.path = fs_check_path(L, 2, PERMIT_EFFECT, "fs.copy_tree")};
    char *real = realpath(root, NULL);
    int in, out, rc = -1;
    struct err e;

    to = fs_check_path(L, 3, PERMIT_EFFECT, "fs.copy_tree");
    copy.room = (unsigned long long)luaL_checkinteger(L, 4);
    copy.root = real;
    in = real ? open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    out = in < 0 ? -1 : open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out >= 0)
        rc = copy_below(&copy, in, out);
    if (rc < 0 && copy.full)
        err_set(&e, ERR_LIMIT, "%s is larger than may be copied", copy.path);
    else if (rc < 0)
        fs_error(&e, errno, "copy", copy.path);
    free(real);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    if (rc < 0)
        return vm_raise(L, &e);
    lua_pushinteger(L, (lua_Integer)copy.room);
    return 1;
}
