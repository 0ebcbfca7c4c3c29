/* journal: what is appended is read, in order; who is refused, and how. */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "journal/journal_priv.h"
#include "journal/journal_support.h"

static void append_and_read(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir), *other = NULL;
    struct seen s;
    uint64_t seq;

    CHECK(journal_create_run(j, "r1", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_last_seq(j, "r1", &seq, &err) == 0 && seq == 0);
    CHECK(append(j, "r1", "step.start", "a", "{}", false) == 1);
    CHECK(append(j, "r1", "note", "a", "{\"text\":\"\xc3\xa4\"}", false) == 2);
    CHECK(journal_pending(j));

    /* The queue is seen here, and nowhere else. */
    s = read_all(j, "r1", 0);
    CHECK(s.count == 2);
    CHECK(journal_open(dir, JOURNAL_READ, &other, &err) == 0);
    CHECK(read_all(other, "r1", 0).count == 0);
    CHECK(append(j, "r1", "step.done", "a", "{\"v\":1}", true) == 3);
    CHECK(!journal_pending(j));
    s = read_all(other, "r1", 0);
    CHECK(strcmp(s.text, "1 step.start a {}\n2 note a {\"text\":\"\xc3\xa4\"}\n"
                         "3 step.done a {\"v\":1}\n") == 0);
    CHECK(read_all(other, "r1", 2).count == 1 && read_all(other, "r1", 3).count == 0);
    s = (struct seen){.stop_at = 2};
    CHECK(journal_events(other, "r1", 0, see, &s, &err) == 0 && s.count == 2);

    /* Without a sync: others see it, the sync is still owed. */
    CHECK(append(j, "r1", "note", "", "{}", false) == 4);
    CHECK(journal_flush(j, false, &err) == 0 && journal_pending(j));
    CHECK(journal_last_seq(other, "r1", &seq, &err) == 0 && seq == 4);
    CHECK(journal_flush(j, true, &err) == 0 && !journal_pending(j));

    /* Closing writes what is queued. */
    CHECK(append(j, "r1", "run.end", "", "{}", false) == 5);
    CHECK(journal_close(j, &err) == 0);
    CHECK(journal_last_seq(other, "r1", &seq, &err) == 0 && seq == 5);
    CHECK(journal_verify(other, "r1", &seq, s.text, &err) == 0 && seq == 0);
    CHECK(journal_close(other, &err) == 0);

    j = open_rw(dir);
    CHECK(append(j, "r1", "note", "", "{}", true) == 6);
    CHECK(journal_close(j, &err) == 0);
    CHECK(broken(dir, "r1", s.text) == 0);
    CHECK(journal_close(NULL, &err) == 0);
}

static void run_names(void *arg, const struct journal_run *run)
{
    char *text = arg;
    size_t len = strlen(text);

    snprintf(text + len, 200 - len, "%s=%s:%.*s ", run->id, run->runbook, (int)run->meta_len,
             run->meta);
    CHECK(run->created_ms > 1600000000000);
}

static void several_runs(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    char text[200] = "", why[JOURNAL_WHY_MAX];
    uint64_t seq;

    CHECK(journal_create_run(j, "one", "a.lua", "{\"p\":1}", 7, &err) == 0);
    CHECK(journal_create_run(j, "two", "b.lua", "{}", 2, &err) == 0);
    CHECK(append(j, "one", "k", "p", "1", false) == 1);
    CHECK(append(j, "two", "k", "p", "2", false) == 1);
    CHECK(append(j, "two", "k", "p", "3", false) == 2);
    CHECK(append(j, "one", "k", "p", "4", true) == 2);
    CHECK(journal_runs(j, NULL, run_names, text, &err) == 0);
    CHECK(strcmp(text, "two=b.lua:{} one=a.lua:{\"p\":1} ") == 0);
    text[0] = '\0';
    CHECK(journal_runs(j, "one", run_names, text, &err) == 0);
    CHECK(strcmp(text, "one=a.lua:{\"p\":1} ") == 0);
    CHECK(strcmp(read_all(j, "two", 0).text, "1 k p 2\n2 k p 3\n") == 0);
    CHECK(journal_verify(j, "one", &seq, why, &err) == 0 && seq == 0);
    CHECK(journal_verify(j, "two", &seq, why, &err) == 0 && seq == 0);
    CHECK(journal_close(j, &err) == 0);

    CHECK(journal_close(open_rw(dir), &err) == 0);
    CHECK(broken(dir, "one", why) == 0 && broken(dir, "two", why) == 0);
}

