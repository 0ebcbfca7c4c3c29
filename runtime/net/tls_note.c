#include "net/tls_note.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_cert.h"

struct tls_note *tls_note_new(void)
{
    struct tls_note *note = calloc(1, sizeof *note);

    if (note)
        note->references = 1;
    return note;
}

void tls_note_unref(struct tls_note *note)
{
    if (note && --note->references == 0)
        free(note);
}

/* Runs when OpenSSL frees the context, which may be long after the transfer: curl keeps
 * connections. */
static void tls_note_dropped(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                             void *argp)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    tls_note_unref(ptr);
}

static int tls_note_index(void)
{
    static int index = -1;

    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, tls_note_dropped);
    return index;
}

static void name_text(const X509_NAME *name, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int len;

    out[0] = '\0';
    if (!bio)
        return;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    len = BIO_read(bio, out, (int)size - 1);
    out[len > 0 ? len : 0] = '\0';
    BIO_free(bio);
}

static void add_name(struct tls_note *note, const char *text, size_t len)
{
    size_t used = strlen(note->names);

    if (used + len + 3 > sizeof note->names)
        return;
    snprintf(note->names + used, sizeof note->names - used, "%s%.*s", used ? ", " : "", (int)len,
             text);
}

static void note_names(struct tls_note *note, X509 *cert)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int i;

    note->names[0] = '\0';
    for (i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        char ip[INET6_ADDRSTRLEN];

        if (name->type == GEN_DNS) {
            add_name(note, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                     (size_t)ASN1_STRING_length(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;

            if (inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), ip, sizeof ip))
                add_name(note, ip, strlen(ip));
        }
    }
    GENERAL_NAMES_free(all);
}

/* OpenSSL asks about each certificate of the chain, the server's own last. */
static int tls_note_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_note *note = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tls_note_index());
    X509 *cert = X509_STORE_CTX_get_current_cert(store);

    if (!note || !cert || note->code != X509_V_OK)
        return ok;
    if (!ok)
        note->code = X509_STORE_CTX_get_error(store);
    name_text(X509_get_subject_name(cert), note->subject, sizeof note->subject);
    name_text(X509_get_issuer_name(cert), note->issuer, sizeof note->issuer);
    tls_cert_time(X509_get0_notBefore(cert), note->not_before, sizeof note->not_before);
    tls_cert_time(X509_get0_notAfter(cert), note->not_after, sizeof note->not_after);
    if (X509_STORE_CTX_get_error_depth(store) == 0)
        note_names(note, cert);
    return ok;
}

int tls_note_attach(struct tls_note *note, void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;

    if (tls_note_index() < 0 || SSL_CTX_set_ex_data(ctx, tls_note_index(), note) != 1)
        return -1;
    note->references++;
    SSL_CTX_set_verify(ctx, SSL_CTX_get_verify_mode(ctx), tls_note_verify);
    return 0;
}
