/* proc: capture, lines, stdin, environment, groups, grandchildren, failures, many at once. */
#include "proc_support.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "proc/proc_env.h"

static char *text_of(struct child *c, enum proc_stream stream, size_t *len)
{
    struct buf b = BUF_INIT(64 * 1024 * 1024);

    CHECK(proc_output(c->proc, stream, &b) == 0);
    return buf_detach(&b, len);
}

static void expect_text(struct child *c, enum proc_stream stream, const char *want)
{
    char *got = text_of(c, stream, NULL);

    if (strcmp(got, want) != 0)
        fprintf(stderr, "got: %s\nwant: %s\n", got, want);
    CHECK(strcmp(got, want) == 0);
    free(got);
}

static int open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void test_output_and_code(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo out; printf 'err\\r\\nlast' >&2; exit 3"));
    struct proc_result r;

    start(&c, &s);
    r = wait_for(&c);
    CHECK(r.code == 3 && r.signal == 0 && !r.truncated && !r.stopped && r.elapsed > 0);
    CHECK(c.lines == 3 && strcmp(c.last, "1:last") == 0);
    expect_text(&c, PROC_STDOUT, "out\n");
    expect_text(&c, PROC_STDERR, "err\r\nlast");
    proc_free(c.proc);
}

static void test_signal(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("kill -9 $$"));
    struct proc_result r;

    start(&c, &s);
    r = wait_for(&c);
    CHECK(r.code == -1 && r.signal == SIGKILL && !r.stopped);
    proc_free(c.proc);
}

static void test_cap_keeps_head_and_tail(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo first; seq 100000; echo last"));
    struct proc_result r;
    size_t len;
    char *text;

    s.output_max = 2000;
    start(&c, &s);
    r = wait_for(&c);
    text = text_of(&c, PROC_STDOUT, &len);
    CHECK(r.truncated && c.lines == 100002);
    CHECK(strncmp(text, "first\n1\n2\n", 10) == 0);
    CHECK(strcmp(text + len - 12, "100000\nlast\n") == 0);
    CHECK(strstr(text, "\n[… ") && strstr(text, " bytes left out …]\n"));
    CHECK(len < 2100);
    free(text);
    proc_free(c.proc);
    /* Exactly the cap is whole. */
    s = spec_of(&c, SH("printf 0123456789"));
    s.output_max = 10;
    start(&c, &s);
    CHECK(!wait_for(&c).truncated);
    expect_text(&c, PROC_STDOUT, "0123456789");
    proc_free(c.proc);
    /* A character is not cut in two: of é (2 bytes) at the cut nothing is kept. */
    s = spec_of(&c, SH("printf 'abcé-----éxyz'"));
    s.output_max = 8;
    start(&c, &s);
    CHECK(wait_for(&c).truncated);
    expect_text(&c, PROC_STDOUT, "abc\n[… 9 bytes left out …]\nxyz");
    proc_free(c.proc);
}

static void test_stdin(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("cat; echo end"));
    struct err e;
    char *big = malloc(1000000);
    size_t len;

    start(&c, &s); /* none: /dev/null */
    wait_for(&c);
    expect_text(&c, PROC_STDOUT, "end\n");
    proc_free(c.proc);

    memset(big, 'x', 1000000);
    s = spec_of(&c, SH("cat"));
    s.input = big;
    s.input_len = 1000000;
    start(&c, &s);
    CHECK(wait_for(&c).code == 0);
    free(text_of(&c, PROC_STDOUT, &len));
    CHECK(len == 1000000);
    proc_free(c.proc);

    s = spec_of(&c, SH("true")); /* does not read */
    s.input = big;
    s.input_len = 1000000;
    start(&c, &s);
    CHECK(wait_for(&c).code == 0);
    proc_free(c.proc);
    free(big);

    s = spec_of(&c, SH("read a; echo got $a; cat"));
    s.keep_stdin = true;
    start(&c, &s);
    CHECK(proc_write(c.proc, "one\n", 4, &e) == 0);
    while (c.lines == 0)
        loop_run_once(&loop, true);
    CHECK(strcmp(c.last, "0:got one") == 0);
    CHECK(proc_write(c.proc, "two\n", 4, &e) == 0);
    proc_close_stdin(c.proc);
    CHECK(proc_write(c.proc, "three\n", 6, &e) < 0 && e.kind == ERR_USAGE);
    wait_for(&c);
    expect_text(&c, PROC_STDOUT, "got one\ntwo\n");
    proc_free(c.proc);
}

static void test_environment_and_cwd(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo \"$A|${B-unset}|$C\"; pwd; echo x > /dev/stderr"));

    setenv("A", "old", 1);
    setenv("B", "old", 1);
    setenv("C", "kept", 1);
    s.env_set = (const char *const[]){"A=new=1", NULL};
    s.env_unset = (const char *const[]){"B", NULL};
    s.cwd = "/";
    start(&c, &s);
    wait_for(&c);
    expect_text(&c, PROC_STDOUT, "new=1|unset|kept\n/\n");
    expect_text(&c, PROC_STDERR, "x\n"); /* opening /dev/stderr works on pipes only */
    proc_free(c.proc);
}