/* A long queue goes out by itself; big payloads and every byte come back. */
static void bulk(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir), *other = NULL;
    size_t big = JOURNAL_PAYLOAD_MAX;
    char *payload = malloc(big + 1), why[JOURNAL_WHY_MAX];
    struct seen s;
    uint64_t seq;

    CHECK(payload);
    memset(payload, 'x', big + 1);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_open(dir, JOURNAL_READ, &other, &err) == 0);
    for (int i = 0; i < 1000; i++)
        append(j, "r", "output", "p", "{\"text\":\"line\"}", false);
    CHECK(read_all(other, "r", 0).count == 768);
    CHECK(read_all(j, "r", 0).count == 1000);
    CHECK(journal_verify(j, "r", &seq, why, &err) == 0 && seq == 0);
    CHECK(journal_append(j, "r", "step.done", "big", payload, big, true, &seq, NULL, &err) == 0);
    CHECK(seq == 1001);
    CHECK(journal_append(j, "r", "step.done", "big", payload, big + 1, true, &seq, NULL, &err) < 0);
    CHECK(err.kind == ERR_LIMIT && seq == 1001);
    CHECK(append(j, "r", "note", "", "", true) == 1002);
    s = read_all(other, "r", 1001);
    CHECK(strcmp(s.text, "1002 note  \n") == 0);
    CHECK(journal_verify(other, "r", &seq, why, &err) == 0 && seq == 0);
    CHECK(journal_close(other, &err) == 0 && journal_close(j, &err) == 0);
    free(payload);
}

static void files_are_private(void)
{
    const char *dir = new_dir();
    mode_t old = umask(0);
    struct journal *j = open_rw(dir);
    static const char *const files[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "locks/run-r.lock"};
    struct buf holder = BUF_INIT(4096);
    struct stat st;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_lock_run(j, "r", "me", &holder, &err) == 0);
    CHECK(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK(stat(in_dir(dir, "locks"), &st) == 0 && (st.st_mode & 07777) == 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        CHECK(stat(in_dir(dir, files[i]), &st) == 0 && (st.st_mode & 07777) == 0600);
    umask(old);
    CHECK(journal_close(j, &err) == 0);
    buf_release(&holder);
}

static void bad_input(void)
{
    static const char *const ids[] = {"", ".x", "a/b", "a b", "../x", "\xc3\xa4"};
    const char *dir = new_dir();
    struct journal *j, *r = NULL;
    char long_id[200];

    CHECK(journal_open(dir, JOURNAL_READ, &r, &err) < 0 && err.kind == ERR_NOT_FOUND && !r);
    CHECK(access(dir, F_OK) < 0); /* nothing was made by looking */
    j = open_rw(dir);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) < 0 && err.kind == ERR_USAGE);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        CHECK(journal_create_run(j, ids[i], "a", "{}", 2, &err) < 0 && err.kind == ERR_USAGE);
    memset(long_id, 'a', sizeof long_id);
    long_id[129] = '\0';
    CHECK(journal_create_run(j, long_id, "a", "{}", 2, &err) < 0 && err.kind == ERR_USAGE);
    long_id[128] = '\0';
    CHECK(journal_create_run(j, long_id, "a", "{}", 2, &err) == 0);
    CHECK(journal_append(j, "zz", "k", "p", "", 0, true, NULL, NULL, &err) < 0);
    CHECK(err.kind == ERR_NOT_FOUND);
    CHECK(journal_append(j, "r", "", "p", "", 0, true, NULL, NULL, &err) < 0);
    CHECK(err.kind == ERR_USAGE);
    CHECK(journal_events(j, "zz", 0, see, NULL, &err) < 0 && err.kind == ERR_NOT_FOUND);
    CHECK(append(j, "r", "k", "p", "", true) == 1);

    CHECK(journal_open(dir, JOURNAL_READ, &r, &err) == 0);
    CHECK(journal_append(r, "r", "k", "p", "", 0, true, NULL, NULL, &err) < 0);
    CHECK(err.kind == ERR_USAGE);
    CHECK(journal_create_run(r, "q", "a", "", 0, &err) < 0 && err.kind == ERR_USAGE);
    CHECK(journal_close(r, &err) == 0 && journal_close(j, &err) == 0);
}

