/* peer: whose process is at the other end of a connection on this machine. Every user reaches a
 * port of loopback; the kernel says, in /proc/net/tcp, who holds the other end of what came to it.
 */
#ifndef ALMANAC_PEER_H
#define ALMANAC_PEER_H

#include <stdbool.h>

#include "base/err.h"

struct sockaddr;

/* Whether the kernel says so here: 0, or -1 with *e (io). */
int peer_known(struct err *e);

/* Whether a process of our user, or of root, holds the other end of a connection from `client` to
 * that port of the same machine. One that has let go of it already is nobody's. */
bool peer_is_ours(const struct sockaddr *client, int port);

#endif
