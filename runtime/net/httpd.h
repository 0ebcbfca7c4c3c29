/* httpd: an HTTP/1.1 server on the loop (libmicrohttpd driven through its epoll descriptor).
 *
 * A request is handed over whole (headers and body read) and then waits, suspended, for as long as
 * its owner likes; meanwhile the server watches the client and says when it went away. The answer
 * is either one call with the whole body, or a stream: begin, write …, finish. Writing never
 * blocks: bytes are kept until the client takes them, up to a cap; past it the client counts as
 * gone.
 *
 * All callbacks run inside loop_run_once() or httpd_stop(); they must only queue.
 */
#ifndef ALMANAC_HTTPD_H
#define ALMANAC_HTTPD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/ws.h"

struct loop;
struct httpd;
struct httpd_request;

struct httpd_options {
    const char *address;   /* NULL: 127.0.0.1 */
    int port;              /* 0: any free one, see httpd_port() */
    const char *cert;      /* PEM files; both or neither. With them the server speaks TLS only */
    const char *key;       /* */
    const char *client_ca; /* PEM file: client certificates are asked for, and refused unless it
                            * signed them. A client without one is let in, with no name. */
    bool private;          /* who is neither our user nor root is not let in; on 127.0.0.1 only */
    size_t body_max;       /* a larger request body is answered 413; 0: 16 MiB */
    size_t stream_max;     /* bytes kept for a slow reader; 0: 64 MiB */
};

struct httpd_header {
    const char *name;
    const char *value;
};

/* A request has arrived; the callee owns it and ends with httpd_request_free(). */
typedef void (*httpd_request_fn)(void *arg, struct httpd_request *req);
/* The client is gone, or the server stopped. At most once per request, never after the free. */
typedef void (*httpd_gone_fn)(void *arg, struct httpd_request *req);

/* Listens at once. */
int httpd_start(struct httpd **out, struct loop *loop, const struct httpd_options *options,
                httpd_request_fn fn, void *arg, struct err *e);
/* The port it listens on. */
int httpd_port(const struct httpd *httpd);
/* Closes every connection; requests still owned become gone (and are told so) and stay valid until
 * freed. NULL is fine. The loop must run once more before it is released. */
void httpd_stop(struct httpd *httpd);

const char *httpd_request_method(const struct httpd_request *req);
/* The request target as sent: path and query, still encoded. */
const char *httpd_request_target(const struct httpd_request *req);
/* Headers in the order sent; names as the client wrote them. */
const struct httpd_header *httpd_request_headers(const struct httpd_request *req, size_t *count);
const char *httpd_request_body(const struct httpd_request *req, size_t *len);
/* Common name of the verified client certificate, or NULL. */
const char *httpd_request_client_cn(const struct httpd_request *req);
/* Its organizations, each ended by a line break; NULL without a client certificate. */
const char *httpd_request_client_groups(const struct httpd_request *req);
bool httpd_request_gone(const struct httpd_request *req);
void httpd_request_on_gone(struct httpd_request *req, httpd_gone_fn fn, void *arg);
/* Whether the answer was begun (sent whole, or started). */
bool httpd_request_answered(const struct httpd_request *req);

/* The three that answer return -1 when the client is gone (or, for finish and write, the stream is
 * finished), and nothing is sent then. Answering twice is a bug. Bytes are copied. */
int httpd_request_send(struct httpd_request *req, int status, const struct httpd_header *headers,
                       size_t header_count, const void *body, size_t len);
int httpd_request_start(struct httpd_request *req, int status, const struct httpd_header *headers,
                        size_t header_count);
int httpd_request_write(struct httpd_request *req, const void *bytes, size_t len);
int httpd_request_finish(struct httpd_request *req);
/* The owner is done with it. An unfinished stream is cut off, a request without an answer is
 * answered 500. NULL is fine. */
void httpd_request_free(struct httpd_request *req);

/* A request that became a WebSocket. */
struct httpd_websocket;

struct httpd_websocket_spec {
    const char *protocol; /* the one chosen of those the client offers */
    struct ws_options options;
    struct ws_callbacks callbacks; /* on_end also when the server stops; its ws is NULL */
    void *arg;
};

/* Answers 101, if the client asked for a WebSocket: NULL and *e when it did not, or is gone, and
 * the request has no answer yet then. Ends with httpd_websocket_free(), before or after the
 * request's own free. */
struct httpd_websocket *httpd_request_websocket(struct httpd_request *req,
                                                const struct httpd_websocket_spec *spec,
                                                struct err *e);
/* What to send on; NULL once it ended. */
struct ws *httpd_websocket_ws(const struct httpd_websocket *w);
/* No callback comes after this; fine in one. NULL is fine. */
void httpd_websocket_free(struct httpd_websocket *w);

#endif
