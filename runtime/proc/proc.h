/* proc: a child process on the loop.
 *
 * Every child leads a session and process group of its own: a terminal's Ctrl-C reaches only
 * almanac, which decides what may finish, and a stop reaches the child's own children too. Its
 * stdout and stderr are pipes (not sockets, so that a script may open /dev/stderr).
 *
 * It is done when the child has exited and both pipes are closed. A grandchild that keeps a pipe
 * open is not waited for: once the pipes were quiet for a moment they are dropped. After
 * proc_stop() the rest of the group is killed first.
 *
 * A child in the foreground is another almanac: it has our streams and our process group, a
 * terminal's Ctrl-C reaches both, and a signal of ours that process alone.
 *
 * Callbacks run from the loop only, never inside the call that caused them; the last is `done`.
 */
#ifndef ALMANAC_PROC_H
#define ALMANAC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct loop;
struct proc;

enum proc_stream { PROC_STDOUT = 0, PROC_STDERR = 1 };

#define PROC_OUTPUT_MAX (1024u * 1024)     /* bytes kept of a stream unless told */
#define PROC_LINE_MAX (64u * 1024)         /* a longer line comes in pieces */
#define PROC_INPUT_MAX (16u * 1024 * 1024) /* bytes waiting to be written to stdin */
#define PROC_GRACE 5.0                     /* seconds from TERM to KILL unless told */

/* `text` is NUL-terminated and has no newline; with `more` its line goes on in the next call. */
typedef void (*proc_line_fn)(void *arg, enum proc_stream stream, const char *text, size_t len,
                             bool more);
typedef void (*proc_done_fn)(void *arg);

struct proc_spec {
    const char *const *argv;      /* ends with NULL; argv[0] is looked up in the child's PATH */
    const char *cwd;              /* NULL: ours */
    const char *const *env_keep;  /* of ours: NAME or PREFIX*, ends with NULL; NULL: nothing */
    const char *const *env_set;   /* "NAME=value", ends with NULL; NULL: none */
    const char *const *env_unset; /* names, ends with NULL; NULL: none */
    const void *input;            /* written to stdin, copied; NULL: stdin is /dev/null */
    size_t input_len;
    bool keep_stdin;   /* leave stdin open for proc_write() */
    bool foreground;   /* our streams and group; nothing is captured */
    size_t output_max; /* per stream, 0: PROC_OUTPUT_MAX */
    double grace;      /* seconds, negative: PROC_GRACE */
    proc_line_fn line; /* may be NULL */
    proc_done_fn done; /* may be NULL */
    void *arg;
};

struct proc_result {
    int code;       /* exit code, or -1 when a signal ended it */
    int signal;     /* or 0 */
    double elapsed; /* seconds from spawn to exit */
    bool stopped;   /* proc_stop() was called before it exited */
    bool truncated; /* bytes of stdout or stderr were left out */
};

/* Starts it. On failure *out is untouched and nothing is left behind: ERR_NOT_FOUND for a missing
 * program or directory, ERR_IO for one that cannot be executed, ERR_LIMIT for arguments that are
 * too long. */
int proc_spawn(struct loop *loop, const struct proc_spec *spec, struct proc **out, struct err *e);
/* Gives it up; no callback comes any more. One that still runs is killed, with its group. NULL is
 * fine. */
void proc_free(struct proc *proc);

pid_t proc_pid(const struct proc *proc);
bool proc_is_done(const struct proc *proc);
/* Only when it is done. */
void proc_result(const struct proc *proc, struct proc_result *out);
/* What was captured so far: all of it, or the first and the last half of the cap with
 * "[… N bytes left out …]" on a line between them. 0, or -1 when out's maximum is too small. */
int proc_output(const struct proc *proc, enum proc_stream stream, struct buf *out);

/* TERM to the group now, KILL when its grace is over. Idempotent. */
void proc_stop(struct proc *proc);
/* One signal to the group, without consequences of its own. */
int proc_kill(struct proc *proc, int signum, struct err *e);
/* Queues bytes for stdin. A child that no longer reads is not an error: its exit tells. */
int proc_write(struct proc *proc, const void *bytes, size_t len, struct err *e);
/* Closes stdin once everything queued is written. Idempotent. */
void proc_close_stdin(struct proc *proc);
/* Stops reading its output (the child blocks when the pipe is full), or goes on. */
void proc_hold(struct proc *proc, bool hold);

/* Where execution would find `name`: as it is when it has a slash (relative to cwd), else in the
 * absolute directories of `path` (NULL: our PATH). 0 and a string to free(), or ERR_NOT_FOUND, or
 * ERR_IO for one that is there but cannot be executed. */
int proc_which(const char *name, const char *path, const char *cwd, char **out, struct err *e);

/* The processes of this user, other than this one, that live (no zombies) and have NAME=value in
 * the environment they were started with. Fills at most `max` of them; returns how many. */
size_t proc_find_by_env(const char *name, const char *value, pid_t *pids, size_t max);

#endif
