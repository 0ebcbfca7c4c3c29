/* journal locks: one holder among many, gone with its process, known to whoever is refused. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/journal.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s (%s)\n", __FILE__, __LINE__, #cond, err.message);   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static struct err err;
static char root[256];
static struct buf holder = BUF_INIT(64 << 10);

static struct journal *open_as(const char *name, enum journal_mode mode)
{
    char dir[300];
    struct journal *j = NULL;

    snprintf(dir, sizeof dir, "%s/%s", root, name);
    CHECK(journal_open(dir, mode, &j, &err) == 0);
    return j;
}

static void close_all(struct journal *a, struct journal *b)
{
    CHECK(journal_close(a, &err) == 0 && journal_close(b, &err) == 0);
}

static void one_holder(void)
{
    struct journal *a = open_as("one", JOURNAL_WRITE), *b = open_as("one", JOURNAL_WRITE);
    struct journal *r = open_as("one", JOURNAL_READ);

    CHECK(journal_holder(r, "r1", &holder, &err) == 0);
    CHECK(journal_lock_run(a, "r1", "{\"operator\":\"a\"}", &holder, &err) == 0);
    CHECK(journal_lock_run(a, "r1", "again", &holder, &err) == 0);
    CHECK(journal_lock_run(b, "r1", "{\"operator\":\"b\"}", &holder, &err) == 1);
    CHECK(strcmp(buf_str(&holder), "{\"operator\":\"a\"}") == 0);
    CHECK(journal_holder(r, "r1", &holder, &err) == 1);
    CHECK(strcmp(buf_str(&holder), "{\"operator\":\"a\"}") == 0);
    CHECK(journal_holder(a, "r1", &holder, &err) == 1);
    CHECK(journal_holder(r, "r2", &holder, &err) == 0);
    CHECK(journal_lock_run(b, "r2", "b", &holder, &err) == 0);
    CHECK(journal_lock_run(r, "r3", "r", &holder, &err) < 0 && err.kind == ERR_USAGE);

    /* Looking does not take: while somebody looks, the lock can be had. */
    journal_unlock(a);
    CHECK(journal_holder(r, "r1", &holder, &err) == 0);
    CHECK(journal_lock_run(b, "r1", "b", &holder, &err) == 0);
    CHECK(journal_lock_run(a, "r1", "a", &holder, &err) == 1);
    CHECK(strcmp(buf_str(&holder), "b") == 0); /* not the longer text of before */
    close_all(b, r);
    CHECK(journal_lock_run(a, "r1", "", &holder, &err) == 0);
    CHECK(journal_close(a, &err) == 0);
}

/* Every name has a file of its own, inside the directory. */
static void names(void)
{
    static char long_a[1000], long_b[1000];
    const char *list[] = {"release/animica-devnet",
                          "release%2Fanimica-devnet",
                          "..",
                          ".",
                          "a b",
                          "r1",
                          "\xc3\xa4",
                          long_a,
                          long_b};
    struct journal *a = open_as("names", JOURNAL_WRITE), *b = open_as("names", JOURNAL_WRITE);

    memset(long_a, 'x', sizeof long_a - 1);
    memset(long_b, 'x', sizeof long_b - 2);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        CHECK(journal_lock_name(a, list[i], list[i], &holder, &err) == 0);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        CHECK(journal_lock_name(b, list[i], "b", &holder, &err) == 1);
        CHECK(strcmp(buf_str(&holder), list[i]) == 0);
    }
    CHECK(journal_lock_run(b, "r1", "b", &holder, &err) == 0); /* a run is no name */
    CHECK(journal_lock_name(b, "", "b", &holder, &err) < 0 && err.kind == ERR_USAGE);
    close_all(a, b);
}

/* The text of whoever is refused is always the one of the process that holds. */
static void many_contend(void)
{
    int *winners = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int round = 0; round < 30; round++) {
        int go[2], done[2], hold[2], status, won = 0;
        char name[16], byte;

        snprintf(name, sizeof name, "lock%d", round % 3); /* files are used again */
        memset(winners, 0, 4096);
        CHECK(pipe(go) == 0 && pipe(done) == 0 && pipe(hold) == 0);
        for (int i = 0; i < 8; i++) {
            if (fork() == 0) {
                struct journal *j = open_as("many", JOURNAL_WRITE);
                char text[32];
                int rc;

                close(go[1]);
                close(hold[1]);
                snprintf(text, sizeof text, "%0*d", 1 + i * 3, i + 1);
                CHECK(read(go[0], &byte, 1) == 0);
                rc = journal_lock_name(j, name, text, &holder, &err);
                CHECK(rc >= 0);
                winners[i] = rc == 0 ? -(i + 1) : atoi(buf_str(&holder));
                CHECK(write(done[1], "", 1) == 1);
                CHECK(read(hold[0], &byte, 1) == 0);
                _exit(0); /* without closing */
            }
        }
        close(go[1]);
        for (int i = 0; i < 8; i++)
            CHECK(read(done[0], &byte, 1) == 1);
        close(hold[1]);
        for (int i = 0; i < 8; i++)
            CHECK(wait(&status) > 0 && status == 0);
        for (int i = 0; i < 8; i++)
            won = winners[i] < 0 ? won * 100 - winners[i] : won;
        CHECK(won >= 1 && won <= 8); /* one, not none, not two */
        for (int i = 0; i < 8; i++)
            CHECK(winners[i] == won || winners[i] == -won);
        close(go[0]);
        close(done[0]);
        close(done[1]);
        close(hold[0]);
    }
    munmap(winners, 4096);
}

