#include "net/ws_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/evp.h>

#include "base/loop.h"
#include "net/wire.h"
#include "net/ws_handshake.h"

#define REQUEST_MAX ((size_t)1 << 20)
#define QUEUE_MAX ((size_t)1 << 20) /* bytes written and not yet sent */

/* Freed from the loop: curl, the wire or the ws may be on the stack when its owner is done. */
struct ws_client {
    struct loop *loop;
    struct transfers *pool; /* of its own: see on_connected */
    struct transfer *transfer;
    struct wire *wire;
    struct ws *ws;
    struct ws_options options;
    struct ws_callbacks ws_callbacks;
    struct ws_client_callbacks callbacks;
    void *arg;
    const char *protocols[WS_PROTOCOLS_MAX + 1];
    struct buf request;
    struct ws_answer answer;
    char key[WS_KEY_SIZE];
    struct loop_timer *later; /* connected, failed or freed: goes on outside of curl */
    struct loop_timer *timeout;
    double answer_timeout;
    bool connected, sent, over, freed;
    struct err failure;
};

static void client_dispose(struct ws_client *c)
{
    loop_timer_stop(c->later);
    loop_timer_stop(c->timeout);
    ws_free(c->ws);
    wire_free(c->wire);
    transfers_free(c->pool);
    buf_release(&c->request);
    ws_answer_release(&c->answer);
    free(c);
}

/* Tells the owner, once, what became of it. */
static void client_refuse(struct ws_client *c, const struct err *e)
{
    if (c->over || c->freed)
        return;
    c->over = true;
    wire_free(c->wire);
    c->wire = NULL;
    loop_timer_stop(c->timeout);
    c->timeout = NULL;
    c->callbacks.on_refused(c, e ? NULL : &c->answer, e, c->arg);
}

static void client_answered(struct ws_client *c, const char *rest, size_t len)
{
    struct wire *wire = c->wire;
    struct err e;
    int protocol;

    if (c->answer.status != 101) {
        client_refuse(c, NULL);
        return;
    }
    protocol = ws_answer_check(&c->answer, c->key, c->protocols, &e);
    if (protocol < 0) {
        client_refuse(c, &e);
        return;
    }
    loop_timer_stop(c->timeout);
    c->timeout = NULL;
    c->wire = NULL;
    c->ws = ws_new(c->loop, wire, &c->options, rest, len, &c->ws_callbacks, c->arg, &e);
    if (!c->ws) {
        client_refuse(c, &e);
        return;
    }
    c->over = true;
    c->callbacks.on_open(c, c->ws, protocol, c->arg);
}

static void client_on_data(struct wire *wire, char *data, size_t len, void *arg)
{
    struct ws_client *c = arg;
    struct err e;
    size_t used;
    int rc = ws_answer_feed(&c->answer, data, len, &used, &e);

    (void)wire;
    if (rc < 0)
        client_refuse(c, &e);
    else if (rc > 0)
        client_answered(c, data + used, len - used);
}

static void client_on_end(struct wire *wire, const struct err *why, void *arg)
{
    struct ws_client *c = arg;
    struct err e;

    (void)wire;
    if (why && c->answer.status == 0)
        client_refuse(c, why);
    else if (ws_answer_end(&c->answer, &e) > 0)
        client_refuse(c, NULL);
    else
        client_refuse(c, &e);
}

static ssize_t client_recv(void *source, void *out, size_t max, struct err *e)
{
    ssize_t n = transfer_recv(source, out, max, e);

    return n == TRANSFER_AGAIN ? WIRE_AGAIN : n;
}

static ssize_t client_send(void *source, const void *data, size_t len, struct err *e)
{
    ssize_t n = transfer_send(source, data, len, e);

    return n == TRANSFER_AGAIN ? WIRE_AGAIN : n;
}

static void client_proceed(void *arg)
{
    static const struct wire_ops ops = {client_recv, client_send};
    static const struct wire_callbacks callbacks = {client_on_data, client_on_end, NULL};
    struct ws_client *c = arg;
    struct err e;

    loop_timer_stop(c->later);
    c->later = NULL;
    if (c->freed) {
        client_dispose(c);
        return;
    }
    if (!c->connected) {
        client_refuse(c, &c->failure);
        return;
    }
    c->wire = wire_new(c->loop, transfer_socket(c->transfer), &ops, c->transfer, QUEUE_MAX, &e);
    if (!c->wire) {
        client_refuse(c, &e);
        return;
    }
    wire_listen(c->wire, &callbacks, c);
    c->sent = true;
    if (wire_write(c->wire, c->request.data, c->request.len) < 0) {
        err_set(&e, ERR_MEMORY, "out of memory for a request");
        client_refuse(c, &e);
    }
}

/* Without memory for a timer nothing could go on; the timeout, made before, ends it. */
static void client_later(struct ws_client *c)
{
    if (!c->later)
        c->later = loop_timer_start(c->loop, 0, client_proceed, c);
}

static void client_on_connected(struct transfer *t, void *arg)
{
    struct ws_client *c = arg;

    (void)t;
    c->connected = true;
    client_later(c);
}

