#include "net/tls_cert.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static X509 *read_first(const char *pem, size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return cert;
}

void tls_cert_time(const ASN1_TIME *at, char *out, size_t size)
{
    struct tm tm;

    out[0] = '\0';
    if (ASN1_TIME_to_tm(at, &tm) == 1)
        strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Adds each value of an attribute of the name; what does not fit is left out whole. */
static void add_entries(const X509_NAME *name, int nid, char *out, size_t size)
{
    int at = -1;

    out[0] = '\0';
    while ((at = X509_NAME_get_index_by_NID((X509_NAME *)name, nid, at)) >= 0) {
        const ASN1_STRING *data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
        size_t used = strlen(out), len = (size_t)ASN1_STRING_length(data);

        if (used + len + 3 <= size)
            snprintf(out + used, size - used, "%s%.*s", used ? ", " : "", (int)len,
                     ASN1_STRING_get0_data(data));
    }
}

int tls_cert_read(const char *pem, size_t len, struct tls_cert *out)
{
    X509 *cert = read_first(pem, len);

    if (!cert)
        return -1;
    add_entries(X509_get_subject_name(cert), NID_commonName, out->name, sizeof out->name);
    add_entries(X509_get_subject_name(cert), NID_organizationName, out->groups, sizeof out->groups);
    tls_cert_time(X509_get0_notBefore(cert), out->not_before, sizeof out->not_before);
    tls_cert_time(X509_get0_notAfter(cert), out->not_after, sizeof out->not_after);
    out->expired = X509_cmp_current_time(X509_get0_notAfter(cert)) < 0;
    out->early = X509_cmp_current_time(X509_get0_notBefore(cert)) > 0;
    X509_free(cert);
    return 0;
}

/* Nobody can be asked for a pass phrase: notes that one was wanted, and gives none. */
static int refuse_phrase(char *phrase, int size, int writing, void *wanted)
{
    (void)phrase;
    (void)size;
    (void)writing;
    *(bool *)wanted = true;
    return -1;
}

enum tls_key_verdict tls_cert_check_key(const char *pem, size_t len, const char *key,
                                        size_t key_len)
{
    bool encrypted = false;
    BIO *bio = BIO_new_mem_buf(key, (int)key_len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_phrase, &encrypted) : NULL;
    X509 *cert = read_first(pem, len);
    enum tls_key_verdict verdict = TLS_KEY_FITS;

    if (!pkey)
        verdict = encrypted ? TLS_KEY_ENCRYPTED : TLS_KEY_NO_PEM;
    else if (cert && X509_check_private_key(cert, pkey) != 1)
        verdict = TLS_KEY_OF_ANOTHER;
    EVP_PKEY_free(pkey);
    X509_free(cert);
    BIO_free(bio);
    ERR_clear_error();
    return verdict;
}
