/* Requests that become WebSockets. libmicrohttpd's own upgrade moves four bytes at a time over TLS
 * (0.9.75: its buffers are what the answer's headers left of the connection's memory), so the
 * request stays suspended instead, which is when libmicrohttpd leaves the socket alone, and ends
 * when the WebSocket has.
 */
#include "net/httpd_priv.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "net/wire.h"
#include "net/ws_handshake.h"

#define QUEUE_MAX ((size_t)4 << 20)

/* Held by its owner, until that frees it, and by the request, until libmicrohttpd forgets that. */
struct httpd_websocket {
    struct httpd_request *req; /* NULL once libmicrohttpd forgot it */
    struct httpd_websocket *next, *prev;
    int fd;
    gnutls_session_t tls; /* NULL: plain */
    struct ws *ws;        /* NULL: over */
    struct httpd_websocket_spec spec;
    bool owned;
};

static void websocket_release(struct httpd_websocket *w)
{
    if (!w->owned && !w->req)
        free(w);
}

/* Lets libmicrohttpd close the connection: the request has no answer that it could send. */
static void websocket_over(struct httpd_websocket *w)
{
    w->ws = NULL;
    if (w->req)
        httpd_request_resume(w->req);
}

/* ---- the socket ---- */

static ssize_t plain_result(ssize_t n, struct err *e)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return WIRE_AGAIN;
    return err_set_errno(e, ERR_NETWORK, errno, "the connection broke");
}

static ssize_t tls_result(ssize_t n, struct err *e)
{
    if (n >= 0)
        return n;
    if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
        return WIRE_AGAIN;
    return err_set(e, ERR_NETWORK, "the connection broke: %s", gnutls_strerror((int)n));
}

static ssize_t socket_recv(void *source, void *out, size_t max, struct err *e)
{
    struct httpd_websocket *w = source;

    return w->tls ? tls_result(gnutls_record_recv(w->tls, out, max), e)
                  : plain_result(recv(w->fd, out, max, MSG_DONTWAIT), e);
}

static ssize_t socket_send(void *source, const void *data, size_t len, struct err *e)
{
    struct httpd_websocket *w = source;

    return w->tls ? tls_result(gnutls_record_send(w->tls, data, len), e)
                  : plain_result(send(w->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL), e);
}

/* ---- callbacks, with the owner's ws and arg ---- */

static void websocket_on_data(struct ws *ws, bool first, bool last, const char *data, size_t len,
                              void *arg)
{
    struct httpd_websocket *w = arg;

    w->spec.callbacks.on_data(ws, first, last, data, len, w->spec.arg);
}

static void websocket_on_drained(struct ws *ws, void *arg)
{
    struct httpd_websocket *w = arg;

    if (w->spec.callbacks.on_drained)
        w->spec.callbacks.on_drained(ws, w->spec.arg);
}

static void websocket_on_end(struct ws *ws, int code, const struct err *e, void *arg)
{
    struct httpd_websocket *w = arg;

    ws_free(ws);
    websocket_over(w);
    w->spec.callbacks.on_end(NULL, code, e, w->spec.arg);
}

/* ---- the request ---- */

static const char *request_header(const struct httpd_request *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return "";
}

static int websocket_answer(struct wire *wire, const struct httpd_request *req,
                            const char *protocol, struct err *e)
{
    char accept[WS_ACCEPT_SIZE];
    struct buf text = BUF_INIT(4096);
    int rc;

    ws_key_accept(request_header(req, "sec-websocket-key"), accept);
    rc = buf_addf(&text,
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
                  "Sec-WebSocket-Protocol: %s\r\n\r\n",
                  accept, protocol);
    if (rc == 0)
        rc = wire_write(wire, text.data, text.len);
    buf_release(&text);
    return rc == 0 ? 0 : err_set(e, ERR_MEMORY, "out of memory for a WebSocket");
}

/* Takes the suspended connection's socket. */
static int websocket_open(struct httpd_websocket *w, struct httpd_request *req, struct err *e)
{
    static const struct wire_ops ops = {socket_recv, socket_send};
    static const struct ws_callbacks callbacks = {websocket_on_data, websocket_on_end,
                                                  websocket_on_drained};
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct wire *wire;

    w->fd = fd ? fd->connect_fd : -1;
    w->tls = tls ? tls->tls_session : NULL;
    wire = wire_new(req->httpd->loop, w->fd, &ops, w, QUEUE_MAX, e);
    if (!wire)
        return -1;
    if (websocket_answer(wire, req, w->spec.protocol, e) < 0) {
        wire_free(wire);
        return -1;
    }
    w->ws = ws_new(req->httpd->loop, wire, &w->spec.options, "", 0, &callbacks, w, e);
    return w->ws ? 0 : -1;
}

struct httpd_websocket *httpd_request_websocket(struct httpd_request *req,
                                                const struct httpd_websocket_spec *spec,
                                                struct err *e)
{
    struct httpd_websocket *w;

    BUG_ON(req->answer != ANSWER_NONE);
    if (!ws_list_has(request_header(req, "upgrade"), "websocket") ||
        !ws_list_has(request_header(req, "connection"), "upgrade") ||
        strcmp(request_header(req, "sec-websocket-version"), "13") != 0) {
        err_set(e, ERR_PROTOCOL, "the client asks for no WebSocket of version 13");
        return NULL;
    }
    if (req->gone || !req->httpd || !req->suspended) {
        err_set(e, ERR_NETWORK, "the client is gone");
        return NULL;
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_MEMORY, "out of memory for a WebSocket");
        return NULL;
    }
    w->spec = *spec;
    if (websocket_open(w, req, e) < 0) {
        free(w);
        return NULL;
    }
    httpd_watch_stop(req);
    w->owned = true;
    w->req = req;
    w->next = req->httpd->websockets;
    if (w->next)
        w->next->prev = w;
    req->httpd->websockets = w;
    req->websocket = w;
    req->answer = ANSWER_WEBSOCKET;
    return w;
}

struct ws *httpd_websocket_ws(const struct httpd_websocket *w)
{
    return w->ws;
}

void httpd_websocket_forget(struct httpd_websocket *w)
{
    if (!w)
        return;
    BUG_ON(w->ws != NULL); /* only what is not suspended can end */
    if (w->prev)
        w->prev->next = w->next;
    else
        w->req->httpd->websockets = w->next;
    if (w->next)
        w->next->prev = w->prev;
    w->req = NULL;
    websocket_release(w);
}

void httpd_websockets_end(struct httpd *httpd)
{
    struct err e;

    err_set(&e, ERR_NETWORK, "the server stops");
    for (struct httpd_websocket *w = httpd->websockets; w; w = w->next)
        if (w->ws)
            websocket_on_end(w->ws, WS_GOING_AWAY, &e, w);
}

void httpd_websocket_free(struct httpd_websocket *w)
{
    struct ws *ws = w ? w->ws : NULL;

    if (!w || !w->owned)
        return;
    w->owned = false;
    if (ws) {
        ws_free(ws);
        websocket_over(w);
    }
    websocket_release(w);
}
