/* ws_handshake: the HTTP request and answer with which a connection becomes a WebSocket (RFC 6455,
 * section 4). Pure: text in, text out.
 */
#ifndef ALMANAC_WS_HANDSHAKE_H
#define ALMANAC_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define WS_KEY_SIZE 25    /* 24 characters of base64 and a NUL */
#define WS_ACCEPT_SIZE 29 /* 28 */
#define WS_ANSWER_HEADERS_MAX 100

/* A random Sec-WebSocket-Key. */
void ws_key_new(char out[WS_KEY_SIZE]);
/* The Sec-WebSocket-Accept that belongs to a key. */
void ws_key_accept(const char *key, char out[WS_ACCEPT_SIZE]);
/* Whether a comma separated list holds a word, whatever its case. */
bool ws_list_has(const char *list, const char *word);

struct ws_answer_header {
    const char *name; /* in lower case */
    const char *value;
};

/* An answer as it comes. A refusal is read with its body. */
struct ws_answer {
    int status; /* 0 until the headers are complete */
    struct ws_answer_header headers[WS_ANSWER_HEADERS_MAX];
    size_t header_count;
    struct buf body; /* of a refusal, at most 1 MiB of it */
    /* The rest is its own. */
    struct buf head, raw;
    bool chunked;
    long long length; /* -1: until the connection ends */
};

void ws_answer_init(struct ws_answer *a);
void ws_answer_release(struct ws_answer *a);
/* 1: complete, *used bytes belonged to it (those behind a 101 are frames already); 0: more is
 * needed; -1 and *e: that is no answer. */
int ws_answer_feed(struct ws_answer *a, const char *data, size_t len, size_t *used, struct err *e);
/* The connection ended: 1 when that is how this answer ends, else -1 and *e. */
int ws_answer_end(struct ws_answer *a, struct err *e);
/* By its lower-case name; NULL when absent. */
const char *ws_answer_header(const struct ws_answer *a, const char *name);
/* Whether a 101 accepts what was asked: the index of the protocol that the server chose, or -1 and
 * *e. */
int ws_answer_check(const struct ws_answer *a, const char *key, const char *const *protocols,
                    struct err *e);

#endif
