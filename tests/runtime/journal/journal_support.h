/* What the tests of the journal share: a store in a fresh directory, what is in it, and what is
 * wrong with it. */
#ifndef ALMANAC_TEST_JOURNAL_SUPPORT_H
#define ALMANAC_TEST_JOURNAL_SUPPORT_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/journal.h"
#include "journal/journal_priv.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s (%s)\n", __FILE__, __LINE__, #cond, err.message);   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static struct err err;
static char root[256];

/* A directory that does not exist yet. */
static inline const char *new_dir(void)
{
    static char dir[300];
    static int n;

    snprintf(dir, sizeof dir, "%s/%d", root, ++n);
    return dir;
}

static inline const char *in_dir(const char *dir, const char *name)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static inline struct journal *open_rw(const char *dir)
{
    struct journal *j = NULL;

    CHECK(journal_open(dir, JOURNAL_WRITE, &j, &err) == 0);
    return j;
}

static inline uint64_t append(struct journal *j, const char *run, const char *kind,
                              const char *path, const char *payload, bool durable)
{
    uint64_t seq = 0;

    CHECK(journal_append(j, run, kind, path, payload, strlen(payload), durable, &seq, NULL, &err) ==
          0);
    return seq;
}

struct seen {
    unsigned count;
    uint64_t last;
    unsigned stop_at;
    char text[4096];
};

static inline int see(void *arg, const struct journal_event *ev)
{
    struct seen *s = arg;
    size_t len = strlen(s->text);

    CHECK(ev->seq > s->last);
    s->last = ev->seq;
    s->count++;
    if (len < sizeof s->text - 200)
        snprintf(s->text + len, sizeof s->text - len, "%llu %.*s %.*s %.*s\n",
                 (unsigned long long)ev->seq, (int)ev->kind_len, ev->kind, (int)ev->path_len,
                 ev->path, (int)ev->payload_len, ev->payload);
    return s->stop_at && s->count == s->stop_at;
}

static inline struct seen read_all(struct journal *j, const char *run, uint64_t after)
{
    struct seen s = {.last = after};

    CHECK(journal_events(j, run, after, see, &s, &err) == 0);
    return s;
}

static inline uint64_t broken(const char *dir, const char *run, char *why)
{
    struct journal *j = NULL;
    uint64_t seq = 0;

    CHECK(journal_open(dir, JOURNAL_READ, &j, &err) == 0);
    CHECK(journal_verify(j, run, &seq, why, &err) == 0);
    CHECK((seq == 0) == (*why == '\0'));
    CHECK(journal_close(j, &err) == 0);
    return seq;
}

static inline void sql(const char *dir, const char *text, int want)
{
    sqlite3 *db;
    char *message = NULL;
    int rc;

    CHECK(sqlite3_open(in_dir(dir, "journal.db"), &db) == SQLITE_OK);
    rc = sqlite3_exec(db, text, NULL, NULL, &message);
    if (rc != want)
        fprintf(stderr, "%s: %d %s\n", text, rc, message ? message : "");
    CHECK(rc == want);
    sqlite3_free(message);
    sqlite3_close(db);
}

struct test_case {
    const char *name;
    void (*fn)(void);
};

/* Runs the cases, each in directories of its own below one that is removed. Does not return. */
static inline int run_cases(const struct test_case *cases, size_t count)
{
    const char *tmp = getenv("ALMANAC_TEST_TMP");

    snprintf(root, sizeof root, "%s/journal.XXXXXX", tmp ? tmp : "/tmp");
    CHECK(mkdtemp(root));
    for (size_t i = 0; i < count; i++) {
        cases[i].fn();
        printf("ok - journal: %s\n", cases[i].name);
        fflush(stdout);
    }
    execlp("rm", "rm", "-rf", root, (char *)NULL);
    return 1;
}

#endif
