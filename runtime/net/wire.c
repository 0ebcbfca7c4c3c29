#include "net/wire.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "base/loop.h"

#define CHUNK ((size_t)64 << 10)
#define CHUNKS_A_TURN 16 /* then others on the loop have their turn */

/* Freed in the last close callback of its two handles. */
struct wire {
    struct loop *loop;
    uv_poll_t poll;
    uv_timer_t again; /* reads on: TLS may hold bytes that the descriptor does not show */
    int handles;
    struct wire_ops ops;
    void *source;
    struct wire_callbacks callbacks;
    void *arg;
    struct buf out;
    size_t sent; /* of out, so that not every send moves the rest */
    bool held, ended, closed;
    char chunk[CHUNK];
};

static void wire_watch(struct wire *w);

static void wire_end(struct wire *w, const struct err *e)
{
    if (w->ended || w->closed)
        return;
    w->ended = true;
    uv_poll_stop(&w->poll);
    uv_timer_stop(&w->again);
    if (w->callbacks.on_end)
        w->callbacks.on_end(w, e, w->arg);
}

static void wire_again(uv_timer_t *timer);

static void wire_read(struct wire *w)
{
    struct err e;

    for (int i = 0; i < CHUNKS_A_TURN; i++) {
        ssize_t n;

        if (w->held || w->ended || w->closed)
            return;
        n = w->ops.recv(w->source, w->chunk, sizeof w->chunk, &e);
        if (n == WIRE_AGAIN)
            return;
        if (n <= 0) {
            wire_end(w, n == 0 ? NULL : &e);
            return;
        }
        if (w->callbacks.on_data)
            w->callbacks.on_data(w, w->chunk, (size_t)n, w->arg);
    }
    if (!w->held && !w->ended && !w->closed)
        uv_timer_start(&w->again, wire_again, 0, 0);
}

static void wire_again(uv_timer_t *timer)
{
    struct wire *w = timer->data;

    loop_wake(w->loop);
    wire_read(w);
    if (!w->closed)
        wire_watch(w);
}

/* 0, or -1 and *e when it broke. */
static int wire_push(struct wire *w, struct err *e)
{
    while (w->sent < w->out.len) {
        ssize_t n = w->ops.send(w->source, w->out.data + w->sent, w->out.len - w->sent, e);

        if (n == WIRE_AGAIN)
            break;
        if (n < 0)
            return -1;
        w->sent += (size_t)n;
    }
    if (w->sent == w->out.len)
        buf_reset(&w->out);
    else if (w->sent < w->out.len / 2)
        return 0;
    else
        buf_consume(&w->out, w->sent);
    w->sent = 0;
    return 0;
}

static void wire_ready(uv_poll_t *poll, int status, int events)
{
    struct wire *w = poll->data;
    struct err e;

    if (status < 0) {
        err_set(&e, ERR_NETWORK, "the connection broke: %s", uv_strerror(status));
        wire_end(w, &e);
        return;
    }
    if ((events & UV_WRITABLE) && wire_queued(w) > 0) {
        if (wire_push(w, &e) < 0) {
            /* What the peer said before it went away is worth more than that it went. */
            if (!w->held)
                wire_read(w);
            wire_end(w, &e);
            return;
        }
        if (wire_queued(w) == 0 && w->callbacks.on_drained)
            w->callbacks.on_drained(w, w->arg);
    }
    if (!w->closed && (events & UV_READABLE))
        wire_read(w);
    if (!w->closed)
        wire_watch(w);
}

static void wire_watch(struct wire *w)
{
    int events = (w->held ? 0 : UV_READABLE) | (wire_queued(w) > 0 ? UV_WRITABLE : 0);

    if (w->ended || w->closed)
        return;
    if (events)
        uv_poll_start(&w->poll, events, wire_ready);
    else
        uv_poll_stop(&w->poll);
}

struct wire *wire_new(struct loop *loop, int fd, const struct wire_ops *ops, void *source,
                      size_t queue_max, struct err *e)
{
    struct wire *w = malloc(sizeof *w);
    int rc;

    if (!w) {
        err_set(e, ERR_MEMORY, "out of memory for a connection");
        return NULL;
    }
    memset(w, 0, offsetof(struct wire, chunk));
    w->loop = loop;
    w->ops = *ops;
    w->source = source;
    buf_init(&w->out, queue_max);
    rc = uv_poll_init(&loop->uv, &w->poll, fd);
    if (rc < 0) {
        free(w);
        err_set(e, ERR_IO, "cannot watch a connection: %s", uv_strerror(rc));
        return NULL;
    }
    uv_timer_init(&loop->uv, &w->again);
    w->poll.data = w->again.data = w;
    w->handles = 2;
    /* Bytes may have arrived already, into the hands of whoever did the TLS handshake. */
    uv_timer_start(&w->again, wire_again, 0, 0);
    return w;
}

void wire_listen(struct wire *w, const struct wire_callbacks *callbacks, void *arg)
{
    w->callbacks = *callbacks;
    w->arg = arg;
}

int wire_write(struct wire *w, const void *data, size_t len)
{
    if (w->ended || w->closed)
        return 0;
    if (buf_add(&w->out, data, len) < 0)
        return -1;
    wire_watch(w);
    return 0;
}

void wire_flush(struct wire *w)
{
    struct err e;

    if (!w->ended && !w->closed && wire_queued(w) > 0)
        wire_push(w, &e);
}

size_t wire_queued(const struct wire *w)
{
    return w->out.len - w->sent;
}

void wire_hold(struct wire *w, bool hold)
{
    if (w->held == hold || w->ended || w->closed)
        return;
    w->held = hold;
    if (hold)
        uv_timer_stop(&w->again);
    else
        uv_timer_start(&w->again, wire_again, 0, 0);
    wire_watch(w);
}

static void wire_closed(uv_handle_t *handle)
{
    struct wire *w = handle->data;

    if (--w->handles == 0)
        free(w);
}

void wire_free(struct wire *w)
{
    if (!w || w->closed)
        return;
    w->closed = true;
    memset(&w->callbacks, 0, sizeof w->callbacks);
    uv_poll_stop(&w->poll);
    buf_release(&w->out);
    uv_close((uv_handle_t *)&w->poll, wire_closed);
    uv_close((uv_handle_t *)&w->again, wire_closed);
}
