#include "net/ws.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/loop.h"
#include "net/wire.h"

#define GOODBYE 2.0         /* seconds for the peer to answer a close */
#define PONGS_MAX (1 << 16) /* bytes queued: past that a flood of pings goes unanswered */

struct ws {
    struct loop *loop;
    struct wire *wire;
    struct ws_options options;
    struct ws_callbacks callbacks;
    void *arg;
    struct ws_parser parser;
    struct loop_timer *start, *ping, *goodbye;
    struct buf early;
    double heard;
    int depth; /* inside a callback: freed when it is left */
    bool held, closing, ended, freed;
};

static void ws_timers_stop(struct ws *ws)
{
    loop_timer_stop(ws->start);
    loop_timer_stop(ws->ping);
    loop_timer_stop(ws->goodbye);
    ws->start = ws->ping = ws->goodbye = NULL;
}

static void ws_release(struct ws *ws)
{
    if (!ws->freed || ws->depth > 0)
        return;
    buf_release(&ws->early);
    free(ws);
}

static void ws_end(struct ws *ws, int code, const struct err *e)
{
    if (ws->ended || ws->freed)
        return;
    ws->ended = true;
    ws_timers_stop(ws);
    wire_flush(ws->wire);
    wire_free(ws->wire);
    ws->wire = NULL;
    ws->callbacks.on_end(ws, code, e, ws->arg);
}

static int ws_put(struct ws *ws, enum ws_opcode opcode, const void *head, size_t head_len,
                  const void *data, size_t len)
{
    unsigned char header[WS_HEADER_MAX], key[4];
    struct buf frame = BUF_INIT((size_t)1 << 30);
    size_t n;
    int rc = -1;

    if (ws->ended)
        return 0;
    if (!ws->options.server)
        BUG_ON(getrandom(key, sizeof key, 0) != (ssize_t)sizeof key);
    n = ws_frame_header(header, opcode, head_len + len, ws->options.server ? NULL : key);
    if (buf_add(&frame, header, n) == 0 && buf_add(&frame, head, head_len) == 0 &&
        buf_add(&frame, data, len) == 0) {
        if (!ws->options.server)
            ws_mask(frame.data + n, head_len + len, key, 0);
        rc = wire_write(ws->wire, frame.data, frame.len);
    }
    buf_release(&frame);
    return rc;
}

static void ws_put_close(struct ws *ws, int code)
{
    unsigned char payload[2] = {(unsigned char)(code >> 8), (unsigned char)code};

    ws->closing = true;
    ws_put(ws, WS_CLOSE, payload, code == WS_NO_CODE ? 0 : 2, "", 0);
}

static void ws_control(struct ws *ws, const struct ws_event *event)
{
    int code = WS_NO_CODE;

    if (event->opcode == WS_PING && !ws->closing && wire_queued(ws->wire) < PONGS_MAX)
        ws_put(ws, WS_PONG, event->data, event->len, "", 0);
    if (event->opcode != WS_CLOSE)
        return;
    if (event->len >= 2)
        code = (unsigned char)event->data[0] << 8 | (unsigned char)event->data[1];
    if (!ws->closing)
        ws_put_close(ws, code);
    ws_end(ws, code, NULL);
}

static void ws_fail(struct ws *ws, enum ws_code code, const struct err *e)
{
    if (!ws->closing)
        ws_put_close(ws, code);
    ws_end(ws, code, e);
}

static void ws_take(struct ws *ws, char *data, size_t len)
{
    struct ws_event event;
    struct err e;
    size_t used;
    int rc;

    ws->heard = loop_now();
    ws->depth++;
    while (!ws->ended && !ws->freed) {
        rc = ws_parser_feed(&ws->parser, data, len, &used, &event, &e);
        if (rc < 0)
            ws_fail(ws, e.kind == ERR_LIMIT ? WS_TOO_BIG : WS_PROTOCOL_ERROR, &e);
        if (rc <= 0)
            break;
        data += used;
        len -= used;
        if (event.opcode == WS_TEXT) {
            err_set(&e, ERR_PROTOCOL, "a WebSocket message is text, and only binary ones are due");
            ws_fail(ws, WS_UNSUPPORTED, &e);
        } else if (event.opcode != WS_BINARY) {
            ws_control(ws, &event);
        } else {
            ws->callbacks.on_data(ws, event.first, event.last, event.data, event.len, ws->arg);
        }
    }
    ws->depth--;
    ws_release(ws);
}

static void ws_on_wire_data(struct wire *wire, char *data, size_t len, void *arg)
{
    (void)wire;
    ws_take(arg, data, len);
}