static void expect_kept(const char *const *keep, const char *names)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("env | sed -n 's/^\\(KEEP_[^=]*\\)=.*/\\1/p' | sort"));

    s.env_keep = keep;
    start(&c, &s);
    wait_for(&c);
    expect_text(&c, PROC_STDOUT, names);
    proc_free(c.proc);
}

static void test_kept_environment(void)
{
    setenv("KEEP_A", "1", 1);
    setenv("KEEP_AB", "2", 1);
    setenv("KEEP_B", "3", 1);
    expect_kept(NULL, "");
    expect_kept((const char *const[]){"KEEP_A", "KEEP", "", NULL}, "KEEP_A\n");
    expect_kept((const char *const[]){"KEEP_A*", NULL}, "KEEP_A\nKEEP_AB\n");
    expect_kept((const char *const[]){"*", NULL}, "KEEP_A\nKEEP_AB\nKEEP_B\n");
}

static void expect_failure(const char *const *argv, const char *cwd, enum err_kind kind,
                           const char *words)
{
    struct child c;
    struct proc_spec s = spec_of(&c, argv);
    struct err e = {0};
    int before = open_fds();

    s.cwd = cwd;
    CHECK(proc_spawn(&loop, &s, &c.proc, &e) < 0);
    if (e.kind != kind || !strstr(e.message, words))
        fprintf(stderr, "%s: %s\n", err_kind_name(e.kind), e.message);
    CHECK(e.kind == kind && strstr(e.message, words) && !c.proc);
    loop_run_once(&loop, false);
    CHECK(c.done == 0 && open_fds() == before);
}

static void test_failures(void)
{
    char dir[] = "/tmp/proc_test_XXXXXX";
    char path[64];
    FILE *f;

    CHECK(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/tool", dir);
    f = fopen(path, "w");
    fputs("#!/nonexistent/interpreter\n", f);
    fclose(f);
    chmod(path, 0755);
    expect_failure((const char *const[]){path, NULL}, NULL, ERR_NOT_FOUND, "interpreter");
    expect_failure((const char *const[]){"./tool", NULL}, dir, ERR_NOT_FOUND, "interpreter");
    expect_failure((const char *const[]){dir, NULL}, NULL, ERR_IO, "is a directory");
    expect_failure((const char *const[]){"/tmp/no/such", NULL}, NULL, ERR_NOT_FOUND,
                   "/tmp/no/such does not exist");
    expect_failure((const char *const[]){"no-such-program-here", NULL}, NULL, ERR_NOT_FOUND,
                   "no-such-program-here is not installed: it is in no directory of PATH (");
    expect_failure((const char *const[]){"true", NULL}, "/tmp/no/such", ERR_NOT_FOUND,
                   "working directory /tmp/no/such");
    expect_failure((const char *const[]){NULL}, NULL, ERR_USAGE, "argv is empty");
    chmod(path, 0644);
    expect_failure((const char *const[]){path, NULL}, NULL, ERR_IO, "cannot be executed");
    unlink(path);
    rmdir(dir);
}

static void stop_child(struct child *c)
{
    proc_stop(c->proc);
    c->on_line = NULL;
}

static void test_stop_kills_the_group(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("sleep 1000 & echo ready; wait"));
    struct proc_result r;
    pid_t group;
    double t;

    c.on_line = stop_child;
    start(&c, &s);
    group = proc_pid(c.proc);
    CHECK(getpgid(group) == group && group != getpgrp());
    r = wait_for(&c);
    CHECK(r.signal == SIGTERM && r.stopped);
    CHECK(!proc_group_lives(group));
    expect_text(&c, PROC_STDOUT, "ready\n");
    proc_free(c.proc);

    /* TERM is ignored by the child, or only by a grandchild: KILL after the grace. */
    s = spec_of(&c, SH("trap '' TERM; echo ready; while :; do sleep 1000; done"));
    c.on_line = stop_child;
    start(&c, &s);
    group = proc_pid(c.proc);
    t = loop_now();
    r = wait_for(&c);
    CHECK(r.signal == SIGKILL && loop_now() - t >= 0.29 && !proc_group_lives(group));
    proc_free(c.proc);

    s = spec_of(&c, SH("(trap '' TERM; echo ready; while :; do sleep 1000; done) & wait"));
    c.on_line = stop_child;
    start(&c, &s);
    group = proc_pid(c.proc);
    r = wait_for(&c);
    CHECK(r.signal == SIGTERM && !proc_group_lives(group));
    proc_free(c.proc);
}