static void client_on_done(struct transfer *t, const struct err *e, void *arg)
{
    struct ws_client *c = arg;

    (void)t;
    c->transfer = NULL;
    c->failure = *e;
    client_later(c);
}

static void client_timeout(void *arg)
{
    struct ws_client *c = arg;
    struct err e;

    err_set(&e, ERR_TIMEOUT, "no answer within %g s", c->answer_timeout);
    err_hint(&e, "the server is slow or overloaded; try again");
    client_refuse(c, &e);
}

/* ---- the request ---- */

static int request_authorize(struct buf *out, const struct transfer_spec *http)
{
    struct buf plain = BUF_INIT(4096);
    char coded[8192];
    int rc;

    if (!http->user)
        return 0;
    rc = buf_addf(&plain, "%s:%s", http->user, http->password ? http->password : "");
    if (rc == 0) {
        EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain.data, (int)plain.len);
        rc = buf_addf(out, "Authorization: Basic %s\r\n", coded);
    }
    buf_release(&plain);
    return rc;
}

/* curl's form of a header: "Name: value", or "Name;" for an empty one. */
static int request_header(struct buf *out, const char *line)
{
    size_t len = strlen(line);

    if (len > 0 && line[len - 1] == ';' && !strchr(line, ':'))
        return buf_addf(out, "%.*s:\r\n", (int)len - 1, line);
    return buf_addf(out, "%s\r\n", line);
}

static int request_make(struct ws_client *c, const struct ws_client_spec *spec, struct err *e)
{
    const struct transfer_spec *http = &spec->http;
    struct buf *out = &c->request;
    CURLU *u = curl_url();
    char *host = NULL, *port = NULL, *path = NULL, *query = NULL;
    int rc = -1;

    if (!u || curl_url_set(u, CURLUPART_URL, http->url, 0) ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) || curl_url_get(u, CURLUPART_PATH, &path, 0)) {
        err_set(e, ERR_USAGE, "not an http or https URL: %s", http->url);
        goto out;
    }
    curl_url_get(u, CURLUPART_PORT, &port, 0);
    curl_url_get(u, CURLUPART_QUERY, &query, 0);
    rc = buf_addf(out,
                  "GET %s%s%s HTTP/1.1\r\nHost: %s%s%s\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
                  "Sec-WebSocket-Protocol: ",
                  path, query ? "?" : "", query ? query : "", host, port ? ":" : "",
                  port ? port : "", c->key);
    for (int i = 0; rc == 0 && c->protocols[i]; i++)
        rc = buf_addf(out, "%s%s", i ? ", " : "", c->protocols[i]);
    rc = rc < 0 ? rc : buf_adds(out, "\r\n");
    for (size_t i = 0; rc == 0 && i < http->header_count; i++)
        rc = request_header(out, http->headers[i]);
    if (rc < 0 || request_authorize(out, http) < 0 || buf_adds(out, "\r\n") < 0)
        rc = err_set(e, ERR_LIMIT, "a request is larger than %zu bytes", REQUEST_MAX);
out:
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(query);
    curl_url_cleanup(u);
    return rc;
}

struct ws_client *ws_client_start(struct loop *loop, const struct ws_client_spec *spec,
                                  const struct ws_client_callbacks *callbacks, void *arg,
                                  struct err *e)
{
    static const struct transfer_callbacks transfer_callbacks = {NULL, NULL, client_on_done,
                                                                 client_on_connected};
    struct ws_client *c = calloc(1, sizeof *c);
    struct transfer_spec http = spec->http;

    if (!c) {
        err_set(e, ERR_MEMORY, "out of memory for a request to %s", spec->http.url);
        return NULL;
    }
    c->loop = loop;
    c->options = spec->options;
    c->ws_callbacks = spec->callbacks;
    c->callbacks = *callbacks;
    c->arg = arg;
    c->answer_timeout = spec->answer_timeout;
    for (int i = 0; spec->protocols[i]; i++) {
        BUG_ON(i == WS_PROTOCOLS_MAX);
        c->protocols[i] = spec->protocols[i];
    }
    ws_answer_init(&c->answer);
    buf_init(&c->request, REQUEST_MAX);
    ws_key_new(c->key);
    http.connect_only = true;
    c->pool = transfers_new(loop, e);
    if (!c->pool || request_make(c, spec, e) < 0)
        goto failed;
    if (c->answer_timeout > 0)
        c->timeout = loop_timer_start(loop, c->answer_timeout, client_timeout, c);
    c->transfer = transfer_start(c->pool, &http, &transfer_callbacks, c, e);
    if (c->transfer)
        return c;
failed:
    client_dispose(c);
    return NULL;
}

bool ws_client_was_sent(const struct ws_client *c)
{
    return c->sent;
}

void ws_client_free(struct ws_client *c)
{
    if (!c || c->freed)
        return;
    c->freed = true;
    ws_free(c->ws); /* says goodbye while the connection stands */
    c->ws = NULL;
    client_later(c);
}
