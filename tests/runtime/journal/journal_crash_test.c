/* journal: killed at every point and every write, every write failing, the disk full or read-only:
 * what was acknowledged as durable is there, what failed is not, and the chain holds. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "journal/journal_priv.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s (%s) at %d\n", __FILE__, __LINE__, #cond,           \
                    err.message, at);                                                              \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static struct err err;
static char root[256], dir[300];
static int at; /* the N of the loop, for messages */

static void new_dir(void)
{
    static int n;

    snprintf(dir, sizeof dir, "%s/%d", root, ++n);
}

/* ---- a layer below SQLite that fails, or kills the process, at its Nth operation ---- */

enum trip { TRIP_NEVER, TRIP_FAIL_ONCE, TRIP_FAIL_ON, TRIP_KILL };

static struct {
    enum trip trip;
    int countdown;
    bool tripped, tripped_sync;
} shim;

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *real_vfs;

static bool shim_trip(void)
{
    if (shim.trip == TRIP_NEVER)
        return false;
    if (shim.countdown > 0 && --shim.countdown > 0)
        return false;
    if (shim.tripped && shim.trip == TRIP_FAIL_ONCE)
        return false;
    shim.tripped = true;
    if (shim.trip == TRIP_KILL)
        kill(getpid(), SIGKILL);
    return true;
}

#define REAL(f) (((struct shim_file *)(f))->real)

