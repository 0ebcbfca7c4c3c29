#include "base/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/trust.h"

#define LINKS_MAX 40 /* as the kernel follows at most */

/* A path on the way: what is left of it, and the links that were followed. */
struct walk {
    struct target *target;
    const char *path; /* as it was given, for errors */
    char left[PATH_MAX];
    char here[PATH_MAX]; /* the project: where we work */
    int links;
    bool make;
    mode_t mode; /* of the directories that are made */
    bool into;   /* the last name is a directory's, too */
};

static int fail(const struct walk *w, struct err *e)
{
    int errnum = errno;

    return err_set_errno(e, errnum == ENOENT ? ERR_NOT_FOUND : ERR_IO, errnum, "cannot write %s",
                         w->path);
}

static int fail_with(const struct walk *w, int errnum, struct err *e)
{
    errno = errnum;
    return fail(w, e);
}

/* --- links --- */

/* Why a link is not followed, or NULL. */
static const char *link_fault(const struct walk *w, const struct stat *link)
{
    struct stat dir;

    if (file_is_below(w->target->real, w->here))
        return "in the project, whose links are not written through";
    if (!trust_is_ours(link->st_uid) && link->st_uid != 0)
        return "of another user's";
    if (fstat(w->target->dir, &dir) < 0 || trust_to_read(&dir) != TRUST_OURS)
        return "where others can write";
    return NULL;
}

static int refuse_link(const struct walk *w, const char *name, const char *why, struct err *e)
{
    const char *dir = w->target->real;

    if (file_is_below(dir, w->here))
        dir += strlen(w->here) + (dir[strlen(w->here)] == '/');
    err_set(e, ERR_REFUSED, "cannot write %s: %s%s%s is a symbolic link %s", w->path, dir,
            *dir && strcmp(dir, "/") != 0 ? "/" : "", name, why);
    return err_hint(e, "look where it leads; name that itself, or remove the link");
}

static bool is_process(int dir)
{
    struct statfs fs;

    return fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Puts where a link leads before what is left of the path. */
static int follow(struct walk *w, const char *name, const struct stat *st, struct err *e)
{
    char leads[PATH_MAX], left[PATH_MAX];
    const char *why = link_fault(w, st);
    ssize_t n;

    if (why)
        return refuse_link(w, name, why, e);
    n = readlinkat(w->target->dir, name, leads, sizeof leads - 1);
    if (n < 0)
        return fail(w, e);
    leads[n] = '\0';
    memcpy(left, w->left, sizeof left);
    if (++w->links > LINKS_MAX)
        return fail_with(w, ELOOP, e);
    if ((size_t)snprintf(w->left, sizeof w->left, "%s%s%s", leads, *left ? "/" : "", left) >=
        sizeof w->left)
        return fail_with(w, ENAMETOOLONG, e);
    return 0;
}

/* --- the way --- */

/* The path of the directory after a step into `name`. */
static int step_real(struct walk *w, const char *name)
{
    char *real = w->target->real;
    size_t len = strlen(real);

    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(real, '/');

        slash[slash == real] = '\0';
        return 0;
    }
    if (len + strlen(name) + 2 > sizeof w->target->real) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(real + len, sizeof w->target->real - len, "%s%s", len == 1 ? "" : "/", name);
    return 0;
}

