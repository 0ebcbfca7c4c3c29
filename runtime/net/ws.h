/* ws: one end of a WebSocket (RFC 6455) on a wire: messages in pieces as they come, pings answered
 * and sent, the closing handshake.
 *
 * Callbacks run only from the loop and never after ws_free(), which is fine inside of them.
 */
#ifndef ALMANAC_WS_H
#define ALMANAC_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/ws_frame.h"

struct loop;
struct wire;
struct ws;

struct ws_options {
    bool server;          /* frames are not masked, the peer's must be */
    uint64_t message_max; /* bytes; 0: no limit (pieces are handed on as they come) */
    double ping;          /* seconds between two pings; 0: none */
    double silence; /* seconds without one byte after which the peer counts as dead; 0: never */
};

struct ws_callbacks {
    /* A piece of a binary message. */
    void (*on_data)(struct ws *ws, bool first, bool last, const char *data, size_t len, void *arg);
    /* Once. The peer closed in good order: e NULL and its code; else why it ended. */
    void (*on_end)(struct ws *ws, int code, const struct err *e, void *arg);
    void (*on_drained)(struct ws *ws, void *arg); /* may be NULL: what was written is sent */
};

/* Takes the wire over, and begins at once; `early` bytes that were read already (copied) come
 * first. NULL and *e on failure: the wire is freed then too. */
struct ws *ws_new(struct loop *loop, struct wire *wire, const struct ws_options *options,
                  const void *early, size_t early_len, const struct ws_callbacks *callbacks,
                  void *arg, struct err *e);
/* Sends one binary message of two parts; the second may be empty. -1: the queue is full. */
int ws_send(struct ws *ws, const void *head, size_t head_len, const void *data, size_t len);
size_t ws_queued(const struct ws *ws);
/* While held nothing is delivered, and the peer's silence does not count. */
void ws_hold(struct ws *ws, bool hold);
/* Begins to close; on_end follows, at the latest in two seconds. */
void ws_close(struct ws *ws, enum ws_code code);
/* Says goodbye if nobody did yet, as far as that needs no waiting. NULL is fine. */
void ws_free(struct ws *ws);

#endif
