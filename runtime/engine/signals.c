#include "engine/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>
#include <sys/prctl.h>

#include "base/loop.h"
#include "base/tty.h"
#include "engine/sched.h"
#include "engine/task.h"
#include "engine/vm_error.h"
#include "engine/vm_type.h"

#define SIGNALS_KINDS 4
#define SIGNALS_CANCEL 2 /* the one that cancels */
#define SIGNALS_LAST 3   /* the one that ends the process at once */
#define ORPHANED SIGUSR2
#define ORPHAN_SECONDS 30 /* in which it ends what it started; then it is ended */

struct signals {
    uv_signal_t uv[SIGNALS_KINDS];
    uv_signal_t orphaned;
    int open;
    struct task *task;
    struct op *waiter;
    int count;
    int last; /* signal number */
};

static const int kinds[SIGNALS_KINDS] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

/* The loop hears of a signal when it turns, and a call that blocks (a disk that hangs, a journal
 * that another process holds) keeps it from turning: the last one is for the handler itself. These
 * are the process's, as its handlers are. */
static volatile sig_atomic_t came;
static void (*of_loop[NSIG])(int); /* libuv's handlers */

/* A terminal that goes away is told by the kernel and again by its shell: that is one pause, not a
 * wish to cancel. */
static bool is_told_again(int signum, int count)
{
    return signum == SIGHUP && count > 0;
}

/* How many came, with this one. SIGUSR1 cancels, however many came before: who presses a button
 * does not know how often Ctrl-C was pressed, and one too many would end the process. */
static int count_with(int signum, int count)
{
    if (signum != SIGUSR1)
        return count + 1;
    return count < SIGNALS_CANCEL ? SIGNALS_CANCEL : count;
}

/* What was journalled is on disk before the world is touched, so that nothing is lost when the
 * process ends here: the run resumes as one that was killed. */
static void signals_handle(int signum)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL};

    if (!is_told_again(signum, came))
        came = count_with(signum, came);
    if (came >= SIGNALS_LAST && signum != SIGHUP && signum != SIGUSR1) {
        tty_restore();
        sigaction(signum, &by_default, NULL);
        raise(signum); /* takes place when this handler returns */
    }
    of_loop[signum](signum);
}

/* Puts our handler before the loop's. */
static void signals_take(int signum)
{
    struct sigaction action;

    if (sigaction(signum, NULL, &action) < 0 || action.sa_handler == signals_handle)
        return;
    of_loop[signum] = action.sa_handler;
    action.sa_handler = signals_handle;
    sigaction(signum, &action, NULL);
}

/* What its task, paused, says of why. */
static const char *words_of(int signum)
{
    switch (signum) {
    case SIGHUP:
        return "its terminal was closed";
    case SIGTERM:
        return "paused by SIGTERM";
    default:
        return "paused by the operator";
    }
}

static void signals_came(uv_signal_t *uv, int signum)
{
    struct signals *signals = uv->data;

    if (is_told_again(signum, signals->count))
        return;
    signals->count = count_with(signum, signals->count);
    signals->last = signum;
    if (signals->task && signals->count == 1)
        task_say_paused(signals->task, words_of(signum));
    if (signals->task)
        task_interrupt(signals->task, signals->count == 1 ? INTERRUPT_PAUSE : INTERRUPT_CANCEL);
    if (signals->waiter) {
        op_done(signals->waiter);
        signals->waiter = NULL;
    }
}

static void signals_orphaned(uv_signal_t *uv, int signum)
{
    struct signals *signals = uv->data;

    (void)signum;
    alarm(ORPHAN_SECONDS);
    task_interrupt(signals->task, INTERRUPT_CANCEL);
}

struct signals *signals_new(struct loop *loop, struct err *e)
{
    struct signals *signals = calloc(1, sizeof *signals);

