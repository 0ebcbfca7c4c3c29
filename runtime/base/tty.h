/* tty: the modes of the terminal that keys come from, while a secret is typed, or keys are taken
 * one by one. One terminal, one mode at a time.
 *
 * The modes of before are back on every way out that a process can see: tty_restore(), exit(), and
 * the signals that end it. One that stops it (Ctrl-Z) finds them back while it is stopped. A
 * process in the background of its terminal changes nothing there: it would be stopped for it.
 */
#ifndef ALMANAC_TTY_H
#define ALMANAC_TTY_H

#include <stdbool.h>

enum tty_mode {
    TTY_HIDDEN, /* what is typed is not shown, newlines are; goes on after a stop */
    TTY_KEYS,   /* each key comes at once, and is not shown; Ctrl-C and Ctrl-Z are signals as ever.
                   A stop ends it: whoever goes on sets it again, once in the foreground. */
};

/* 0, or an errno: ENOTTY where there is no terminal, EBUSY while a mode is set. */
int tty_set(int fd, enum tty_mode mode);
/* As it was before tty_set(); nothing where that is so already. Safe in a signal handler. */
void tty_restore(void);
/* Whether this process may draw there and read from it: false while it runs in the background. */
bool tty_foreground(int fd);
/* How often this process went on after a stop, since this was first asked. */
unsigned tty_continued(void);

#endif
