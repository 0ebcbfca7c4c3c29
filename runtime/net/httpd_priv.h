/* httpd_priv: what the files of httpd share. Nobody else includes it. */
#ifndef ALMANAC_HTTPD_PRIV_H
#define ALMANAC_HTTPD_PRIV_H

#include <microhttpd.h>
#include <uv.h>

#include "base/buf.h"
#include "net/httpd.h"

#define HTTPD_HEADERS_MAX 128

/* The three uv handles live in here, so it is freed in the last of their close callbacks. */
struct httpd {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    httpd_request_fn fn;
    void *arg;
    size_t body_max;
    size_t stream_max;
    bool wants_cn;
    bool stopping;
    bool is_put_off; /* libmicrohttpd has work, which the timer does */
    int port;
    int open_handles;
    uv_poll_t poll;
    uv_timer_t timer;
    struct httpd_request *requests;     /* those libmicrohttpd still knows */
    struct httpd_websocket *websockets; /* that it must not find open when it stops */
};

enum answer { ANSWER_NONE, ANSWER_WHOLE, ANSWER_STREAM, ANSWER_WEBSOCKET };

struct httpd_request {
    struct httpd *httpd;               /* NULL once libmicrohttpd forgot it */
    struct MHD_Connection *connection; /* valid while httpd is */
    struct httpd_request *next, *prev;
    struct watch *watch;
    bool owned;      /* the owner has not freed it */
    bool dispatched; /* handed over */
    bool suspended;
    bool gone;
    bool finished; /* stream: no more writes */
    bool cut;      /* stream: end it as broken */
    bool headers_seen;
    size_t excess; /* body bytes past the cap, read and dropped so that a 413 can be answered */
    bool refused;  /* client certificate does not verify */
    enum answer answer;
    struct MHD_Response *response; /* made, not yet queued */
    int status;
    char *method;
    char *target;
    char *client_cn;
    char *client_groups;
    struct buf body;
    struct buf out;
    struct httpd_header headers[HTTPD_HEADERS_MAX];
    size_t header_count;
    struct httpd_websocket *websocket; /* that it becomes, or became */
    httpd_gone_fn gone_fn;
    void *gone_arg;
};

/* httpd.c: makes libmicrohttpd run soon: it has work that its epoll descriptor does not show. */
void httpd_kick(struct httpd *httpd);

/* httpd_request.c: what libmicrohttpd calls; cls is the server. */
void *httpd_request_new(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result httpd_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_len, void **con_cls);
void httpd_request_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                             enum MHD_RequestTerminationCode code);
/* httpd_request.c: the client is not there any more; the owner is told. */
void httpd_request_set_gone(struct httpd_request *req);
/* httpd_request.c: libmicrohttpd goes on with a request that waits: it sends its answer, or closes
 * the connection where there is none. */
void httpd_request_resume(struct httpd_request *req);
/* httpd_request.c: no longer looks whether the client is there. */
void httpd_watch_stop(struct httpd_request *req);
/* httpd_websocket.c: libmicrohttpd is done with the connection. NULL is fine. */
void httpd_websocket_forget(struct httpd_websocket *w);
/* httpd_websocket.c: ends them all, before libmicrohttpd stops. */
void httpd_websockets_end(struct httpd *httpd);

#endif