    if (!signals) {
        err_set(e, ERR_MEMORY, "out of memory");
        return NULL;
    }
    for (int i = 0; i < SIGNALS_KINDS; i++) {
        uv_signal_init(&loop->uv, &signals->uv[i]);
        signals->uv[i].data = signals;
        signals->open++;
    }
    uv_signal_init(&loop->uv, &signals->orphaned);
    signals->orphaned.data = signals;
    signals->open++;
    return signals;
}

static void signals_closed(uv_handle_t *uv)
{
    struct signals *signals = uv->data;

    if (--signals->open == 0)
        free(signals);
}

void signals_free(struct signals *signals)
{
    if (!signals)
        return;
    signals_guard(signals, NULL);
    for (int i = 0; i < SIGNALS_KINDS; i++)
        uv_close((uv_handle_t *)&signals->uv[i], signals_closed);
    uv_close((uv_handle_t *)&signals->orphaned, signals_closed);
}

void signals_guard(struct signals *signals, struct task *task)
{
    for (int i = 0; i < SIGNALS_KINDS; i++) {
        if (task && uv_signal_start(&signals->uv[i], signals_came, kinds[i]) == 0)
            signals_take(kinds[i]);
        else if (!task)
            uv_signal_stop(&signals->uv[i]);
    }
    if (task)
        uv_signal_start(&signals->orphaned, signals_orphaned, ORPHANED);
    else
        uv_signal_stop(&signals->orphaned);
    came = 0;
    if (task)
        task_ref(task);
    task_unref(signals->task);
    signals->task = task;
    signals->count = 0;
}

int signals_follow(struct signals *signals, pid_t parent, struct err *e)
{
    (void)signals;
    if (prctl(PR_SET_PDEATHSIG, ORPHANED, 0, 0, 0) < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot be told of the end of process %d",
                             (int)parent);
    if (getppid() != parent)
        raise(ORPHANED);
    return 0;
}

int signals_count(const struct signals *signals)
{
    return signals->count;
}

#define SIGNAL_WAIT_TYPE "almanac.signal_wait"

struct signal_wait {
    struct op op;
    struct signals *signals;
};

static void signal_wait_cancel(struct op *op)
{
    struct signal_wait *wait = (struct signal_wait *)op;

    if (wait->signals->waiter == op)
        wait->signals->waiter = NULL;
    op_done(op);
}

static int signal_wait_gc(lua_State *L)
{
    struct signal_wait *wait = luaL_checkudata(L, 1, SIGNAL_WAIT_TYPE);

    if (!wait->op.done && wait->signals->waiter == &wait->op)
        wait->signals->waiter = NULL;
    op_abandon(&wait->op);
    return 0;
}

static int signal_wait_finish(lua_State *L, int status, lua_KContext ctx)
{
    struct signal_wait *wait = luaL_checkudata(L, (int)ctx, SIGNAL_WAIT_TYPE);
    int last = wait->signals->last;

    (void)status;
    op_check(L, &wait->op);
    lua_pushstring(L, last == SIGINT    ? "SIGINT"
                      : last == SIGTERM ? "SIGTERM"
                      : last == SIGUSR1 ? "SIGUSR1"
                                        : "SIGHUP");
    return 1;
}

int signals_wait(lua_State *L, struct signals *signals)
{
    struct signal_wait *wait;

    if (signals->waiter)
        return vm_raisef(L, ERR_BUSY, "another task waits for signals already");
    lua_settop(L, 0);
    wait = lua_newuserdatauv(L, sizeof *wait, 0);
    memset(wait, 0, sizeof *wait);
    op_init(&wait->op, signal_wait_cancel);
    wait->signals = signals;
    vm_type_new(L, SIGNAL_WAIT_TYPE, signal_wait_gc, NULL, NULL);
    luaL_setmetatable(L, SIGNAL_WAIT_TYPE);
    signals->waiter = &wait->op;
    return op_wait(L, &wait->op, 1, signal_wait_finish);
}