static void test_grandchild_keeps_the_pipe(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("sleep 1000 & echo $!; exit 0"));
    struct proc_result r;
    double t = loop_now();
    pid_t group;

    start(&c, &s);
    group = proc_pid(c.proc);
    r = wait_for(&c);
    /* What the pipe is waited for is no time of the child's. */
    CHECK(r.code == 0 && r.elapsed <= loop_now() - t - 0.1);
    CHECK(c.lines == 1);
    CHECK(proc_group_lives(group)); /* nobody asked to stop it */
    kill(-group, SIGKILL);
    proc_free(c.proc);

    /* One that keeps writing is dropped too; what came before is kept. */
    s = spec_of(&c, SH("(while :; do echo x; sleep 0.02; done) & echo mine; exit 4"));
    start(&c, &s);
    group = proc_pid(c.proc);
    r = wait_for(&c);
    CHECK(r.code == 4);
    kill(-group, SIGKILL);
    proc_free(c.proc);
}

static void test_free_while_running(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("sleep 1000 & echo ready; wait"));
    pid_t group;

    start(&c, &s);
    group = proc_pid(c.proc);
    while (!c.lines)
        loop_run_once(&loop, true);
    proc_free(c.proc);
    CHECK(!proc_group_lives(group));
    loop_run_once(&loop, false);
    CHECK(c.done == 0);
    proc_free(NULL);
}

static void free_child(struct child *c)
{
    proc_free(c->proc);
    c->proc = NULL;
}

static void test_free_in_a_callback(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo 1; echo 2; printf 3"));

    c.on_line = free_child;
    start(&c, &s);
    while (c.proc)
        loop_run_once(&loop, true);
    loop_run_once(&loop, false);
    CHECK(c.lines == 1 && c.done == 0);
}

static void test_hold(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("seq 500000"));
    int seen;

    start(&c, &s);
    while (!c.lines)
        loop_run_once(&loop, true);
    proc_hold(c.proc, true);
    seen = c.lines;
    loop_run_once(&loop, false);
    CHECK(c.lines == seen && seen < 500000);
    proc_hold(c.proc, false);
    wait_for(&c);
    CHECK(c.lines == 500000);
    proc_free(c.proc);
}

/* A child ends while nobody reads it, and whoever goes on comes so late that its time is over
 * before the loop has looked at the pipe. */
static void test_late(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo 1; echo 2; printf 3"));
    struct proc_result result;
    double begun = loop_now();

    start(&c, &s);
    proc_hold(c.proc, true);
    while (kill(proc_pid(c.proc), 0) == 0 || loop_now() - begun < 0.3)
        loop_run_once(&loop, false);
    CHECK(c.lines == 0 && !c.done);
    usleep(300000);
    proc_hold(c.proc, false);
    wait_for(&c);
    CHECK(c.lines == 3 && strcmp(c.last, "0:3") == 0);
    proc_result(c.proc, &result);
    CHECK(result.code == 0);
    proc_free(c.proc);
}

static void test_long_line(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("head -c 200000 /dev/zero | tr '\\0' a; echo; echo b"));

    start(&c, &s);
    wait_for(&c);
    CHECK(c.lines == 5 && c.pieces == 3 && strcmp(c.last, "0:b") == 0);
    proc_free(c.proc);
}

static void test_many(void)
{
    enum { N = 100 };
    static struct child c[N];
    int before = open_fds();
    int i;

    for (i = 0; i < N; i++) {
        struct proc_spec s = spec_of(&c[i], SH("echo $$; exit 7"));

        start(&c[i], &s);
    }
    for (i = 0; i < N; i++) {
        CHECK(wait_for(&c[i]).code == 7 && c[i].lines == 1);
        proc_free(c[i].proc);
    }
    loop_run_once(&loop, false);
    CHECK(open_fds() == before);
}

static void test_find_by_env(void)
{
    struct child c;
    struct proc_spec s = spec_of(&c, SH("echo ready; exec sleep 1000"));
    pid_t pids[4];

    s.env_set = (const char *const[]){"PROC_TEST_ID=abc123", NULL};
    start(&c, &s);
    while (!c.lines)
        loop_run_once(&loop, true);
    CHECK(proc_find_by_env("PROC_TEST_ID", "abc123", pids, 4) == 1);
    CHECK(pids[0] == proc_pid(c.proc));
    CHECK(proc_find_by_env("PROC_TEST_ID", "abc12", pids, 4) == 0);
    CHECK(proc_find_by_env("PROC_TEST_I", "D=abc123", pids, 4) == 0);
    kill(proc_pid(c.proc), SIGKILL); /* a zombie until the loop runs */
    while (proc_group_lives(proc_pid(c.proc)))
        ;
    CHECK(proc_find_by_env("PROC_TEST_ID", "abc123", pids, 4) == 0);
    wait_for(&c);
    proc_free(c.proc);
}

int main(void)
{
    begin();
    test_output_and_code();
    test_signal();
    test_cap_keeps_head_and_tail();
    test_stdin();
    test_environment_and_cwd();
    test_kept_environment();
    test_failures();
    test_stop_kills_the_group();
    test_grandchild_keeps_the_pipe();
    test_free_while_running();
    test_free_in_a_callback();
    test_hold();
    test_late();
    test_long_line();
    test_many();
    test_find_by_env();
    loop_release(&loop);
    return 0;
}
