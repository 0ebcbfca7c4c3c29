#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_is_below(const char *real, const char *dir)
{
    size_t len = strlen(dir);

    return len > 1 && strncmp(real, dir, len) == 0 && (real[len] == '/' || !real[len]);
}

int file_write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            poll(&wait, 1, -1);
            continue;
        }
        if (n < 0)
            return errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int file_make_synced(int dir, const char *name, const char *text, size_t len, mode_t mode)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc, saved;

    if (fd < 0)
        return -1;
    rc = file_write_all(fd, text, len) != 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0 ? -1 : 0;
    saved = errno;
    if (close(fd) < 0 && rc == 0)
        return -1;
    errno = saved;
    return rc;
}

int file_sync_directory(int dir, const char *path)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -1;
    rc = fsync(fd);
    close(fd);
    /* Some file systems cannot sync a directory, and need not. */
    return rc < 0 && errno != EINVAL ? -1 : 0;
}

int file_make_temporary(char *path, size_t size, const char *prefix)
{
    const char *base = getenv("TMPDIR");
    int len = snprintf(path, size, "%s/%s-XXXXXX", base && *base ? base : "/tmp", prefix);

    if (len < 0 || (size_t)len >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return mkdtemp(path) ? 0 : -1;
}
