#include "native/fs_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/vm_error.h"

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
