/* transfer_fault: what curl reports of a failed transfer, turned into an error for people. */
#ifndef ALMANAC_TRANSFER_FAULT_H
#define ALMANAC_TRANSFER_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <curl/curl.h>

#include "base/err.h"
#include "net/tls_note.h"

struct transfer_fault {
    CURLcode code;
    const char *detail; /* curl's own words, or "" */
    int os_errno;
    const char *peer;       /* "host:port", or the socket's path */
    const char *host;       /* what the certificate must be for */
    const char *proxy;      /* NULL: none was asked for */
    bool plain;             /* the URL is http: no TLS was asked for */
    bool connected;         /* the connection and the handshake were done */
    bool answered;          /* the headers had come */
    size_t received;        /* bytes of the body */
    double elapsed;         /* seconds */
    double connect_timeout; /* as asked for; 0: none */
    double total_timeout;
    const struct tls_note *tls; /* NULL: no TLS */
};

/* Fills *e; returns -1. */
int transfer_fault_explain(const struct transfer_fault *f, struct err *e);

#endif
