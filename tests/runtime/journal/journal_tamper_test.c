/* journal: what was changed behind its back is found, and where. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "journal/journal.h"
#include "journal/journal_support.h"

static void append_only(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    append(j, "r", "k", "p", "{}", true);
    CHECK(journal_close(j, &err) == 0);
    sql(dir, "UPDATE events SET payload = 'x'", SQLITE_CONSTRAINT);
    sql(dir, "DELETE FROM events", SQLITE_CONSTRAINT);
    sql(dir, "UPDATE runs SET meta = 'x'", SQLITE_CONSTRAINT);
    sql(dir, "DELETE FROM runs", SQLITE_CONSTRAINT);
    sql(dir, "DELETE FROM heads", SQLITE_CONSTRAINT);
}

struct tampering {
    const char *sql;
    uint64_t seq; /* the first event that does not check out; 0: none */
    const char *why;
    bool append_refused;
};

static void tamper(const struct tampering *with)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    char why[JOURNAL_WHY_MAX];
    uint64_t seq;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    for (int n = 1; n <= 6; n++)
        CHECK(append(j, "r", "k", "path", "{\"a\":1}", n % 2 == 0) == (uint64_t)n);
    CHECK(journal_close(j, &err) == 0);
    sql(dir,
        "DROP TRIGGER events_keep; DROP TRIGGER events_stay; DROP TRIGGER runs_keep;"
        "DROP TRIGGER heads_stay",
        SQLITE_OK);
    sql(dir, with->sql, SQLITE_OK);
    seq = broken(dir, "r", why);
    if (seq != with->seq || !strstr(why, with->why)) {
        fprintf(stderr, "%s: event %llu, %s\n", with->sql, (unsigned long long)seq, why);
        exit(1);
    }
    j = open_rw(dir);
    if (with->append_refused) {
        CHECK(journal_append(j, "r", "k", "p", "", 0, true, NULL, NULL, &err) < 0);
        CHECK(err.kind == ERR_CORRUPT);
    } else {
        append(j, "r", "k", "p", "", true);
    }
    CHECK(journal_close(j, &err) == 0);
    CHECK(with->append_refused || broken(dir, "r", why) == with->seq);
}

static void tampering(void)
{
    static const struct tampering cases[] = {
        {"UPDATE events SET kind = kind", 0, "", false},
        {"UPDATE events SET payload = 'x' WHERE key & 4294967295 = 3", 3, "changed", false},
        {"UPDATE events SET time_ms = time_ms + 1 WHERE key & 4294967295 = 1", 1, "changed", false},
        {"UPDATE events SET kind = 'k2' WHERE key & 4294967295 = 5", 5, "changed", false},
        {"UPDATE events SET path = 'p' || path WHERE key & 4294967295 = 2", 2, "changed", false},
        /* a byte from one field to the next */
        {"UPDATE events SET kind = 'k' || substr(path, 1, 1), path = substr(path, 2)"
         " WHERE key & 4294967295 = 2",
         2, "changed", false},
        {"UPDATE events SET hash = zeroblob(32) WHERE key & 4294967295 = 4", 4, "changed", false},
        {"UPDATE events SET hash = 'short' WHERE key & 4294967295 = 4", 4, "changed", false},
        {"DELETE FROM events WHERE key & 4294967295 = 1", 1, "missing", false},
        {"DELETE FROM events WHERE key & 4294967295 = 3", 3, "missing", false},
        {"DELETE FROM events WHERE key & 4294967295 > 4", 5, "tail", true},
        {"DELETE FROM events", 1, "tail", true},
        {"UPDATE events SET key = key + 1000 WHERE key & 4294967295 = 2;"
         "UPDATE events SET key = key - 1 WHERE key & 4294967295 = 3;"
         "UPDATE events SET key = key - 999 WHERE key & 4294967295 = 1002",
         2, "moved", false},
        {"UPDATE events SET key = key + 1 WHERE key & 4294967295 = 6", 6, "missing", true},
        {"INSERT INTO events SELECT key + 1, time_ms, kind, path, hash, payload FROM events"
         " WHERE key & 4294967295 = 6",
         7, "changed", true},
        {"UPDATE heads SET seq = 4 WHERE num = 1", 4, "head", true},
        {"UPDATE heads SET hash = zeroblob(32) WHERE num = 1", 6, "head", true},
        {"DELETE FROM heads", 1, "put in", true},
        {"UPDATE runs SET meta = '{\"tag\":\"v2\"}'", 1, "row", false},
        {"UPDATE runs SET runbook = 'b.lua'", 1, "row", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        tamper(&cases[i]);
}

static void file_digest(const char *path, unsigned char out[DIGEST_SIZE])
{
    static char bytes[4 << 20];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);

    CHECK(fd >= 0 && n > 0 && (size_t)n < sizeof bytes);
    close(fd);
    digest_bytes(bytes, (size_t)n, out);
}

static void corrupt_file(void)
{
    const char *dir = new_dir();
    unsigned char before[DIGEST_SIZE], after[DIGEST_SIZE];
    struct journal *j = open_rw(dir);
    struct seen s = {0};
    char junk[4096], path[600];
    int fd;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    for (int i = 0; i < 2000; i++)
        append(j, "r", "k", "some path", "{\"a\":\"a payload of some length, so that pages fill\"}",
               false);
    CHECK(journal_close(j, &err) == 0);
    snprintf(path, sizeof path, "%s", in_dir(dir, "journal.db"));
    memset(junk, 0x5a, sizeof junk);

    /* A page in the middle: what comes before it is read, and the error says how far. */
    fd = open(path, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, junk, sizeof junk, 40 * 4096) == 4096 && close(fd) == 0);
    file_digest(path, before);
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) == 0);
    CHECK(journal_events(j, "r", 0, see, &s, &err) < 0 && err.kind == ERR_CORRUPT);
    CHECK(s.count > 100 && s.count < 2000);
    snprintf(junk, 100, "event %llu:", (unsigned long long)s.last);
    CHECK(strstr(err.message, junk) && strstr(err.hint, ".recover"));
    CHECK(journal_close(j, &err) == 0);
    file_digest(path, after);
    CHECK(memcmp(before, after, DIGEST_SIZE) == 0);

    /* No database at all. */
    fd = open(path, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, junk, sizeof junk, 0) == 4096 && close(fd) == 0);
    file_digest(path, before);
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) < 0 && err.kind == ERR_CORRUPT);
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) < 0 && err.kind == ERR_CORRUPT);
    file_digest(path, after);
    CHECK(memcmp(before, after, DIGEST_SIZE) == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"events and runs cannot be changed by SQL", append_only},
        {"tampering is found at the first event it touches", tampering},
        {"a damaged file is read as far as it goes and left alone", corrupt_file},
    };

    return run_cases(cases, sizeof cases / sizeof *cases);
}