static void ws_on_wire_end(struct wire *wire, const struct err *e, void *arg)
{
    struct ws *ws = arg;
    struct err cut;

    (void)wire;
    if (!e) {
        err_set(&cut, ERR_NETWORK, "the connection was cut");
        e = &cut;
    }
    ws->depth++;
    ws_end(ws, WS_NO_CODE, e);
    ws->depth--;
    ws_release(ws);
}

static void ws_on_wire_drained(struct wire *wire, void *arg)
{
    struct ws *ws = arg;

    (void)wire;
    if (ws->callbacks.on_drained)
        ws->callbacks.on_drained(ws, ws->arg);
}

/* The bytes that came with the handshake's answer. */
static void ws_start(void *arg)
{
    struct ws *ws = arg;

    loop_timer_stop(ws->start);
    ws->start = NULL;
    ws->depth++;
    if (ws->early.len > 0)
        ws_take(ws, ws->early.data, ws->early.len);
    if (!ws->ended && !ws->freed && !ws->held)
        wire_hold(ws->wire, false);
    ws->depth--;
    ws_release(ws);
}

static void ws_ping(void *arg)
{
    struct ws *ws = arg;
    struct err e;

    loop_timer_stop(ws->ping);
    ws->ping = NULL;
    if (ws->held)
        ws->heard = loop_now();
    if (ws->options.silence > 0 && loop_now() - ws->heard > ws->options.silence) {
        err_set(&e, ERR_NETWORK, "nothing was heard from the server for %g s", ws->options.silence);
        ws_end(ws, WS_NO_CODE, &e);
        return;
    }
    if (!ws->closing)
        ws_put(ws, WS_PING, "", 0, "", 0);
    ws->ping = loop_timer_start(ws->loop, ws->options.ping, ws_ping, ws);
}

struct ws *ws_new(struct loop *loop, struct wire *wire, const struct ws_options *options,
                  const void *early, size_t early_len, const struct ws_callbacks *callbacks,
                  void *arg, struct err *e)
{
    static const struct wire_callbacks wire_callbacks = {ws_on_wire_data, ws_on_wire_end,
                                                         ws_on_wire_drained};
    struct ws *ws = calloc(1, sizeof *ws);

    if (!ws)
        goto out_of_memory;
    ws->loop = loop;
    ws->wire = wire;
    ws->options = *options;
    ws->callbacks = *callbacks;
    ws->arg = arg;
    ws->heard = loop_now();
    ws_parser_init(&ws->parser, options->server, options->message_max);
    buf_init(&ws->early, early_len);
    wire_listen(wire, &wire_callbacks, ws);
    wire_hold(wire, true);
    ws->start = loop_timer_start(loop, 0, ws_start, ws);
    if (options->ping > 0)
        ws->ping = loop_timer_start(loop, options->ping, ws_ping, ws);
    if (ws->start && (options->ping <= 0 || ws->ping) &&
        (early_len == 0 || buf_add(&ws->early, early, early_len) == 0))
        return ws;
    ws_timers_stop(ws);
    free(ws);
out_of_memory:
    wire_free(wire);
    err_set(e, ERR_MEMORY, "out of memory for a WebSocket");
    return NULL;
}

int ws_send(struct ws *ws, const void *head, size_t head_len, const void *data, size_t len)
{
    if (ws->closing)
        return 0;
    return ws_put(ws, WS_BINARY, head, head_len, data, len);
}

size_t ws_queued(const struct ws *ws)
{
    return ws->wire ? wire_queued(ws->wire) : 0;
}

void ws_hold(struct ws *ws, bool hold)
{
    ws->held = hold;
    if (!ws->ended && !ws->start)
        wire_hold(ws->wire, hold);
}

static void ws_goodbye_over(void *arg)
{
    struct ws *ws = arg;

    ws_end(ws, WS_NO_CODE, NULL);
}

void ws_close(struct ws *ws, enum ws_code code)
{
    if (ws->ended || ws->closing)
        return;
    ws_put_close(ws, code);
    ws_hold(ws, false);
    ws->goodbye = loop_timer_start(ws->loop, GOODBYE, ws_goodbye_over, ws);
}

void ws_free(struct ws *ws)
{
    if (!ws || ws->freed)
        return;
    if (!ws->ended) {
        if (!ws->closing)
            ws_put_close(ws, WS_GOING_AWAY);
        wire_flush(ws->wire);
        wire_free(ws->wire);
        ws_timers_stop(ws);
    }
    ws->freed = true;
    ws_release(ws);
}
