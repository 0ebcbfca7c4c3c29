/* proc_priv: what the files of proc share. No other file includes it. */
#ifndef ALMANAC_PROC_PRIV_H
#define ALMANAC_PROC_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/loop.h"
#include "proc/proc.h"
#include "proc/proc_capture.h"

enum proc_state {
    PROC_RUNNING, /* the child lives */
    PROC_EXITED,  /* reaped; its pipes, or after a stop its group, are waited for */
    PROC_DONE,
};

struct output {
    uv_pipe_t pipe;
    bool open;
    struct capture capture;
    struct buf line;
};

struct proc {
    struct loop *loop;
    uv_process_t process;
    bool process_open;
    uv_pipe_t in;
    bool in_open;
    bool in_closing; /* close once the queue is written */
    bool foreground; /* in our process group */
    size_t in_queued;
    struct output out[2];
    int handles; /* not yet closed */
    bool released;
    enum proc_state state;
    pid_t pid;
    double started, ended, grace;
    int64_t code;
    int signal;
    bool stopping, killed, held;
    double stop_deadline, kill_time;
    struct loop_timer *stop_timer, *drain_timer;
    double drain_started;
    uint64_t drain_seen;
    proc_line_fn line;
    proc_done_fn done;
    void *arg;
};

/* The child was reaped: libuv's exit_cb. */
void proc_exited(uv_process_t *process, int64_t code, int signum);
/* Begins to read stdout and stderr, or goes on with it. */
void proc_read(struct proc *p);
void proc_group_signal(struct proc *p, int signum);

#endif
