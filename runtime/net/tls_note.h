/* tls_note: what a TLS handshake saw of the peer's certificate, so that a refusal can say which
 * certificate, which names and which dates.
 */
#ifndef ALMANAC_TLS_NOTE_H
#define ALMANAC_TLS_NOTE_H

#include <stddef.h>

/* Held by the transfer and by the TLS context, whichever lives longer. */
struct tls_note {
    int references;
    int code;          /* X509_V_OK or the first X509_V_ERR_… met */
    char subject[256]; /* of the certificate that was refused, or of the server's own */
    char issuer[256];
    char names[256];     /* the server's DNS names and addresses, comma separated */
    char not_before[32]; /* of the refused certificate, e.g. 2026-11-24T06:00:00Z */
    char not_after[32];
};

/* NULL when memory is out. */
struct tls_note *tls_note_new(void);
void tls_note_unref(struct tls_note *note); /* NULL is fine */
/* Watches the handshakes of an OpenSSL SSL_CTX; changes no verdict. Returns 0 or -1. */
int tls_note_attach(struct tls_note *note, void *ssl_ctx);

#endif
