/* journal: a commit that is synced is one write of the WAL, and the file has had its bytes before.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "journal/journal_support.h"

/* The one of SQLite's system calls that writes; it can be had instead of the real one. */
static struct {
    int writes;  /* to the WAL */
    bool refuse; /* them */
} calls;

static ssize_t counted_pwrite(int fd, const void *from, size_t n, off_t offset)
{
    char link[64], path[600] = "";

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    CHECK(readlink(link, path, sizeof path - 1) > 4);
    if (strcmp(path + strlen(path) - 4, "-wal") == 0) {
        calls.writes++;
        if (calls.refuse) {
            errno = EIO;
            return -1;
        }
    }
    return pwrite(fd, from, n, offset);
}

static void count_writes(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr counted = (sqlite3_syscall_ptr)counted_pwrite;

    CHECK(vfs->xSetSystemCall(vfs, "pwrite", counted) == SQLITE_OK);
    CHECK(vfs->xSetSystemCall(vfs, "pwrite64", counted) == SQLITE_OK);
}

static off_t wal_size(const char *dir)
{
    struct stat st;

    CHECK(stat(in_dir(dir, "journal.db-wal"), &st) == 0);
    return st.st_size;
}

/* The writes that appending an event took, and whether another process sees it behind them. */
static int append_seen(struct journal *j, struct journal *other, bool durable)
{
    uint64_t seq, seen;

    calls.writes = 0;
    seq = append(j, "r", "step.done", "a step", "{\"result\":1}", durable);
    CHECK(durable || journal_flush(j, false, &err) == 0);
    CHECK(journal_last_seq(other, "r", &seen, &err) == 0 && seen == seq);
    return calls.writes;
}

static void one_write(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir), *other = NULL;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_open(dir, JOURNAL_READ, &other, &err) == 0);
    CHECK(append_seen(j, other, true) == 1);
    CHECK(append_seen(j, other, true) == 1);
    /* Without a sync nothing comes behind the pages of a commit that could write them. */
    CHECK(append_seen(j, other, false) > 1);
    CHECK(append_seen(j, other, true) == 1);
    CHECK(journal_close(other, &err) == 0);
    CHECK(journal_close(j, &err) == 0);
}

/* What belongs to a commit that failed does not get into the next one. */
static void refused(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    char why[JOURNAL_WHY_MAX];

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    append(j, "r", "step.done", "one", "{}", true);
    calls.refuse = true;
    CHECK(journal_append(j, "r", "step.done", "two", "{}", 2, true, NULL, NULL, &err) < 0);
    calls.refuse = false;
    CHECK(err.kind == ERR_IO);
    CHECK(append(j, "r", "step.done", "three", "{}", true) == 2);
    CHECK(journal_close(j, &err) == 0);
    CHECK(broken(dir, "r", why) == 0);
    j = open_rw(dir);
    CHECK(strcmp(read_all(j, "r", 0).text, "1 step.done one {}\n2 step.done three {}\n") == 0);
    CHECK(journal_close(j, &err) == 0);
}

/* A commit larger than what is gathered at once, which SQLite writes in several pieces. */
static void large(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    size_t len = 3 << 20;
    char *payload = malloc(len), why[JOURNAL_WHY_MAX];

    CHECK(payload);
    memset(payload, 'x', len);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_append(j, "r", "step.done", "p", payload, len, true, NULL, NULL, &err) == 0);
    append(j, "r", "step.done", "q", "{}", true);
    CHECK(journal_close(j, &err) == 0);
    CHECK(broken(dir, "r", why) == 0);
    free(payload);
}

static void grows_in_steps(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir), *other;
    int grown = 0;
    off_t size;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    size = wal_size(dir);
    for (int i = 0; i < 100; i++) {
        append(j, "r", "step.done", "a step", "{}", true);
        grown += wal_size(dir) > size;
        size = wal_size(dir);
    }
    CHECK(size >= 100 * 2048 && grown <= 4);

    /* Who else writes goes on behind the last commit, not behind the zeros. */
    other = open_rw(dir);
    CHECK(append(other, "r", "step.done", "of another", "{}", true) == 101);
    CHECK(wal_size(dir) == size);
    CHECK(journal_close(other, &err) == 0);
    CHECK(journal_close(j, &err) == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"a commit that is synced is one write", one_write},
        {"the writes of a commit that failed are gone", refused},
        {"a commit of many pages", large},
        {"the WAL grows in steps", grows_in_steps},
    };

    count_writes();
    return run_cases(cases, sizeof cases / sizeof *cases);
}
