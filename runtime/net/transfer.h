/* transfer: HTTP and HTTPS requests on the event loop, through curl's multi interface.
 *
 * A pool keeps connections open between requests and multiplexes them over HTTP/2 where the
 * server offers it. Callbacks run only from the loop, never inside the function that started,
 * resumed or cancelled the transfer. A transfer ends once: by on_done, or by transfer_cancel().
 *
 * Without `proxy` the environment's (https_proxy, no_proxy) is used, but never for a loopback
 * address.
 */
#ifndef ALMANAC_TRANSFER_H
#define ALMANAC_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct loop;
struct transfers;
struct transfer;

/* Certificates and keys are PEM, by file or by content; the content wins. All NULL or false: the
 * system's authorities, no client certificate, everything verified. */
struct transfer_tls {
    const char *ca_file;
    const void *ca; /* replaces the system's authorities, as ca_file does */
    size_t ca_len;
    const char *cert_file;
    const void *cert;
    size_t cert_len;
    const char *key_file;
    const void *key;
    size_t key_len;
    const char *server_name; /* asked for and verified in place of the URL's host */
    bool insecure;           /* verifies nothing */
};

/* Everything is copied by transfer_start(). Times are in seconds, 0 for none. */
struct transfer_spec {
    const char *method; /* NULL: GET */
    const char *url;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const void *body; /* NULL: none */
    size_t body_len;
    struct transfer_tls tls;
    const char *user; /* basic authentication; NULL: none */
    const char *password;
    const char *proxy; /* http://, https://, socks5://…; NULL: the environment's; "": none */
    const char *unix_socket; /* connects there, whatever the URL's host */
    double connect_timeout;  /* name, connection and TLS handshake */
    double total_timeout;
    double stall_timeout; /* without one byte either way */
    size_t max_body;      /* bytes of the decoded answer; 0: no limit */
    int max_redirects;    /* followed for GET and HEAD only; to another origin without headers,
                             certificates or passwords */
    bool gzip;            /* offers compression; leave it off for streams that must not lag */
    bool connect_only;    /* opens the connection and sends nothing: see on_connected */
};

/* Each may be NULL. on_headers comes once, before any data. *e is NULL when the whole answer
 * came, whatever its status; after on_done the transfer is gone. */
struct transfer_callbacks {
    void (*on_headers)(struct transfer *t, void *arg);
    void (*on_data)(struct transfer *t, const char *data, size_t len, void *arg);
    void (*on_done)(struct transfer *t, const struct err *e, void *arg);
    /* With connect_only, in place of on_done when all went well: the connection stands, through
     * proxies and with TLS done, until transfer_cancel(). No callback follows. Such a transfer
     * needs a pool of its own: curl closes idle connections of a busy one. */
    void (*on_connected)(struct transfer *t, void *arg);
};

/* NULL and *e on failure. curl itself is set up by the first transfer, not here. */
struct transfers *transfers_new(struct loop *loop, struct err *e);
/* Cancels what is under way, without callbacks. NULL is fine. Its handles are closed when the
 * loop has run once more. */
void transfers_free(struct transfers *pool);

/* NULL and *e when the request cannot even be put: a bad URL, no memory. */
struct transfer *transfer_start(struct transfers *pool, const struct transfer_spec *spec,
                                const struct transfer_callbacks *callbacks, void *arg,
                                struct err *e);
/* No callback comes after this. Safe at any time before on_done returns, also in a callback;
 * NULL is fine. */
void transfer_cancel(struct transfer *t);
/* While paused no data is delivered and the peer is held back. Pausing in on_data keeps what was
 * just delivered; the stall clock stands. */
void transfer_pause(struct transfer *t);
void transfer_resume(struct transfer *t);

/* What is known so far. The status is 0 before the headers came. */
int transfer_status(const struct transfer *t);
/* The i-th header, its name in lower case, repeated ones joined with ", ". False past the end. */
bool transfer_header_at(const struct transfer *t, size_t i, const char **name, const char **value);
/* The value of a header by its lower-case name, or NULL. */
const char *transfer_header(const struct transfer *t, const char *name);
/* Whether the connection (and its TLS handshake) stood, so that the server may have got the
 * request. */
bool transfer_was_sent(const struct transfer *t);
/* Of a connection that stands: its descriptor, to be watched; and reading and writing, which never
 * block. More than 0 bytes, 0 at the end (recv), TRANSFER_AGAIN, or -1 and *e. */
#define TRANSFER_AGAIN ((ssize_t)-2)
int transfer_socket(const struct transfer *t);
ssize_t transfer_recv(struct transfer *t, void *out, size_t max, struct err *e);
ssize_t transfer_send(struct transfer *t, const void *data, size_t len, struct err *e);
/* Seconds since the start. */
double transfer_elapsed(const struct transfer *t);

#endif