static int start(struct walk *w, bool at_root)
{
    struct target *target = w->target;

    if (target->dir >= 0)
        close(target->dir);
    snprintf(target->real, sizeof target->real, "%s", at_root ? "/" : w->here);
    target->dir = open(at_root ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return target->dir < 0 ? -1 : 0;
}

/* Into the directory of that name, which may be a link; it is made where it is missing. */
static int enter(struct walk *w, const char *name, struct err *e)
{
    struct target *target = w->target;
    struct stat st;
    int dir;

    if (w->make && mkdirat(target->dir, name, w->mode) < 0 && errno != EEXIST)
        return fail(w, e);
    if (fstatat(target->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(w, e);
    if (S_ISLNK(st.st_mode))
        return follow(w, name, &st, e);
    dir = openat(target->dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return fail(w, e);
    close(target->dir);
    target->dir = dir;
    return step_real(w, name) < 0 ? fail(w, e) : 0;
}

/* The last name of the path: 1 when it stands for a file there, 0 to go on behind a link. */
static int arrive(struct walk *w, const char *name, struct err *e)
{
    struct target *target = w->target;
    struct stat st;

    snprintf(target->name, sizeof target->name, "%s", name);
    target->is = TARGET_NOTHING;
    if (fstatat(target->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 1 : fail(w, e);
    target->is = TARGET_STREAM;
    if (S_ISLNK(st.st_mode))
        return is_process(target->dir) ? 1 : follow(w, name, &st, e);
    if (S_ISDIR(st.st_mode))
        return fail_with(w, EISDIR, e);
    if (!S_ISREG(st.st_mode))
        return 1;
    target->is = TARGET_FILE;
    target->mode = st.st_mode & 07777;
    return 1;
}

/* Takes the next name off what is left of the path. */
static int next_name(struct walk *w, char *name, size_t size, bool *is_last)
{
    const char *from = w->left + strspn(w->left, "/");
    size_t len = strcspn(from, "/");
    char rest[PATH_MAX];

    if (len >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(name, size, "%.*s", (int)len, from);
    *is_last = !from[len];
    from += len;
    snprintf(rest, sizeof rest, "%s", from + strspn(from, "/"));
    memcpy(w->left, rest, sizeof rest);
    return 0;
}

/* One name of the path: 1 at its end, 0 to go on, -1 with *e. */
static int step(struct walk *w, struct err *e)
{
    char name[NAME_MAX + 1];
    bool is_last;

    if (w->left[0] == '/' && start(w, true) < 0)
        return fail(w, e);
    if (next_name(w, name, sizeof name, &is_last) < 0)
        return fail(w, e);
    if (w->into) {
        if (*name && strcmp(name, ".") != 0 && enter(w, name, e) < 0)
            return -1;
        return w->left[0] ? 0 : 1; /* a link has put there where it leads */
    }
    if (is_last && (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
        return fail_with(w, EISDIR, e);
    if (is_last)
        return arrive(w, name, e);
    return strcmp(name, ".") == 0 || !*name ? 0 : enter(w, name, e);
}

static int walk(struct walk *w, struct err *e)
{
    struct target *target = w->target;
    int rc = 0;

    memset(target, 0, sizeof *target);
    target->dir = -1;
    if ((size_t)snprintf(w->left, sizeof w->left, "%s", w->path) >= sizeof w->left)
        return fail_with(w, ENAMETOOLONG, e);
    if (!getcwd(w->here, sizeof w->here) || start(w, false) < 0)
        return fail(w, e);
    while (rc == 0)
        rc = step(w, e);
    if (rc > 0)
        return 0;
    target_close(target);
    return -1;
}

int target_open(struct target *target, const char *path, bool make, struct err *e)
{
    struct walk w = {.target = target, .path = path, .make = make, .mode = 0777};

    return walk(&w, e);
}

static int refuse_directory(const char *path, enum trust trust, struct err *e)
{
    const char *why = trust == TRUST_OPEN ? "others can write to it" : "it belongs to another user";

    err_set(e, ERR_REFUSED, "%s is no directory to trust: %s", path, why);
    if (trust == TRUST_OPEN)
        return err_hint(e, "make sure that nobody has changed what is in it, then: chmod go-w %s",
                        path);
    return err_hint(e, "look who made it; move it away, and one of your own is made");
}

int target_directory(const char *path, struct err *e)
{
    struct target target;
    struct walk w = {.target = &target, .path = path, .make = true, .mode = 0700, .into = true};
    enum trust trust = TRUST_OTHER;
    struct stat st;

    if (walk(&w, e) < 0)
        return -1;
    if (fstat(target.dir, &st) == 0)
        trust = trust_of(&st, S_IWGRP | S_IWOTH, false);
    target_close(&target);
    return trust == TRUST_OURS ? 0 : refuse_directory(path, trust, e);
}

void target_close(struct target *target)
{
    if (target->dir >= 0)
        close(target->dir);
    target->dir = -1;
}

/* --- writing --- */

/* A stream takes the text; a rename would put a file in its place. */
static int write_through(const struct target *target, const char *text, size_t len)
{
    int fd = openat(target->dir, target->name, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -1;
    rc = file_write_all(fd, text, len) != 0 ? -1 : 0;
    close(fd);
    return rc;
}

/* Gives the temporary file its name. Where the file system cannot refuse to replace, a link does.
 */
static int settle(const struct target *target, const char *tmp, bool is_new)
{
    int dir = target->dir;

    if (!is_new)
        return renameat(dir, tmp, dir, target->name);
    if (renameat2(dir, tmp, dir, target->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return linkat(dir, tmp, dir, target->name, 0) < 0 ? -1 : unlinkat(dir, tmp, 0);
}

int target_put(const struct target *target, const char *text, size_t len, mode_t mode, bool is_new)
{
    char tmp[NAME_MAX + 1], suffix[17];
    int saved;

    if (target->is == TARGET_STREAM)
        return write_through(target, text, len);
    digest_random_hex(suffix, 8);
    snprintf(tmp, sizeof tmp, ".almanac-%s.tmp", suffix);
    if (file_make_synced(target->dir, tmp, text, len, mode) == 0 &&
        settle(target, tmp, is_new) == 0)
        return file_sync_directory(target->dir, ".");
    saved = errno;
    unlinkat(target->dir, tmp, 0);
    errno = saved;
    return -1;
}

static bool holds(int fd, const char *text, size_t len)
{
    char part[4096];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, part, sizeof part, at)) > 0) {
        if ((size_t)n > len || memcmp(part, text, (size_t)n) != 0)
            return false;
        at += n;
        text += n;
        len -= (size_t)n;
    }
    return n == 0 && len == 0;
}

/* The lock is that of the file, and not of its name: whoever has waited for it with an older file
 * sees that another has its name. */
int target_compare_and_swap(const struct target *target, const char *was, size_t was_len,
                            const char *text, size_t len)
{
    int fd = openat(target->dir, target->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat held, now;
    int rc = -1, saved;

    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 &&
        fstatat(target->dir, target->name, &now, AT_SYMLINK_NOFOLLOW) == 0) {
        if (held.st_dev == now.st_dev && held.st_ino == now.st_ino && holds(fd, was, was_len))
            rc = target_put(target, text, len, held.st_mode & 07777, false);
        else
            errno = EAGAIN;
    }
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}
