#include "proc/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/proc_env.h"
#include "proc/proc_priv.h"

#define DRAIN_QUIET 0.1 /* seconds without a byte after which an open pipe is dropped */
#define DRAIN_LIMIT 2.0 /* seconds after which it is dropped whatever comes */
#define GROUP_POLL 0.02 /* seconds between looks at a group that should go */
#define KILL_LIMIT 5.0  /* seconds a killed child may take to be reaped */

static void proc_advance(struct proc *p);

/* --- lines --- */

static void line_flush(struct proc *p, struct output *o, bool more)
{
    size_t len = o->line.len;

    if (!more && len && o->line.data[len - 1] == '\r')
        o->line.data[--len] = '\0';
    if (p->line && !p->released)
        p->line(p->arg, o == &p->out[PROC_STDERR] ? PROC_STDERR : PROC_STDOUT, buf_str(&o->line),
                len, more);
    buf_reset(&o->line);
}

static void line_feed(struct proc *p, struct output *o, const char *data, size_t len)
{
    while (len) {
        const char *nl = memchr(data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) : len;

        if (n > o->line.max - o->line.len) {
            n = o->line.max - o->line.len;
            nl = NULL;
        }
        if (buf_add(&o->line, data, n) < 0)
            return;
        data += n;
        len -= n;
        if (nl) {
            data++;
            len--;
        }
        if (nl || o->line.len == o->line.max)
            line_flush(p, o, !nl);
    }
}

/* --- handles and memory --- */

static void proc_destroy(struct proc *p)
{
    int i;

    for (i = 0; i < 2; i++) {
        capture_release(&p->out[i].capture);
        buf_release(&p->out[i].line);
    }
    free(p);
}

static void handle_closed(uv_handle_t *h)
{
    struct proc *p = h->data;

    if (--p->handles == 0 && p->released)
        proc_destroy(p);
}

static void close_handle(void *handle, bool *open)
{
    if (*open) {
        *open = false;
        uv_close(handle, handle_closed);
    }
}

static void stop_timer(struct loop_timer **timer)
{
    loop_timer_stop(*timer);
    *timer = NULL;
}

static void close_output(struct proc *p, struct output *o)
{
    if (!o->open)
        return;
    close_handle(&o->pipe, &o->open);
    if (o->line.len)
        line_flush(p, o, false);
}

static void proc_finish(struct proc *p)
{
    p->state = PROC_DONE;
    if (p->pid)
        clock_let_go();
    stop_timer(&p->stop_timer);
    stop_timer(&p->drain_timer);
    close_handle(&p->process, &p->process_open);
    close_handle(&p->in, &p->in_open);
    close_output(p, &p->out[0]);
    close_output(p, &p->out[1]);
    if (p->done && !p->released)
        p->done(p->arg);
}

/* --- stopping, draining --- */

void proc_group_signal(struct proc *p, int signum)
{
    if (p->foreground) {
        if (p->state == PROC_RUNNING)
            kill(p->pid, signum);
        return;
    }
    /* The group's id stays reserved while it has members, so this cannot reach a stranger
     * unless the group is empty and its number was given out again in the same moment. */
    if (kill(-p->pid, signum) < 0 && errno == EPERM)
        kill(p->pid, signum);
}

static void proc_group_kill(struct proc *p)
{
    proc_group_signal(p, SIGKILL);
    p->killed = true;
    p->kill_time = loop_now();
}

static uint64_t proc_bytes(const struct proc *p)
{
    return p->out[0].capture.total + p->out[1].capture.total;
}

static void take_bytes(struct proc *p, struct output *o, const char *bytes, size_t len)
{
    capture_add(&o->capture, bytes, len);
    line_feed(p, o, bytes, len);
}

/* Reads what lies in a pipe at this moment. All that a child wrote before it ended is there,
 * however long the loop, whose timers come before its pipes, had no turn to read it. */
static void take_rest(struct proc *p, struct output *o)
{
    static char bytes[64 * 1024];
    int fd, left = 0;
    ssize_t n = 1;

    if (!o->open || uv_fileno((uv_handle_t *)&o->pipe, &fd) < 0 || ioctl(fd, FIONREAD, &left) < 0)
        return;
    for (; o->open && left > 0 && n > 0; left -= (int)n) { /* a line's callback may free it */
        n = read(fd, bytes, (size_t)left < sizeof bytes ? (size_t)left : sizeof bytes);
        if (n > 0)
            take_bytes(p, o, bytes, (size_t)n);
    }
}

