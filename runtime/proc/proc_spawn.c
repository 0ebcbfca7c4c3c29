/* Starting a child: its program, its pipes, its process. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/proc_env.h"
#include "proc/proc_priv.h"
#include "proc/stand_in.h"

struct spawn_fds {
    int child[3];  /* what the child gets, -1: /dev/null */
    int parent[3]; /* our ends */
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void spawn_fds_release(struct spawn_fds *fds)
{
    int i;

    for (i = 0; i < 3; i++) {
        close_fd(&fds->child[i]);
        close_fd(&fds->parent[i]);
    }
}

static int spawn_fds_open(struct spawn_fds *fds, const struct proc_spec *spec, struct err *e)
{
    int i;

    for (i = 0; i < 3; i++)
        fds->child[i] = fds->parent[i] = -1;
    if (spec->foreground)
        return 0;
    for (i = spec->input || spec->keep_stdin ? 0 : 1; i < 3; i++) {
        int pair[2];

        if (pipe2(pair, O_CLOEXEC) < 0) {
            err_set_errno(e, ERR_IO, errno, "cannot make a pipe for a child process");
            spawn_fds_release(fds);
            return -1;
        }
        fds->child[i] = pair[i == 0 ? 0 : 1];
        fds->parent[i] = pair[i == 0 ? 1 : 0];
    }
    return 0;
}

/* Takes one of our pipe ends into a handle. */
static int open_pipe(struct proc *p, uv_pipe_t *pipe, bool *open, int *fd)
{
    int rc = uv_pipe_init(&p->loop->uv, pipe, 0);

    if (rc < 0)
        return rc;
    pipe->data = p;
    p->handles++;
    *open = true;
    rc = uv_pipe_open(pipe, *fd);
    if (rc == 0)
        *fd = -1;
    return rc;
}

static struct proc *proc_new(struct loop *loop, const struct proc_spec *spec)
{
    struct proc *p = calloc(1, sizeof *p);
    size_t max = spec->output_max ? spec->output_max : PROC_OUTPUT_MAX;
    int i;

    if (!p)
        return NULL;
    p->loop = loop;
    p->grace = spec->grace < 0 ? PROC_GRACE : spec->grace;
    p->foreground = spec->foreground;
    p->line = spec->line;
    p->done = spec->done;
    p->arg = spec->arg;
    p->code = -1;
    for (i = 0; i < 2; i++) {
        capture_init(&p->out[i].capture, max);
        buf_init(&p->out[i].line, PROC_LINE_MAX);
    }
    return p;
}

static bool spawning_detached; /* in the one thread that spawns */

/* In the child, right after fork(), with every signal blocked by libuv: leaves our session here
 * already, and throws away what a terminal's Ctrl-C (or a kill of our group) sent it until then,
 * as it was meant for us. Ignoring a signal discards the pending one (POSIX.1-2017, 2.4.3); libuv
 * sets the defaults again before it unblocks and executes. */
static void leave_our_session(void)
{
    int n;

    if (!spawning_detached)
        return;
    setsid();
    for (n = 1; n < 32; n++)
        signal(n, SIG_IGN);
}

static void leave_our_session_at_fork(void)
{
    static bool registered;

    if (!registered)
        registered = pthread_atfork(NULL, NULL, leave_our_session) == 0;
}

/* uv_spawn() with everything resolved; *p->process is initialised whatever it returns. */
static int spawn_process(struct proc *p, const struct proc_spec *spec, const char *file, char **env,
                         const struct spawn_fds *fds)
{
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {
        .exit_cb = proc_exited,
        .file = file,
        .args = (char **)spec->argv,
        .env = env,
        .cwd = spec->cwd,
        .flags = spec->foreground ? 0 : UV_PROCESS_DETACHED, /* setsid(): see the header */
        .stdio_count = 3,
        .stdio = stdio,
    };
    int i, rc;

    for (i = 0; i < 3; i++) {
        int fd = spec->foreground ? i : fds->child[i];

        stdio[i].flags = fd < 0 ? UV_IGNORE : UV_INHERIT_FD;
        stdio[i].data.fd = fd;
    }
    p->process.data = p;
    p->handles++;
    p->process_open = true;
    leave_our_session_at_fork();
    spawning_detached = !spec->foreground;
    rc = uv_spawn(&p->loop->uv, &p->process, &options);
    spawning_detached = false;
    return rc;
}