static void dies_with_its_process(void)
{
    struct journal *j = open_as("dies", JOURNAL_WRITE);
    int ready[2], status;
    char byte;
    pid_t pid;

    CHECK(pipe(ready) == 0);
    pid = fork();
    if (pid == 0) {
        struct journal *own = open_as("dies", JOURNAL_WRITE);

        CHECK(journal_lock_run(own, "r", "the dead one", &holder, &err) == 0);
        CHECK(write(ready[1], "", 1) == 1);
        pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(journal_holder(j, "r", &holder, &err) == 1);
    CHECK(strcmp(buf_str(&holder), "the dead one") == 0);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
    CHECK(journal_holder(j, "r", &holder, &err) == 0);
    CHECK(journal_lock_run(j, "r", "me", &holder, &err) == 0);
    CHECK(journal_close(j, &err) == 0);
}

/* A child program that outlives the owner does not keep the lock. */
static void not_inherited(void)
{
    struct journal *a = open_as("inherit", JOURNAL_WRITE), *b = open_as("inherit", JOURNAL_WRITE);
    int in[2], out[2], status;
    char byte;
    pid_t pid;

    CHECK(journal_lock_run(a, "r", "a", &holder, &err) == 0);
    CHECK(pipe(in) == 0 && pipe(out) == 0);
    pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execlp("cat", "cat", (char *)NULL);
        _exit(1);
    }
    CHECK(write(in[1], "x", 1) == 1 && read(out[0], &byte, 1) == 1); /* it runs */
    CHECK(journal_close(a, &err) == 0);
    CHECK(journal_lock_run(b, "r", "b", &holder, &err) == 0);
    close(in[0]);
    close(in[1]);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(journal_close(b, &err) == 0);
}

/* The order is that of arrival; who leaves or dies is in nobody's way. */
static void queue(void)
{
    struct journal *a = open_as("queue", JOURNAL_WRITE), *b = open_as("queue", JOURNAL_WRITE);
    struct journal *c = open_as("queue", JOURNAL_WRITE), *r = open_as("queue", JOURNAL_READ);

    CHECK(journal_queue(a, "n", &err) == 0 && journal_queue(a, "n", &err) == 0);
    CHECK(journal_queue(b, "n", &err) == 1);
    CHECK(journal_queue(c, "n", &err) == 1);
    CHECK(journal_queue(c, "other", &err) == 0);
    journal_leave_queue(b, "n");
    CHECK(journal_queue(c, "n", &err) == 1); /* behind a still */
    CHECK(journal_queue(b, "n", &err) == 1); /* behind c now */
    journal_leave_queue(a, "n");
    CHECK(journal_queue(b, "n", &err) == 1);
    CHECK(journal_queue(c, "n", &err) == 0);
    CHECK(journal_close(c, &err) == 0);
    CHECK(journal_queue(b, "n", &err) == 0);
    CHECK(journal_queue(a, "n", &err) == 1);
    CHECK(journal_queue(r, "n", &err) < 0 && err.kind == ERR_USAGE);
    CHECK(journal_queue(b, "", &err) < 0 && err.kind == ERR_USAGE);
    journal_leave_queue(a, "never"); /* nothing */

    CHECK(journal_lock_name(a, "n", "a", &holder, &err) == 0); /* a place is no lock */
    CHECK(journal_lock_name(b, "n", "b", &holder, &err) == 1);
    journal_unlock_name(a, "n");
    CHECK(journal_lock_name(b, "n", "b", &holder, &err) == 0);
    close_all(a, b);
    CHECK(journal_close(r, &err) == 0);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*fn)(void);
    } cases[] = {
        {"one holder, whom the others can name", one_holder},
        {"names of every kind", names},
        {"eight processes, thirty times", many_contend},
        {"a lock dies with its process", dies_with_its_process},
        {"a lock is not inherited by programs", not_inherited},
        {"those who wait have an order", queue},
    };
    const char *tmp = getenv("ALMANAC_TEST_TMP");

    snprintf(root, sizeof root, "%.200s/locks.XXXXXX", tmp ? tmp : "/tmp");
    CHECK(mkdtemp(root));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cases[i].fn();
        printf("ok - journal locks: %s\n", cases[i].name);
        fflush(stdout);
    }
    buf_release(&holder);
    execlp("rm", "rm", "-rf", root, (char *)NULL);
    return 1;
}
