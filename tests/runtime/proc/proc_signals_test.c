/* proc and signals: what is sent to a child, what reaches it before it has left our group, and one
 * that stays in it. */
#include "proc_support.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void test_kill(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("trap 'echo usr; exit 9' USR1; echo ready; "
                                        "while :; do sleep 0.05; done"));
    struct err e;

    start(&c, &s);
    while (!c.lines)
        loop_run_once(&loop, true);
    CHECK(proc_kill(c.proc, SIGUSR1, &e) == 0);
    /* sleep, in the same group, died of it; the shell went through its trap. */
    CHECK(wait_for(&c).code == 9);
    CHECK(proc_kill(c.proc, SIGUSR1, &e) < 0 && e.kind == ERR_NOT_FOUND);
    proc_free(c.proc);
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signum)
{
    (void)signum;
    interrupts++;
}

/* Our group, which the case has for itself, is sent one SIGINT after another. */
static pid_t start_interrupting(void)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        signal(SIGINT, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (kill(0, SIGINT) == 0)
            usleep(50);
        _exit(0);
    }
    return pid;
}

/* A child is in our group from fork() until it has left: what is sent to the group then is ours,
 * and does not end the child. */
static void test_interrupted_while_starting(void)
{
    static const char *const argv[] = {"true", NULL};
    struct sigaction old, count = {.sa_handler = count_interrupt, .sa_flags = SA_RESTART};
    pid_t group = getpgrp(), pest;
    int i;

    CHECK(setpgid(0, 0) == 0);
    CHECK(sigaction(SIGINT, &count, &old) == 0);
    pest = start_interrupting();
    for (i = 0; i < 300; i++) {
        struct child c;
        struct proc_spec spec = spec_of(&c, argv);
        struct proc_result r;

        start(&c, &spec);
        r = wait_for(&c);
        CHECK(r.signal == 0);
        CHECK(r.code == 0);
        proc_free(c.proc);
    }
    CHECK(interrupts > 0);
    CHECK(kill(pest, SIGKILL) == 0);
    CHECK(waitpid(pest, NULL, 0) == pest);
    CHECK(setpgid(0, group) == 0);
    CHECK(sigaction(SIGINT, &old, NULL) == 0);
}

/* In our group: what reaches it must not reach us. */
static void test_foreground(void)
{
    static const char *const argv[] = {"sleep", "100", NULL};
    struct child c;
    struct proc_spec s = spec_of(&c, argv);
    struct err e;
    pid_t pid;

    s.foreground = true;
    start(&c, &s);
    CHECK(getpgid(proc_pid(c.proc)) == getpgrp());
    CHECK(proc_kill(c.proc, SIGKILL, &e) == 0);
    CHECK(wait_for(&c).signal == SIGKILL && !c.lines);
    proc_free(c.proc);

    s = spec_of(&c, argv);
    s.foreground = true;
    start(&c, &s);
    proc_stop(c.proc);
    CHECK(wait_for(&c).signal == SIGTERM);
    proc_free(c.proc);

    s = spec_of(&c, argv);
    s.foreground = true;
    start(&c, &s);
    pid = proc_pid(c.proc);
    proc_free(c.proc);
    CHECK(kill(pid, 0) < 0 && errno == ESRCH);
}

int main(void)
{
    begin();
    test_kill();
    test_interrupted_while_starting();
    test_foreground();
    loop_release(&loop);
    return 0;
}