static int spawn_error(int rc, const struct proc_spec *spec, const char *file, struct err *e)
{
    switch (rc) {
    case UV_E2BIG:
        err_set(e, ERR_LIMIT, "%s: the arguments and environment are longer than the system allows",
                spec->argv[0]);
        return err_hint(e, "pass the data on stdin or in a file");
    case UV_ENOENT:
        /* It was there a moment ago: the interpreter its first line names is not. */
        return err_set(e, ERR_NOT_FOUND,
                       "%s cannot be started: the interpreter that %s names does "
                       "not exist",
                       spec->argv[0], file);
    case UV_EACCES:
        return err_set(e, ERR_IO, "%s cannot be executed: permission denied", file);
    default:
        return err_set(e, ERR_IO, "cannot start %s: %s", spec->argv[0], uv_strerror(rc));
    }
}

static int check_cwd(const char *cwd, struct err *e)
{
    struct stat st;

    if (!cwd)
        return 0;
    if (stat(cwd, &st) < 0)
        return err_set_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "working directory %s", cwd);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, "working directory %s is not a directory", cwd);
    return 0;
}

/* Whatever a library opened without thinking of children is closed in them, all but the three
 * standard streams. An old kernel refuses; then each must have seen to itself. */
static void keep_from_children(void)
{
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* A child that stops reading must not end us. */
static void ignore_sigpipe(void)
{
    struct sigaction old;

    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static int proc_start(struct proc *p, const struct proc_spec *spec, const char *file, char **env,
                      struct err *e)
{
    struct spawn_fds fds;
    int rc, i;

    if (spawn_fds_open(&fds, spec, e) < 0)
        return -1;
    rc = fds.parent[0] >= 0 ? open_pipe(p, &p->in, &p->in_open, &fds.parent[0]) : 0;
    for (i = 0; i < 2 && rc == 0 && !spec->foreground; i++)
        rc = open_pipe(p, &p->out[i].pipe, &p->out[i].open, &fds.parent[i + 1]);
    if (rc == 0)
        rc = spawn_process(p, spec, file, env, &fds);
    spawn_fds_release(&fds);
    if (rc < 0)
        return spawn_error(rc, spec, file, e);
    p->pid = p->process.pid;
    p->started = loop_now();
    clock_hold();
    proc_read(p);
    if (spec->input && proc_write(p, spec->input, spec->input_len, e) < 0) {
        proc_group_signal(p, SIGKILL);
        return -1;
    }
    if (spec->input && !spec->keep_stdin)
        proc_close_stdin(p);
    return 0;
}

/* As it is said, whoever runs. */
static int spawn_program(struct loop *loop, const struct proc_spec *spec, struct proc **out,
                         struct err *e)
{
    struct proc *p = NULL;
    char *file = NULL;
    char **env = NULL;
    int rc = -1;

    if (check_cwd(spec->cwd, e) < 0)
        return -1;
    env = proc_env_make(spec->env_keep, spec->env_set, spec->env_unset);
    p = proc_new(loop, spec);
    if (!env || !p) {
        err_set(e, ERR_MEMORY, "out of memory starting %s", spec->argv[0]);
    } else if (proc_which(spec->argv[0], proc_env_get(env, "PATH"), spec->cwd, &file, e) == 0) {
        ignore_sigpipe();
        keep_from_children();
        rc = proc_start(p, spec, file, env, e);
    }
    proc_env_free(env);
    free(file);
    if (rc < 0) {
        proc_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* What a stand-in gets of our environment. */
static const char *const stand_in_env[] = {"PATH", "ALMANAC_EFFECT", NULL};

int proc_spawn(struct loop *loop, const struct proc_spec *spec, struct proc **out, struct err *e)
{
    struct proc_spec other = *spec;
    const char **argv;
    int rc;

    if (!spec->argv || !spec->argv[0] || !spec->argv[0][0])
        return err_set(e, ERR_USAGE, "no program to start: argv is empty");
    if (!stand_in_needed(spec->argv[0]))
        return spawn_program(loop, spec, out, e);
    argv = stand_in_for(spec->argv);
    if (!argv)
        return err_set(e, ERR_MEMORY, "out of memory starting %s", spec->argv[0]);
    other.argv = argv;
    other.env_keep = stand_in_env; /* nothing of the script's: a variable can have it run code */
    other.env_set = NULL;
    other.env_unset = NULL;
    rc = spawn_program(loop, &other, out, e);
    free(argv);
    return rc;
}
