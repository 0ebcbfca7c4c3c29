/* ws_client: opens a WebSocket as a client. The connection is curl's, so everything that a transfer
 * can do on its way (TLS, client certificates, proxies, basic authentication) holds here too.
 *
 * Callbacks run only from the loop. One of the two comes, once.
 */
#ifndef ALMANAC_WS_CLIENT_H
#define ALMANAC_WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/transfer.h"
#include "net/ws.h"

struct loop;
struct ws_answer;
struct ws_client;

#define WS_PROTOCOLS_MAX 8

struct ws_client_spec {
    struct transfer_spec http;     /* url (http or https), headers, tls, proxy, user, times */
    const char *const *protocols;  /* offered, ends with NULL; copied as pointers */
    double answer_timeout;         /* seconds from the start to the server's answer; 0: none */
    struct ws_options options;     /* of the WebSocket */
    struct ws_callbacks callbacks; /* of the WebSocket; their arg is that of the client */
};

struct ws_client_callbacks {
    /* Open; protocol is the one chosen. ws is the client's, until ws_client_free(). */
    void (*on_open)(struct ws_client *c, struct ws *ws, int protocol, void *arg);
    /* The server answered something else (answer, e NULL), or there was no answer (e). */
    void (*on_refused)(struct ws_client *c, const struct ws_answer *answer, const struct err *e,
                       void *arg);
};

/* NULL and *e on failure. */
struct ws_client *ws_client_start(struct loop *loop, const struct ws_client_spec *spec,
                                  const struct ws_client_callbacks *callbacks, void *arg,
                                  struct err *e);
/* Whether the server may have got the request. */
bool ws_client_was_sent(const struct ws_client *c);
/* Ends whatever is under way; no callback follows. Fine in a callback. NULL is fine. */
void ws_client_free(struct ws_client *c);

#endif
