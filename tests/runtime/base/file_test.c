/* What files take: all is written, what is made takes nobody's place, and directories of this
 * process are its own. */
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUCH (1024 * 1024) /* more than a pipe holds: it takes several writes */

static void test_all_is_written(void)
{
    static char bytes[MUCH], got[MUCH];
    size_t have = 0;
    int ends[2], status;
    pid_t child;
    ssize_t n;

    for (size_t i = 0; i < MUCH; i++)
        bytes[i] = (char)(i % 251);
    assert(pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    child = fork();
    assert(child >= 0);
    if (child == 0) {
        close(ends[0]);
        _exit(file_write_all(ends[1], bytes, MUCH) == 0 ? 0 : 1);
    }
    close(ends[1]);
    while ((n = read(ends[0], got + have, MUCH - have)) > 0)
        have += (size_t)n;
    assert(n == 0 && have == MUCH && memcmp(bytes, got, MUCH) == 0);
    close(ends[0]);
    assert(waitpid(child, &status, 0) == child && status == 0);
}

static void test_what_cannot_be_written_says_so(void)
{
    assert(file_write_all(-1, "x", 1) == EBADF);
    assert(file_write_all(-1, "", 0) == 0);
}

static void test_temporary_directory(void)
{
    char path[PATH_MAX], small[4];
    struct stat st;

    assert(file_make_temporary(path, sizeof path, "almanac-test") == 0);
    assert(strstr(path, "/almanac-test-") != NULL);
    assert(stat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
    assert(rmdir(path) == 0);
    assert(file_make_temporary(small, sizeof small, "x") == -1 && errno == ENAMETOOLONG);
    assert(setenv("TMPDIR", "/nowhere", 1) == 0);
    assert(file_make_temporary(path, sizeof path, "x") == -1 && errno == ENOENT);
}

static void test_below(void)
{
    assert(file_is_below("/a/b", "/a/b") && file_is_below("/a/b/c", "/a/b"));
    assert(!file_is_below("/a/bc", "/a/b") && !file_is_below("/a", "/a/b"));
    assert(!file_is_below("/a", "/") && !file_is_below("/", "/"));
}

static void test_synced(void)
{
    char path[PATH_MAX], text[8] = "";
    struct stat st;
    int dir, fd;

    assert(file_make_temporary(path, sizeof path, "almanac-test") == 0);
    dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert(file_make_synced(dir, "one", "text", 4, 0640) == 0);
    assert(file_make_synced(dir, "one", "other", 5, 0600) == -1 && errno == EEXIST);
    assert(symlinkat("two", dir, "link") == 0);
    assert(file_make_synced(dir, "link", "text", 4, 0600) == -1 && errno == EEXIST);
    assert(fstatat(dir, "two", &st, 0) == -1 && errno == ENOENT);
    fd = openat(dir, "one", O_RDONLY | O_CLOEXEC);
    assert(read(fd, text, sizeof text) == 4 && strcmp(text, "text") == 0);
    assert(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640);
    close(fd);
    assert(file_sync_directory(dir, ".") == 0 && file_sync_directory(AT_FDCWD, path) == 0);
    assert(file_sync_directory(dir, "none") == -1 && errno == ENOENT);
    assert(unlinkat(dir, "one", 0) == 0 && unlinkat(dir, "link", 0) == 0);
    close(dir);
    assert(rmdir(path) == 0);
}

int main(void)
{
    test_below();
    test_synced();
    test_all_is_written();
    test_what_cannot_be_written_says_so();
    test_temporary_directory();
    return 0;
}