static int shim_close(sqlite3_file *f)
{
    return REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 offset)
{
    return REAL(f)->pMethods->xRead(REAL(f), to, n, offset);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 offset)
{
    /* Half of it gets there, as on a disk that fills up. */
    if (shim_trip()) {
        REAL(f)->pMethods->xWrite(REAL(f), from, n / 2, offset);
        return SQLITE_FULL;
    }
    return REAL(f)->pMethods->xWrite(REAL(f), from, n, offset);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return shim_trip() ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    if (shim_trip()) {
        shim.tripped_sync = true;
        return SQLITE_IOERR_FSYNC;
    }
    return REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xLock(REAL(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int shim_characteristics(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    if (extend && shim_trip())
        return SQLITE_IOERR_SHMSIZE;
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int shim_shm_unmap(sqlite3_file *f, int remove)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = shim_close,
        .xRead = shim_read,
        .xWrite = shim_write,
        .xTruncate = shim_truncate,
        .xSync = shim_sync,
        .xFileSize = shim_size,
        .xLock = shim_lock,
        .xUnlock = shim_unlock,
        .xCheckReservedLock = shim_reserved,
        .xFileControl = shim_control,
        .xSectorSize = shim_sector,
        .xDeviceCharacteristics = shim_characteristics,
        .xShmMap = shim_shm_map,
        .xShmLock = shim_shm_lock,
        .xShmBarrier = shim_shm_barrier,
        .xShmUnmap = shim_shm_unmap,
    };
    struct shim_file *file = (struct shim_file *)f;
    int rc;

    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    f->pMethods = NULL;
    if (shim_trip())
        return SQLITE_CANTOPEN;
    rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
    if (file->real->pMethods)
        f->pMethods = &methods;
    return rc;
}

static void shim_install(void)
{
    static sqlite3_vfs vfs;

    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "shim";
    vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    vfs.xOpen = shim_open;
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

/* ---- the work that is interrupted, and what must be true afterwards ---- */

#define EVENTS 24

/* What the worker was promised; in shared memory, because it may be killed. */
static struct told {
    int created;
    int acked[EVENTS]; /* the events that were accepted, in order */
    int count;         /* of acked */
    int durable;       /* the first so many of them were promised to be on the disk */
} * told;

static int append_number(struct journal *j, int i, bool durable)
{
    char payload[64];

    snprintf(payload, sizeof payload, "%d", i);
    return journal_append(j, "r", durable ? "step.done" : "note", "path", payload, strlen(payload),
                          durable, NULL, NULL, &err);
}

/* Opens, creates, appends; what fails is left out. */
static void work(void)
{
    struct journal *j = NULL;

    if (journal_open(dir, JOURNAL_WRITE, &j, &err) < 0) {
        CHECK(!j && err.kind == ERR_IO);
        return;
    }
    sqlite3_wal_autocheckpoint(j->db, 8);
    if (journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0)
        told->created = 1;
    else
        CHECK(err.kind == ERR_IO && sqlite3_get_autocommit(j->db));
    for (int i = 1; i <= EVENTS && told->created; i++) {
        if (append_number(j, i, i % 3 == 0) == 0) {
            told->acked[told->count++] = i;
            if (i % 3 == 0)
                told->durable = told->count;
        } else {
            CHECK(err.kind == ERR_IO && sqlite3_get_autocommit(j->db));
        }
        if (i == EVENTS / 2 + 1 && journal_flush(j, true, &err) == 0)
            told->durable = told->count;
    }
    if (journal_close(j, &err) == 0)
        told->durable = told->count;
}

struct numbers {
    int list[2 * EVENTS];
    int count;
};

static int collect(void *arg, const struct journal_event *ev)
{
    struct numbers *n = arg;
    char text[32];

    snprintf(text, sizeof text, "%.*s", (int)ev->payload_len, ev->payload);
    CHECK(n->count < 2 * EVENTS);
    n->list[n->count++] = atoi(text);
    return 0;
}

/* What is there is what was accepted, in order, at least as far as was promised; one more at most,
 * when `more`: a process that was killed could not tell, and after a sync that failed nobody
 * knows. And the journal goes on. */
static void check_left(int more)
{
    struct numbers n = {.count = 0};
    struct journal *j = NULL;
    char why[JOURNAL_WHY_MAX];
    uint64_t broken;

    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) == 0);
    if (!told->created && journal_create_run(j, "r", "a.lua", "{}", 2, &err) < 0)
        CHECK(more && err.kind == ERR_USAGE); /* it is there, though nobody was told */
    CHECK(journal_verify(j, "r", &broken, why, &err) == 0 && broken == 0);
    CHECK(journal_events(j, "r", 0, collect, &n, &err) == 0);
    CHECK(n.count >= told->durable && n.count <= told->count + more);
    for (int i = 0; i < n.count && i < told->count; i++)
        CHECK(n.list[i] == told->acked[i]);
    CHECK(append_number(j, 1000, true) == 0);
    CHECK(journal_verify(j, "r", &broken, why, &err) == 0 && broken == 0);
    CHECK(journal_close(j, &err) == 0);
}

/* work() in a child; true when it lived to the end. */
static bool work_in_child(const char *fault, enum trip trip)
{
    int status;
    pid_t pid;

    new_dir();
    memset(told, 0, sizeof *told);
    pid = fork();
    if (pid == 0) {
        fault_arm(fault);
        shim.trip = trip;
        shim.countdown = at;
        work();
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

static void killed_at_points(void)
{
    static const char *const points[] = {"journal.create", "journal.append", "journal.commit",
                                         "journal.committed"};

    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        bool lived = false;
        char fault[64];

        for (at = 1; !lived; at++) {
            snprintf(fault, sizeof fault, "%s:%d:kill", points[i], at);
            lived = work_in_child(fault, TRIP_NEVER);
            check_left(!lived);
        }
        CHECK(at > (i == 0 ? 2 : 8));
    }
}

static void killed_at_writes(void)
{
    bool lived = false;

    for (at = 1; !lived; at++) {
        lived = work_in_child(NULL, TRIP_KILL);
        check_left(!lived);
    }
    CHECK(at > 50 && told->durable == EVENTS);
}

/* In this process, so that the same handle goes on behind the failure. */
static void writes_fail(void)
{
    static const enum trip trips[] = {TRIP_FAIL_ONCE, TRIP_FAIL_ON};

    for (int i = 0; i < 2; i++) {
        for (at = 1;; at++) {
            new_dir();
            memset(told, 0, sizeof *told);
            shim.tripped = shim.tripped_sync = false;
            shim.trip = trips[i];
            shim.countdown = at;
            work();
            shim.trip = TRIP_NEVER;
            check_left(shim.tripped_sync);
            if (!shim.tripped)
                break;
        }
        CHECK(at > 50 && told->durable == EVENTS);
    }
    at = 0;
}

static void points_fail(void)
{
    for (at = 1; at <= EVENTS + 2; at++) {
        char fault[64];

        new_dir();
        memset(told, 0, sizeof *told);
        snprintf(fault, sizeof fault, "journal.%s:%d:fail", at % 2 ? "append" : "commit", at);
        fault_arm(fault);
        work();
        fault_arm(NULL);
        CHECK(told->count >= EVENTS - 1 && told->durable >= EVENTS - 3);
        check_left(0);
    }
    at = 0;
}

/* ---- real disks ---- */

/* Appends until it fails with "full", makes room with `free_room`, and goes on. */
static void fill_disk(void (*free_room)(void))
{
    struct journal *j = NULL;
    char why[JOURNAL_WHY_MAX], payload[2000];
    uint64_t seq = 0, last = 0, broken;

    memset(payload, 'x', sizeof payload);
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) == 0);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    while (journal_append(j, "r", "step.done", "p", payload, sizeof payload, true, &seq, NULL,
                          &err) == 0) {
        last = seq;
        CHECK(last < 10000);
    }
    CHECK(err.kind == ERR_IO && strstr(err.message, "full") && *err.hint && err.os_errno);
    CHECK(sqlite3_get_autocommit(j->db));
    while (append_number(j, 0, true) == 0) /* a smaller one may still have had room */
        last++;
    /* What is queued waits for the room. */
    CHECK(append_number(j, 1, false) == 0 && append_number(j, 2, true) < 0);
    CHECK(err.kind == ERR_IO && strstr(err.message, "full"));
    CHECK(journal_pending(j));
    CHECK(journal_verify(j, "r", &broken, why, &err) == 0 && broken == 0);
    free_room();
    CHECK(journal_append(j, "r", "step.done", "p", payload, 10, true, &seq, NULL, &err) == 0);
    CHECK(seq == last + 2);
    CHECK(journal_close(j, &err) == 0);
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) == 0);
    CHECK(journal_verify(j, "r", &broken, why, &err) == 0 && broken == 0);
    CHECK(journal_last_seq(j, "r", &seq, &err) == 0 && seq == last + 2);
    CHECK(journal_close(j, &err) == 0);
}

