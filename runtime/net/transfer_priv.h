/* transfer_priv: what the files of transfer share: one transfer's memory. Nobody else includes it.
 */
#ifndef ALMANAC_TRANSFER_PRIV_H
#define ALMANAC_TRANSFER_PRIV_H

#include <curl/curl.h>

#include "net/tls_note.h"
#include "net/transfer.h"

struct loop_timer;

/* WAITING until curl may be given the handle, then ACTIVE; CONNECTED with connect_only; ENDED is
 * waiting to be freed. */
enum transfer_state { TRANSFER_WAITING, TRANSFER_ACTIVE, TRANSFER_CONNECTED, TRANSFER_ENDED };

struct header {
    char *name;
    char *value;
};

struct transfer {
    struct transfers *pool;
    struct transfer *next, *prev; /* in pool->all */
    enum transfer_state state;
    CURL *easy;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    struct tls_note *tls;
    struct transfer_callbacks callbacks;
    void *arg;
    char *url;
    char *peer; /* host:port, for people */
    char *host; /* that the certificate is for */
    char *proxy;
    char detail[CURL_ERROR_SIZE];
    struct header *answer; /* headers */
    size_t answer_count;
    int status;
    bool answered;    /* on_headers was called, or would have been */
    bool redirecting; /* this answer is only a Location to go to */
    bool head;
    bool connect_only;
    bool paused;
    bool resume; /* asked for; the pool does it from the loop */
    bool failed; /* `failure` says why, whatever curl says */
    bool clean;  /* on the way to another origin: the secrets are dropped */
    int redirects_left;
    size_t received, max_body;
    double started, connect_timeout, total_timeout, stall_timeout;
    double last_activity;
    curl_off_t last_count;
    struct loop_timer *stall_timer;
    struct loop_timer *limit_timer; /* of a simulated clock: curl knows the computer's alone */
    struct err failure;
};

/* transfer.c: ends the transfer with this error (a format for the peer and a size) as soon as curl
 * is left; returns -1. The first failure stands. */
int transfer_fail(struct transfer *t, enum err_kind kind, const char *fmt, size_t n);

/* transfer_easy.c: makes the curl handle a spec asks for. */
int transfer_easy_prepare(struct transfer *t, const struct transfer_spec *spec, struct err *e);
/* Points the handle at the URL of a redirect; drops all secrets when that is another origin. */
int transfer_easy_redirect(struct transfer *t, const char *url, struct err *e);

/* transfer_answer.c: the callbacks that curl calls as the answer comes. */
size_t transfer_on_header(char *line, size_t size, size_t count, void *arg);
size_t transfer_on_data(char *data, size_t size, size_t count, void *arg);
int transfer_on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                         curl_off_t up);
void transfer_forget_answer(struct transfer *t);

#endif