static void versions(void)
{
    const char *dir = new_dir();
    struct journal *j = NULL;

    /* An empty file: a process died between making the file and its tables. */
    CHECK(mkdir(dir, 0700) == 0);
    close(open(in_dir(dir, "journal.db"), O_CREAT | O_WRONLY, 0600));
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) < 0 && err.kind == ERR_NOT_FOUND);
    CHECK(journal_close(open_rw(dir), &err) == 0);

    sql(dir, "PRAGMA user_version=99", SQLITE_OK);
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) < 0 && err.kind == ERR_USAGE);
    CHECK(strstr(err.message, "newer") && strstr(err.message, "99"));
    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) < 0 && err.kind == ERR_USAGE);

    dir = new_dir();
    CHECK(mkdir(dir, 0700) == 0);
    sql(dir, "CREATE TABLE t(x); PRAGMA user_version=1", SQLITE_OK);
    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) < 0 && err.kind == ERR_USAGE);
    CHECK(strstr(err.message, "another program") && !j);
}

static void busy_database(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    sqlite3 *db;

    CHECK(journal_create_run(j, "r", "a.lua", "{}", 2, &err) == 0);
    CHECK(sqlite3_open(in_dir(dir, "journal.db"), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_busy_timeout(j->db, 20);
    append(j, "r", "k", "p", "queued", false);
    CHECK(journal_append(j, "r", "k", "p", "x", 1, true, NULL, NULL, &err) < 0);
    CHECK(err.kind == ERR_BUSY);
    CHECK(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    CHECK(append(j, "r", "k", "p", "y", true) == 2);
    CHECK(strcmp(read_all(j, "r", 0).text, "1 k p queued\n2 k p y\n") == 0);

    /* A second writer of the same run, against the rules: refused, and nothing is overwritten. */
    CHECK(sqlite3_exec(db,
                       "INSERT INTO events SELECT key + 1, time_ms, kind, path, hash, 'z'"
                       " FROM events WHERE key & 4294967295 = 2",
                       NULL, NULL, NULL) == SQLITE_OK);
    CHECK(journal_append(j, "r", "k", "p", "x", 1, true, NULL, NULL, &err) < 0);
    CHECK(err.kind == ERR_BUSY && strstr(err.message, "another process"));
    sqlite3_close(db);
    CHECK(journal_close(j, &err) == 0);
}

/* Runs fn in a child; its exit status. */
static int in_child(void (*fn)(void *arg), void *arg)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        fn(arg);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}

static void make_run(void *arg)
{
    const char *const *what = arg;
    struct journal *j = open_rw(what[0]);

    CHECK(journal_create_run(j, what[1], "a.lua", "{}", 2, &err) == 0);
    for (int i = 0; i < 50; i++)
        append(j, what[1], "k", "p", "{}", i % 3 != 0);
    CHECK(journal_close(j, &err) == 0);
}

/* Eight processes make the journal at the same moment and append, each to its own run. */
static void at_the_same_time(void)
{
    for (int round = 0; round < 5; round++) {
        const char *dir = new_dir();
        char ids[8][8], why[JOURNAL_WHY_MAX];
        pid_t pids[8];

        for (int i = 0; i < 8; i++) {
            snprintf(ids[i], sizeof ids[i], "r%d", i);
            pids[i] = fork();
            if (pids[i] == 0) {
                const char *what[] = {dir, ids[i]};

                make_run(what);
                _exit(0);
            }
        }
        for (int i = 0; i < 8; i++) {
            int status;

            CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
        }
        for (int i = 0; i < 8; i++) {
            struct journal *j = open_rw(dir);

            CHECK(broken(dir, ids[i], why) == 0);
            CHECK(read_all(j, ids[i], 0).count == 50);
            CHECK(journal_close(j, &err) == 0);
        }
    }
}

static void bad_fault(void *arg)
{
    CHECK(freopen("/dev/null", "w", stderr));
    fault_arm(arg);
}

static void faults(void)
{
    static const char *const bad[] = {"x", "x:1", "x:0:fail", "x:y:fail", ":1:fail", "x:1:sleep"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = in_child(bad_fault, (void *)bad[i]);

        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    }
    fault_arm("a:2:fail,b:1:fail");
    CHECK(!fault_at("a") && fault_at("a") && !fault_at("a"));
    CHECK(fault_at("b") && !fault_at("b") && !fault_at("c"));
    fault_arm(NULL);
    CHECK(!fault_at("b"));
}

static uint64_t propose(struct journal *j, const char *run, const char *payload)
{
    uint64_t seq = 0;
    int64_t time_ms;

    CHECK(journal_propose(j, run, "step.done", "a", payload, strlen(payload), &seq, &time_ms,
                          &err) == 0);
    return seq;
}

static void group_commit(void)
{
    const char *dir = new_dir();
    struct journal *j = open_rw(dir);
    uint64_t before, broken;
    char why[JOURNAL_WHY_MAX];

    CHECK(journal_create_run(j, "r1", "a.lua", "{}", 2, &err) == 0);
    CHECK(journal_create_run(j, "r2", "a.lua", "{}", 2, &err) == 0);
    before = journal_syncs(j);
    for (int i = 1; i <= 400; i++) {
        CHECK(propose(j, "r1", "{}") == (uint64_t)i);
        CHECK(propose(j, "r2", "{}") == (uint64_t)i);
    }
    CHECK(journal_commit(j, &err) == 0 && !journal_pending(j));
    CHECK(journal_syncs(j) == before + 1);
    CHECK(journal_commit(j, &err) == 0 && journal_syncs(j) == before + 1);

    /* Whatever else is written meanwhile is synced with it. */
    propose(j, "r1", "{}");
    append(j, "r2", "note", "", "{}", false);
    CHECK(journal_flush(j, false, &err) == 0 && !journal_pending(j));
    CHECK(journal_syncs(j) == before + 2);

    /* A commit that fails takes what was proposed away; what else is queued moves up. */
    append(j, "r1", "note", "one", "{}", false);
    CHECK(propose(j, "r1", "{\"lost\":1}") == 403);
    CHECK(propose(j, "r2", "{\"lost\":2}") == 402);
    CHECK(append(j, "r1", "note", "two", "{}", false) == 404);
    fault_arm("journal.commit:1:fail");
    CHECK(journal_commit(j, &err) < 0 && err.kind == ERR_IO);
    fault_arm(NULL);
    CHECK(journal_pending(j));
    CHECK(append(j, "r1", "note", "three", "{}", true) == 404);
    CHECK(append(j, "r2", "note", "four", "{}", true) == 402);
    CHECK(journal_verify(j, "r1", &broken, why, &err) == 0 && broken == 0);
    CHECK(journal_close(j, &err) == 0);
    j = open_rw(dir);
    CHECK(journal_verify(j, "r1", &broken, why, &err) == 0 && broken == 0);
    CHECK(journal_verify(j, "r2", &broken, why, &err) == 0 && broken == 0);
    CHECK(append(j, "r1", "note", "five", "{}", true) == 405);
    CHECK(journal_close(j, &err) == 0);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"what is appended is read, durable or queued", append_and_read},
        {"runs share a journal and keep their own order", several_runs},
        {"a long queue and a large payload", bulk},
        {"directory 0700, files 0600, whatever the umask", files_are_private},
        {"bad input is refused and changes nothing", bad_input},
        {"schema versions and databases of others", versions},
        {"a busy database and a second writer", busy_database},
        {"eight processes at once", at_the_same_time},
        {"fault points", faults},
        {"what is proposed is committed at once, or not at all", group_commit},
    };

    return run_cases(cases, sizeof cases / sizeof *cases);
}
