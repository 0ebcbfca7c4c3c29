#include "base/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* What may end or stop the process meanwhile, as readpassphrase(3) of OpenBSD has it; behind them
 * those that are a fault's, and have a handler of their own where somebody looks for faults. */
static const int tty_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGABRT, SIGSEGV,
                                  SIGBUS, SIGILL, SIGFPE,  SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
#define TTY_SIGNALS (sizeof tty_signals / sizeof *tty_signals)
#define TTY_FAULTS 5 /* the first of those */

static struct {
    volatile sig_atomic_t set;
    int fd;
    enum tty_mode mode;
    struct termios before;
    struct sigaction old[TTY_SIGNALS];
    bool at_exit;
} tty;

static volatile sig_atomic_t continued;

static void tty_signal(int signum);

/* Only calls that are safe in a signal handler, here and in what follows. */
static int tty_apply(void)
{
    struct termios now = tty.before;

    now.c_lflag &= ~(tcflag_t)ECHO;
    if (tty.mode == TTY_HIDDEN) {
        now.c_lflag |= ECHONL;
    } else {
        now.c_lflag &= ~(tcflag_t)ICANON;
        now.c_cc[VMIN] = 1;
        now.c_cc[VTIME] = 0;
    }
    return tcsetattr(tty.fd, TCSANOW, &now);
}

static void tty_listen(size_t i)
{
    struct sigaction ours = {.sa_handler = tty_signal};
    struct sigaction *old = &tty.old[i];

    sigfillset(&ours.sa_mask);
    /* What is ignored stays so: nobody is told that it came. */
    if (sigaction(tty_signals[i], NULL, old) < 0 || old->sa_handler == SIG_IGN)
        return;
    if (i < TTY_FAULTS || old->sa_handler == SIG_DFL)
        sigaction(tty_signals[i], &ours, NULL);
}

/* A handler that somebody put there meanwhile stays. */
static void tty_unlisten(size_t i)
{
    struct sigaction now;

    if (sigaction(tty_signals[i], NULL, &now) == 0 && now.sa_handler == tty_signal)
        sigaction(tty_signals[i], &tty.old[i], NULL);
}

static void tty_back(void)
{
    if (tty_foreground(tty.fd))
        tcsetattr(tty.fd, TCSANOW, &tty.before);
}

/* Lets the signal do what it would have done, on a terminal as it was. Who lives on after that goes
 * on as the mode says. */
static void tty_signal(int signum)
{
    int saved = errno;
    sigset_t one;
    size_t i = 0;
    bool stops = signum == SIGTSTP;

    while (tty_signals[i] != signum)
        i++;
    if (stops && tty.mode == TTY_KEYS)
        tty_restore();
    else
        tty_back();
    tty_unlisten(i);
    sigemptyset(&one);
    sigaddset(&one, signum);
    raise(signum);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    if (tty.set && (stops || tty.mode == TTY_KEYS)) {
        tty_listen(i);
        tty_apply();
    }
    errno = saved;
}

int tty_set(int fd, enum tty_mode mode)
{
    int error;

    if (tty.set)
        return EBUSY;
    if (tcgetattr(fd, &tty.before) < 0)
        return errno;
    tty.fd = fd;
    tty.mode = mode;
    if (!tty.at_exit && atexit(tty_restore) == 0)
        tty.at_exit = true;
    for (size_t i = 0; i < TTY_SIGNALS; i++)
        tty_listen(i);
    tty.set = 1;
    if (tty_apply() == 0)
        return 0;
    error = errno;
    tty_restore();
    return error;
}

void tty_restore(void)
{
    if (!tty.set)
        return;
    tty.set = 0;
    tty_back();
    for (size_t i = 0; i < TTY_SIGNALS; i++)
        tty_unlisten(i);
}

bool tty_foreground(int fd)
{
    pid_t group = tcgetpgrp(fd); /* fails where the terminal is not the one that controls us */

    return group < 0 || group == getpgrp();
}

static void tty_went_on(int signum)
{
    (void)signum;
    continued = continued + 1;
}

unsigned tty_continued(void)
{
    static bool counts;
    struct sigaction count = {.sa_handler = tty_went_on, .sa_flags = SA_RESTART};

    if (!counts)
        counts = sigaction(SIGCONT, &count, NULL) == 0;
    return (unsigned)continued;
}
