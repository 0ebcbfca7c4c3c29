/* What the tests of proc share: a loop, and a child with what it said and whether it is done. */
#ifndef ALMANAC_TEST_PROC_SUPPORT_H
#define ALMANAC_TEST_PROC_SUPPORT_H

#include "check.h"
#include "proc/proc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"

static struct loop loop;

struct child {
    struct proc *proc;
    int done, lines, pieces;
    char last[256];
    void (*on_line)(struct child *c);
};

static void child_line(void *arg, enum proc_stream stream, const char *text, size_t len, bool more)
{
    struct child *c = arg;

    CHECK(strlen(text) == len || memchr(text, 0, len));
    c->lines++;
    c->pieces += more;
    snprintf(c->last, sizeof c->last, "%d:%.200s", (int)stream, text);
    if (c->on_line)
        c->on_line(c);
}

static void child_done(void *arg)
{
    ((struct child *)arg)->done++;
}

static void watchdog(int signum)
{
    static const char text[] = "proc: a wait took longer than 60 s\n";

    (void)signum;
    if (write(2, text, sizeof text - 1) < 0)
        _exit(2);
    _exit(1);
}

static struct proc_spec spec_of(struct child *c, const char *const *argv)
{
    static const char *const everything[] = {"*", NULL};

    memset(c, 0, sizeof *c);
    return (struct proc_spec){.argv = argv,
                              .env_keep = everything,
                              .grace = 0.3,
                              .line = child_line,
                              .done = child_done,
                              .arg = c};
}

static void start(struct child *c, struct proc_spec *spec)
{
    struct err e;

    if (proc_spawn(&loop, spec, &c->proc, &e) < 0) {
        fprintf(stderr, "spawn: %s\n", e.message);
        exit(1);
    }
    CHECK(!c->done);
}

static struct proc_result wait_for(struct child *c)
{
    struct proc_result r;

    while (!c->done)
        loop_run_once(&loop, true);
    CHECK(c->done == 1 && proc_is_done(c->proc));
    proc_result(c->proc, &r);
    return r;
}

/* A wait that lasts ends the program. */
static void begin(void)
{
    struct err e;

    signal(SIGALRM, watchdog);
    alarm(60);
    CHECK(loop_init(&loop, &e) == 0);
}

#define SH(text) ((const char *const[]){"sh", "-c", (text), NULL})

#endif
