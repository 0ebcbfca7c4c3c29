/* Locks of the journal: one file a name, never deleted, so that no two processes can ever hold
 * two files of one name.
 *
 * Byte 0 of a file is the lock. Byte 1 is held for the moment in which somebody tries byte 0 and
 * writes or reads the text, so that the one who is refused never reads the text of the holder
 * before, or half of one. Both are open file description locks: unlike flock() they can be asked
 * about without being taken (a look at the holder must not refuse the next owner), unlike plain
 * fcntl() locks they do not go when another descriptor of the file is closed.
 *
 * The queue of a name is a file of its own: who waits holds one byte, behind all that are held
 * already, and is the first when none before it is held. So the order is that of arrival, and who
 * dies is in nobody's way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/percent.h"
#include "journal/journal_priv.h"

#define LOCK_TEXT_MAX 4096

struct journal_lock {
    struct journal_lock *next;
    int fd;
    off_t place; /* in a queue: the byte that is held */
    char path[];
};

enum lock_byte { LOCK_OWNER = 0, LOCK_TEXT = 1 };

/* A length of 0 is up to the end. */
static int lock_range(int fd, int cmd, short type, off_t start, off_t len, struct flock *got)
{
    struct flock fl = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    int rc;

    while ((rc = fcntl(fd, cmd, &fl)) < 0 && errno == EINTR)
        ;
    if (got)
        *got = fl;
    return rc;
}

static int lock_byte(int fd, int cmd, short type, enum lock_byte byte, struct flock *got)
{
    return lock_range(fd, cmd, type, byte, 1, got);
}

/* A name as a file's name: what is not plain is written %XX; one too long for a file is known by
 * its digest. NULL when memory is out. */
static char *lock_path(const char *dir, const char *prefix, const char *name)
{
    struct buf b = BUF_INIT(16384);
    char hex[DIGEST_HEX_SIZE];
    int rc = buf_addf(&b, "%s/locks/%s-", dir, prefix);
    size_t start = b.len;

    for (const char *p = name; *p && rc == 0 && b.len - start < 200; p++)
        rc = percent_encode(&b, p, 1, "_-.");
    if (rc == 0 && b.len - start >= 200) {
        digest_hex(name, strlen(name), hex);
        b.len = start;
        rc = buf_addf(&b, "%%%s", hex);
    }
    if (rc == 0)
        rc = buf_adds(&b, ".lock");
    if (rc == 0)
        return buf_detach(&b, NULL);
    buf_release(&b);
    return NULL;
}

static int lock_fail(const char *path, struct err *e)
{
    int errnum = errno;

    if (errnum == ELOOP) {
        err_set(e, ERR_IO, "cannot lock %s: it is a symbolic link, which is not followed", path);
        return err_hint(e, "look where it leads, and remove it");
    }
    err_set_errno(e, ERR_IO, errnum, "cannot lock %s", path);
    if (errnum == ENOSPC || errnum == EDQUOT)
        return err_hint(e, "make room on the disk that holds it");
    return err_hint(e, "almanac must be able to write there; it needs a file system with locks");
}

static int lock_read_text(int fd, struct buf *text)
{
    char bytes[LOCK_TEXT_MAX];
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);

    if (n < 0)
        return -1;
    buf_reset(text);
    if (buf_add(text, bytes, (size_t)n) < 0) {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

static int lock_write_text(int fd, const char *text)
{
    size_t len = strlen(text);
    ssize_t n;

    if (ftruncate(fd, 0) < 0)
        return -1;
    n = pwrite(fd, text, len, 0);
    if (n >= 0 && (size_t)n < len)
        errno = ENOSPC;
    return n >= 0 && (size_t)n == len ? 0 : -1;
}

/* 0 taken, 1 refused, -1 with errno. */
static int lock_try(int fd, const char *text, struct buf *holder)
{
    int rc;

    if (lock_byte(fd, F_OFD_SETLKW, F_WRLCK, LOCK_TEXT, NULL) < 0)
        return -1;
    if (lock_byte(fd, F_OFD_SETLK, F_WRLCK, LOCK_OWNER, NULL) == 0)
        rc = lock_write_text(fd, text);
    else if (errno == EAGAIN || errno == EACCES)
        rc = lock_read_text(fd, holder) < 0 ? -1 : 1;
    else
        rc = -1;
    if (rc >= 0 && lock_byte(fd, F_OFD_SETLK, F_UNLCK, LOCK_TEXT, NULL) < 0)
        rc = -1;
    return rc;
}

static struct journal_lock *lock_find(struct journal *j, const char *path)
{
    struct journal_lock *lock = j->locks;

    while (lock && strcmp(lock->path, path) != 0)
        lock = lock->next;
    return lock;
}

/* An open file that is not among the journal's locks yet. */
static struct journal_lock *lock_open(const char *path, struct err *e)
{
    size_t size = strlen(path) + 1;
    struct journal_lock *lock = calloc(1, sizeof *lock + size);

    if (!lock) {
        err_set(e, ERR_MEMORY, "cannot lock %s: out of memory", path);
        return NULL;
    }
    memcpy(lock->path, path, size);
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->fd >= 0)
        return lock;
    lock_fail(path, e);
    free(lock);
    return NULL;
}

/* Keeps a lock that was got (rc 0), or closes its file. */
static int lock_settle(struct journal *j, struct journal_lock *lock, int rc, struct err *e)
{
    if (rc == 0) {
        lock->next = j->locks;
        j->locks = lock;
        return 0;
    }
    if (rc < 0)
        lock_fail(lock->path, e);
    close(lock->fd);
    free(lock);
    return rc;
}

