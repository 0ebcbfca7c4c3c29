/* wire: the bytes of a connection that somebody else opened (curl with its TLS and proxies,
 * libmicrohttpd), on the loop: what arrives is handed over, what is written is sent when there is
 * room, and a reader that cannot keep up holds the peer back.
 *
 * Callbacks run only from the loop, and never after wire_free(), which is fine inside of them.
 */
#ifndef ALMANAC_WIRE_H
#define ALMANAC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct loop;
struct wire;

#define WIRE_AGAIN ((ssize_t)-2) /* nothing now; the descriptor says when */

/* Both never block. A negative value other than WIRE_AGAIN: it is broken, *e says how. */
struct wire_ops {
    ssize_t (*recv)(void *source, void *out, size_t max, struct err *e); /* 0: the peer is done */
    ssize_t (*send)(void *source, const void *data, size_t len, struct err *e);
};

/* Each but on_data and on_end may be NULL. */
struct wire_callbacks {
    void (*on_data)(struct wire *w, char *data, size_t len,
                    void *arg); /* may be changed in place */
    void (*on_end)(struct wire *w, const struct err *e,
                   void *arg);                     /* once; e NULL: the peer ended */
    void (*on_drained)(struct wire *w, void *arg); /* everything written was sent */
};

/* Starts at once. fd is watched, and stays the owner's. queue_max: bytes written and not yet sent.
 * NULL and *e on failure. */
struct wire *wire_new(struct loop *loop, int fd, const struct wire_ops *ops, void *source,
                      size_t queue_max, struct err *e);
/* Who is told from now on. */
void wire_listen(struct wire *w, const struct wire_callbacks *callbacks, void *arg);
/* Queues a copy; -1 when the queue would pass its maximum. What is written after the end is lost,
 * and on_end says so by itself. */
int wire_write(struct wire *w, const void *data, size_t len);
/* Tries once to send what is queued, now: before wire_free(). */
void wire_flush(struct wire *w);
size_t wire_queued(const struct wire *w);
/* While held nothing is delivered. */
void wire_hold(struct wire *w, bool hold);
/* Stops watching the descriptor at once. NULL is fine. */
void wire_free(struct wire *w);

#endif