static void drain_tick(void *arg)
{
    struct proc *p = arg;
    bool over = loop_now() - p->drain_started > DRAIN_LIMIT;
    uint64_t seen;

    stop_timer(&p->drain_timer);
    if (!p->held) {
        take_rest(p, &p->out[0]);
        take_rest(p, &p->out[1]);
    }
    if (p->state == PROC_DONE)
        return;
    seen = proc_bytes(p);
    if (!p->held && (over || seen == p->drain_seen)) {
        proc_finish(p);
        return;
    }
    p->drain_seen = seen;
    p->drain_timer = loop_timer_start(p->loop, DRAIN_QUIET, drain_tick, p);
    if (!p->drain_timer)
        proc_finish(p);
}

static void stop_tick(void *arg)
{
    struct proc *p = arg;
    double now = loop_now();

    stop_timer(&p->stop_timer);
    if (!p->killed && now >= p->stop_deadline) {
        proc_group_kill(p);
    }
    if (p->state == PROC_EXITED) {
        proc_advance(p);
        return;
    }
    if (p->killed && now - p->kill_time >= KILL_LIMIT) {
        /* In an uninterruptible sleep: it dies when the kernel lets it; we go on. */
        p->signal = SIGKILL;
        p->ended = now;
        proc_finish(p);
        return;
    }
    p->stop_timer =
        loop_timer_start(p->loop, p->killed ? KILL_LIMIT : p->stop_deadline - now, stop_tick, p);
}

/* The child is gone: is there anything left to wait for? */
static void proc_advance(struct proc *p)
{
    if (p->state != PROC_EXITED)
        return;
    if (p->stopping && !(p->killed && loop_now() - p->kill_time >= KILL_LIMIT) &&
        proc_group_lives(p->pid)) {
        if (!p->stop_timer)
            p->stop_timer = loop_timer_start(p->loop, GROUP_POLL, stop_tick, p);
        if (p->stop_timer)
            return;
        proc_group_kill(p);
    }
    if (!p->out[0].open && !p->out[1].open) {
        proc_finish(p);
        return;
    }
    if (p->drain_timer)
        return;
    p->drain_started = loop_now();
    p->drain_seen = proc_bytes(p);
    p->drain_timer = loop_timer_start(p->loop, DRAIN_QUIET, drain_tick, p);
    if (!p->drain_timer)
        proc_finish(p);
}

void proc_exited(uv_process_t *process, int64_t code, int signum)
{
    struct proc *p = process->data;

    if (p->state != PROC_RUNNING)
        return;
    p->state = PROC_EXITED;
    p->code = signum ? -1 : code;
    p->signal = signum;
    p->ended = loop_now();
    stop_timer(&p->stop_timer);
    close_handle(&p->process, &p->process_open);
    close_handle(&p->in, &p->in_open);
    proc_advance(p);
}

/* --- reading --- */

static void output_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    static char shared[64 * 1024]; /* libuv reads and calls back at once: one is enough */

    (void)h;
    (void)suggested;
    *buf = uv_buf_init(shared, sizeof shared);
}

static void output_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct proc *p = stream->data;
    struct output *o = stream == (uv_stream_t *)&p->out[0].pipe ? &p->out[0] : &p->out[1];

    if (n > 0) {
        take_bytes(p, o, buf->base, (size_t)n);
    } else if (n < 0) {
        close_output(p, o);
        proc_advance(p);
    }
}

void proc_read(struct proc *p)
{
    for (int i = 0; i < 2; i++) {
        if (p->out[i].open)
            uv_read_start((uv_stream_t *)&p->out[i].pipe, output_alloc, output_read);
    }
}

void proc_hold(struct proc *p, bool hold)
{
    if (p->held == hold)
        return;
    p->held = hold;
    if (!hold)
        proc_read(p);
    for (int i = 0; hold && i < 2; i++) {
        if (p->out[i].open)
            uv_read_stop((uv_stream_t *)&p->out[i].pipe);
    }
    if (!hold && p->state == PROC_EXITED)
        p->drain_started = loop_now();
}

