/* echo: a terminal that does not show what is typed, while a secret is. One terminal at a time.
 *
 * It shows again on every way out that a process can see: echo_on(), exit(), and the signals that
 * end it. One that stops it (Ctrl-Z) shows while it is stopped, and hides again when it goes on.
 */
#ifndef ALMANAC_ECHO_H
#define ALMANAC_ECHO_H

/* Newlines are still shown. 0, or an errno: ENOTTY where there is no terminal. */
int echo_off(int fd);
/* As it was before echo_off(); nothing where that is so already. */
void echo_on(void);

#endif
