/* tls_cert: what a certificate of ours says of itself, and whether a key belongs to it. */
#ifndef ALMANAC_TLS_CERT_H
#define ALMANAC_TLS_CERT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/asn1.h>

struct tls_cert {
    char name[128];                     /* the subject's common name; a Kubernetes user */
    char groups[256];                   /* its organizations, comma separated; a user's groups */
    char not_before[32], not_after[32]; /* e.g. 2026-11-24T06:00:00Z */
    bool expired, early;
};

/* Reads the first certificate of a PEM text. 0, or -1 when the text holds none. */
int tls_cert_read(const char *pem, size_t len, struct tls_cert *out);

/* A time of a certificate as text: "2026-11-24T06:00:00Z", "" where it is none. */
void tls_cert_time(const ASN1_TIME *at, char *out, size_t size);

enum tls_key_verdict { TLS_KEY_FITS, TLS_KEY_NO_PEM, TLS_KEY_ENCRYPTED, TLS_KEY_OF_ANOTHER };

/* Whether a private key (PEM) belongs to the first certificate of a PEM text, which must hold
 * one. */
enum tls_key_verdict tls_cert_check_key(const char *pem, size_t len, const char *key,
                                        size_t key_len);

#endif
