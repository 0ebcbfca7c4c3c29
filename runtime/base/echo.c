#include "base/echo.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>

/* What may end or stop the process while nothing is shown, as readpassphrase(3) of OpenBSD has it.
 */
static const int echo_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
#define ECHO_SIGNALS (sizeof echo_signals / sizeof *echo_signals)

static struct {
    volatile sig_atomic_t off;
    int fd;
    struct termios shown;
    struct sigaction old[ECHO_SIGNALS];
    bool at_exit;
} echo;

static void echo_signal(int signum);

/* Only calls that are safe in a signal handler, here and in what follows. */
static int echo_hide(void)
{
    struct termios hidden = echo.shown;

    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ECHONL;
    return tcsetattr(echo.fd, TCSANOW, &hidden);
}

static void echo_listen(size_t i)
{
    struct sigaction ours = {.sa_handler = echo_signal};
    struct sigaction *old = &echo.old[i];

    sigfillset(&ours.sa_mask);
    /* What is ignored stays so: nobody is told that it came. */
    if (sigaction(echo_signals[i], NULL, old) == 0 && old->sa_handler != SIG_IGN)
        sigaction(echo_signals[i], &ours, NULL);
}

/* A handler that somebody put there meanwhile stays. */
static void echo_unlisten(size_t i)
{
    struct sigaction now;

    if (sigaction(echo_signals[i], NULL, &now) == 0 && now.sa_handler == echo_signal)
        sigaction(echo_signals[i], &echo.old[i], NULL);
}

/* Shows again, and lets the signal do what it would have done. Who is stopped by it goes on here.
 */
static void echo_signal(int signum)
{
    int saved = errno;
    sigset_t one;
    size_t i = 0;

    while (echo_signals[i] != signum)
        i++;
    tcsetattr(echo.fd, TCSANOW, &echo.shown);
    echo_unlisten(i);
    sigemptyset(&one);
    sigaddset(&one, signum);
    raise(signum);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    if (signum == SIGTSTP && echo.off) {
        echo_listen(i);
        echo_hide();
    }
    errno = saved;
}

int echo_off(int fd)
{
    int error;

    if (echo.off)
        return EBUSY;
    if (tcgetattr(fd, &echo.shown) < 0)
        return errno;
    echo.fd = fd;
    if (!echo.at_exit && atexit(echo_on) == 0)
        echo.at_exit = true;
    for (size_t i = 0; i < ECHO_SIGNALS; i++)
        echo_listen(i);
    echo.off = 1;
    if (echo_hide() == 0)
        return 0;
    error = errno;
    echo_on();
    return error;
}

void echo_on(void)
{
    if (!echo.off)
        return;
    echo.off = 0;
    tcsetattr(echo.fd, TCSANOW, &echo.shown);
    for (size_t i = 0; i < ECHO_SIGNALS; i++)
        echo_unlisten(i);
}