/* --- writing --- */

struct write {
    uv_write_t req;
    size_t len;
    char data[];
};

static void write_done(uv_write_t *req, int status)
{
    struct write *w = req->data;
    struct proc *p = req->handle->data;

    p->in_queued -= w->len;
    free(w);
    if (p->in_open && (status < 0 || (p->in_closing && p->in_queued == 0)))
        close_handle(&p->in, &p->in_open);
}

int proc_write(struct proc *p, const void *bytes, size_t len, struct err *e)
{
    struct write *w;
    uv_buf_t buf;

    if (p->in_closing)
        return err_set(e, ERR_USAGE, "the child's stdin is closed already");
    if (!p->in_open || len == 0)
        return 0;
    if (len > PROC_INPUT_MAX - p->in_queued)
        return err_set(e, ERR_LIMIT, "more than %u bytes wait to be read by the child",
                       PROC_INPUT_MAX);
    w = malloc(sizeof *w + len);
    if (!w)
        return err_set(e, ERR_MEMORY, "out of memory for %zu bytes of stdin", len);
    memcpy(w->data, bytes, len);
    w->len = len;
    w->req.data = w;
    buf = uv_buf_init(w->data, (unsigned int)len);
    p->in_queued += len;
    if (uv_write(&w->req, (uv_stream_t *)&p->in, &buf, 1, write_done) < 0) {
        p->in_queued -= len;
        free(w);
        close_handle(&p->in, &p->in_open);
    }
    return 0;
}

void proc_close_stdin(struct proc *p)
{
    p->in_closing = true;
    if (p->in_queued == 0)
        close_handle(&p->in, &p->in_open);
}

/* --- the end of it --- */

/* Reaps a child that was just killed, so that no zombie stays, and sees its group off; gives up
 * after 200 ms, since one in an uninterruptible sleep would hold us. */
static void reap_killed(pid_t pid)
{
    struct timespec ms = {0, 1000000};
    bool reaped = false;
    int i;

    for (i = 0; i < 200; i++) {
        reaped = reaped || waitpid(pid, NULL, WNOHANG) != 0;
        if (reaped && !proc_group_lives(pid))
            return;
        nanosleep(&ms, NULL);
    }
}

void proc_free(struct proc *p)
{
    if (!p)
        return;
    p->released = true;
    if (p->handles == 0) {
        proc_destroy(p);
        return;
    }
    if (p->pid && p->state == PROC_RUNNING) {
        proc_group_signal(p, SIGKILL);
        reap_killed(p->pid);
    }
    if (p->state != PROC_DONE)
        proc_finish(p);
}

/* --- questions and orders --- */

pid_t proc_pid(const struct proc *p)
{
    return p->pid;
}

bool proc_is_done(const struct proc *p)
{
    return p->state == PROC_DONE;
}

void proc_result(const struct proc *p, struct proc_result *out)
{
    BUG_ON(p->state != PROC_DONE);
    out->code = (int)p->code;
    out->signal = p->signal;
    out->elapsed = p->ended - p->started;
    out->stopped = p->stopping;
    out->truncated = capture_truncated(&p->out[0].capture) || capture_truncated(&p->out[1].capture);
}

int proc_output(const struct proc *p, enum proc_stream stream, struct buf *out)
{
    return capture_text(&p->out[stream].capture, out);
}

void proc_stop(struct proc *p)
{
    if (p->stopping || p->state != PROC_RUNNING)
        return;
    p->stopping = true;
    p->stop_deadline = loop_now() + p->grace;
    proc_hold(p, false); /* a child that blocks on a full pipe could not end */
    proc_group_signal(p, SIGTERM);
    proc_group_signal(p, SIGCONT);
    p->stop_timer = loop_timer_start(p->loop, p->grace, stop_tick, p);
    if (!p->stop_timer) {
        proc_group_kill(p);
    }
}

int proc_kill(struct proc *p, int signum, struct err *e)
{
    if (p->state != PROC_RUNNING)
        return err_set(e, ERR_NOT_FOUND, "the process has ended already");
    if (kill(p->foreground ? p->pid : -p->pid, signum) < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot send signal %d to process group %d", signum,
                             (int)p->pid);
    return 0;
}