static void lift_limit(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void file_size_limit(void)
{
    struct rlimit limit;

    new_dir();
    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = 300 << 10;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    fill_disk(lift_limit);
}

static char ballast[400];

static void drop_ballast(void)
{
    CHECK(unlink(ballast) == 0);
}

/* A mount of this process's own: gone with it. False where that is not allowed. */
static bool own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool write_ballast(void)
{
    int fd = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char bytes[4096] = {1};
    ssize_t n = write(fd, bytes, sizeof bytes);

    CHECK(fd >= 0);
    close(fd);
    return n == (ssize_t)sizeof bytes;
}

static void full_tmpfs(void)
{
    char mounted[320];
    struct journal *j = NULL;

    new_dir();
    CHECK(mkdir(dir, 0700) == 0);
    if (!own_mounts() || mount("tmpfs", dir, "tmpfs", 0, "size=768k") < 0)
        exit(77);
    snprintf(mounted, sizeof mounted, "%s", dir);
    snprintf(ballast, sizeof ballast, "%s/ballast", mounted);
    snprintf(dir, sizeof dir, "%.200s/journal", mounted);
    for (int i = 0; i < 128; i++)
        CHECK(write_ballast());
    fill_disk(drop_ballast);

    /* Full from the beginning: there is room for the directory and the file's first block. */
    snprintf(dir, sizeof dir, "%.200s/second", mounted);
    while (write_ballast())
        ;
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) < 0);
    CHECK(err.kind == ERR_IO && strstr(err.message, "full"));
}

/* A directory that takes no writing: by its mode, or, for root, by its mount. */
static void read_only(void)
{
    struct journal *j = NULL;
    uint64_t seq;
    char away[320];

    new_dir();
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) == 0);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(append_number(j, 1, true) == 0);
    CHECK(journal_close(j, &err) == 0);
    snprintf(away, sizeof away, "%s", dir);
    if (geteuid() == 0) {
        if (!own_mounts() || mount(dir, dir, NULL, MS_BIND, NULL) < 0 ||
            mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
            exit(77);
    } else {
        CHECK(chmod(dir, 0500) == 0);
    }
    j = NULL;
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) < 0 || geteuid() != 0);
    CHECK(j || (err.kind == ERR_IO && strstr(err.message, "ead-only") && *err.hint));
    journal_close(j, NULL);
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) == 0);
    CHECK(journal_last_seq(j, "r", &seq, &err) == 0 && seq == 1);
    CHECK(journal_close(j, &err) == 0);
    CHECK(geteuid() == 0 || chmod(away, 0700) == 0);
    CHECK(journal_open("/proc/below", JOURNAL_WRITE, &j, &err) < 0 && err.kind == ERR_IO);
    CHECK(journal_open("/dev/null/x", JOURNAL_WRITE, &j, &err) < 0 && err.kind == ERR_IO);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*fn)(void);
    } cases[] = {
        {"killed at every fault point", killed_at_points},
        {"killed at every write", killed_at_writes},
        {"every write fails once, and from then on", writes_fail},
        {"every append and commit refused", points_fail},
        {"a file that may not grow", file_size_limit},
        {"a full disk", full_tmpfs},
        {"a directory that is read-only", read_only},
    };
    const char *tmp = getenv("ALMANAC_TEST_TMP");

    snprintf(root, sizeof root, "%.200s/journal.XXXXXX", tmp ? tmp : "/tmp");
    CHECK(mkdtemp(root));
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(told != MAP_FAILED);
    shim_install();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            snprintf(root + strlen(root), 8, "/%zu", i);
            CHECK(mkdir(root, 0700) == 0);
            cases[i].fn();
            exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            printf("ok - journal: %s (skipped: no mounts here)\n", cases[i].name);
        else
            printf("%sok - journal: %s\n", status == 0 ? "" : "not ", cases[i].name);
        fflush(stdout);
    }
    execlp("rm", "rm", "-rf", root, (char *)NULL);
    return 1;
}