static int lock_take(struct journal *j, const char *path, const char *text, struct buf *holder,
                     struct err *e)
{
    struct journal_lock *lock = lock_find(j, path);

    if (lock)
        return 0;
    lock = lock_open(path, e);
    return lock ? lock_settle(j, lock, lock_try(lock->fd, text, holder), e) : -1;
}

/* The path of a lock that is to be taken, in a directory that exists; NULL with *e. */
static char *lock_prepare(struct journal *j, const char *prefix, const char *name, struct err *e)
{
    char dir[4096], *path;

    if (!j->writable) {
        err_set(e, ERR_USAGE, "the journal in %s was opened to read only", j->dir);
        return NULL;
    }
    if (!*name) {
        err_set(e, ERR_USAGE, "a lock needs a name");
        return NULL;
    }
    snprintf(dir, sizeof dir, "%s/locks", j->dir);
    if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
        lock_fail(dir, e);
        return NULL;
    }
    path = lock_path(j->dir, prefix, name);
    if (!path)
        err_set(e, ERR_MEMORY, "cannot lock %s: out of memory", name);
    return path;
}

static int lock_named(struct journal *j, const char *prefix, const char *name, const char *text,
                      struct buf *holder, struct err *e)
{
    char *path;
    int rc;

    if (strlen(text) > LOCK_TEXT_MAX)
        return err_set(e, ERR_USAGE, "the text of a lock has at most %d bytes", LOCK_TEXT_MAX);
    path = lock_prepare(j, prefix, name, e);
    if (!path)
        return -1;
    rc = lock_take(j, path, text, holder, e);
    free(path);
    return rc;
}

static void lock_drop(struct journal *j, const char *prefix, const char *name)
{
    char *path = lock_path(j->dir, prefix, name);
    struct journal_lock *lock, **at = &j->locks;

    while (path && *at && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    lock = path ? *at : NULL;
    free(path);
    if (!lock)
        return;
    *at = lock->next;
    close(lock->fd);
    free(lock);
}

/* Takes the place behind the last one. Byte 0 is held meanwhile, so that two who come at the same
 * moment take different places. 0, or -1 with errno. */
static int queue_join(struct journal_lock *lock)
{
    struct flock other;
    int rc = lock_byte(lock->fd, F_OFD_SETLKW, F_WRLCK, LOCK_OWNER, NULL);

    lock->place = 1;
    while (rc == 0) {
        rc = lock_range(lock->fd, F_OFD_GETLK, F_WRLCK, lock->place, 0, &other);
        if (rc < 0 || other.l_type == F_UNLCK)
            break;
        lock->place = other.l_start + other.l_len;
    }
    if (rc == 0)
        rc = lock_range(lock->fd, F_OFD_SETLK, F_WRLCK, lock->place, 1, NULL);
    if (rc == 0)
        rc = lock_byte(lock->fd, F_OFD_SETLK, F_UNLCK, LOCK_OWNER, NULL);
    return rc;
}

/* 0 when nobody is before it, 1 when somebody is, -1. */
static int queue_look(struct journal_lock *lock, struct err *e)
{
    struct flock other;

    if (lock->place == 1)
        return 0;
    if (lock_range(lock->fd, F_OFD_GETLK, F_WRLCK, 1, lock->place - 1, &other) < 0)
        return lock_fail(lock->path, e);
    return other.l_type == F_UNLCK ? 0 : 1;
}

int journal_queue(struct journal *j, const char *name, struct err *e)
{
    char *path = lock_prepare(j, "queue", name, e);
    struct journal_lock *lock = path ? lock_find(j, path) : NULL;

    if (path && !lock) {
        lock = lock_open(path, e);
        if (lock && lock_settle(j, lock, queue_join(lock), e) < 0)
            lock = NULL;
    }
    free(path);
    return lock ? queue_look(lock, e) : -1;
}

void journal_leave_queue(struct journal *j, const char *name)
{
    lock_drop(j, "queue", name);
}

void journal_unlock_name(struct journal *j, const char *name)
{
    lock_drop(j, "name", name);
}

int journal_lock_run(struct journal *j, const char *run, const char *text, struct buf *holder,
                     struct err *e)
{
    return lock_named(j, "run", run, text, holder, e);
}

int journal_lock_name(struct journal *j, const char *name, const char *text, struct buf *holder,
                      struct err *e)
{
    return lock_named(j, "name", name, text, holder, e);
}

void journal_unlock(struct journal *j)
{
    while (j->locks) {
        struct journal_lock *next = j->locks->next;

        close(j->locks->fd);
        free(j->locks);
        j->locks = next;
    }
}

static int holder_look(int fd, struct buf *holder)
{
    struct flock fl;

    if (lock_byte(fd, F_OFD_SETLKW, F_RDLCK, LOCK_TEXT, NULL) < 0 ||
        lock_byte(fd, F_OFD_GETLK, F_WRLCK, LOCK_OWNER, &fl) < 0)
        return -1;
    if (fl.l_type == F_UNLCK)
        return 0;
    return lock_read_text(fd, holder) < 0 ? -1 : 1;
}

int journal_holder(struct journal *j, const char *run, struct buf *holder, struct err *e)
{
    char *path = lock_path(j->dir, "run", run);
    int fd, rc;

    if (!path)
        return err_set(e, ERR_MEMORY, "cannot look at the lock of %s: out of memory", run);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        rc = holder_look(fd, holder);
        if (rc < 0)
            lock_fail(path, e);
        close(fd);
    } else {
        rc = errno == ENOENT ? 0 : lock_fail(path, e);
    }
    free(path);
    return rc;
}
