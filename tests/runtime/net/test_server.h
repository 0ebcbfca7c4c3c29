/* test_server: an HTTP server of the worst kind, for the tests of clients: one thread for each
 * connection, and paths that answer, stall, lie and hang up.
 *
 *   /ok /echo /big?N /repeat /gzip-less …   see server_answer()
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct test_server {
    int fd, port;
    SSL_CTX *tls;
    pthread_t thread;
    int other_port;         /* where /elsewhere redirects to */
    atomic_int connections; /* accepted so far */
};

struct test_conn {
    struct test_server *server;
    int fd;
    SSL *ssl;
};

static inline int conn_read(struct test_conn *c, char *out, int size)
{
    return c->ssl ? SSL_read(c->ssl, out, size) : (int)read(c->fd, out, (size_t)size);
}

static inline void conn_send(struct test_conn *c, const char *text, size_t len)
{
    while (len > 0) {
        int n =
            c->ssl ? SSL_write(c->ssl, text, (int)len) : (int)send(c->fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static inline void conn_says(struct test_conn *c, const char *text)
{
    conn_send(c, text, strlen(text));
}

static inline void conn_answer(struct test_conn *c, const char *status, const char *headers,
                               const char *body)
{
    char head[8192];

    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status,
             strlen(body), headers);
    conn_says(c, head);
    conn_says(c, body);
}

/* Until the client goes away. */
static inline void conn_hang(struct test_conn *c)
{
    char byte;

    while (conn_read(c, &byte, 1) > 0)
        ;
}

/* False: the connection is over. */
static inline bool server_answer(struct test_conn *c, const char *path, const char *request)
{
    char text[4096];
    int i;

    if (strcmp(path, "/ok") == 0) {
        conn_answer(c, "200 OK", "X-One: 1\r\n", "hello");
    } else if (strcmp(path, "/echo") == 0) {
        conn_answer(c, "200 OK", "", request);
    } else if (strcmp(path, "/repeat") == 0) {
        conn_answer(c, "404 Not Found", "Warning: a\r\nwarning: b\r\n", "");
    } else if (strcmp(path, "/hundred") == 0) {
        conn_says(c, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        conn_answer(c, "201 Created", "", "made");
    } else if (strcmp(path, "/stream") == 0) {
        conn_says(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (i = 0; i < 100; i++) {
            int n = snprintf(text, sizeof text, "line %d\n", i);
            char chunk[sizeof text + 32];

            snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", (unsigned)n, text);
            conn_says(c, chunk);
        }
        conn_says(c, "0\r\n\r\n");
    } else if (strcmp(path, "/big") == 0) {
        conn_says(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        memset(text, 'x', sizeof text);
        for (i = 0; i < 1024; i++)
            conn_send(c, text, sizeof text);
        return false;
    } else if (strcmp(path, "/announced") == 0) {
        conn_says(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        conn_hang(c);
        return false;
    } else if (strcmp(path, "/silent") == 0) {
        conn_hang(c);
        return false;
    } else if (strcmp(path, "/stall") == 0) {
        conn_says(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        conn_hang(c);
        return false;
    } else if (strcmp(path, "/cut") == 0) {
        conn_says(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        return false;
    } else if (strcmp(path, "/nothing") == 0) {
        return false;
    } else if (strcmp(path, "/noise") == 0) {
        conn_says(c, "SSH-2.0-OpenSSH_9.2p1\r\n");
        return false;
    } else if (strcmp(path, "/here") == 0) {
        conn_answer(c, "302 Found", "Location: /echo\r\n", "moved");
    } else if (strcmp(path, "/elsewhere") == 0) {
        snprintf(text, sizeof text, "Location: http://127.0.0.1:%d/echo\r\n",
                 c->server->other_port);
        conn_answer(c, "307 Temporary Redirect", text, "moved");
    } else if (strcmp(path, "/circle") == 0) {
        conn_answer(c, "302 Found", "Location: /circle\r\n", "");
    } else {
        conn_answer(c, "404 Not Found", "", "no such path");
    }
    return true;
}

static inline void *conn_run(void *arg)
{
    struct test_conn *c = arg;
    char request[65536], path[1024];
    int len = 0, n;

    if (c->ssl && SSL_accept(c->ssl) != 1)
        goto out;
    for (;;) {
        char *end = NULL, *length;
        int body, want;

        while (!(end = (request[len] = '\0', strstr(request, "\r\n\r\n")))) {
            n = conn_read(c, request + len, (int)sizeof request - 1 - len);
            if (n <= 0)
                goto out;
            len += n;
            if (request[0] == 0x16) { /* a TLS handshake */
                conn_answer(c, "400 Bad Request", "", "plain HTTP only");
                goto out;
            }
        }
        length = strstr(request, "Content-Length: ");
        want = length && length < end ? atoi(length + 16) : 0;
        body = (int)(end - request) + 4;
        while (len < body + want && (n = conn_read(c, request + len, body + want - len)) > 0)
            len += n;
        request[len] = '\0';
        if (sscanf(request, "%*s %1023s", path) != 1 || !server_answer(c, path, request))
            break;
        len = 0;
    }
out:
    if (c->ssl) {
        SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    close(c->fd);
    free(c);
    return NULL;
}

static inline void *server_run(void *arg)
{
    struct test_server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        struct test_conn *c = calloc(1, sizeof *c);
        pthread_t thread;

        s->connections++;
        c->server = s;
        c->fd = fd;
        if (s->tls) {
            c->ssl = SSL_new(s->tls);
            SSL_set_fd(c->ssl, fd);
        }
        pthread_create(&thread, NULL, conn_run, c);
        pthread_detach(thread);
    }
    return NULL;
}

/* Listens at a free port of 127.0.0.1. */
static inline void server_start(struct test_server *s, SSL_CTX *tls)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    signal(SIGPIPE, SIG_IGN);
    memset(s, 0, sizeof *s);
    s->tls = tls;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 64) ||
        getsockname(s->fd, (struct sockaddr *)&at, &len))
        abort();
    s->port = ntohs(at.sin_port);
    pthread_create(&s->thread, NULL, server_run, s);
}

static inline void server_stop(struct test_server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

/* ---- certificates ---- */

struct test_cert {
    X509 *x509;
    EVP_PKEY *key;
    char *pem, *key_pem; /* NUL-terminated */
};

static inline char *bio_text(BIO *bio)
{
    char *data, *text;
    long len = BIO_get_mem_data(bio, &data);

    text = calloc(1, (size_t)len + 1);
    memcpy(text, data, (size_t)len);
    BIO_free(bio);
    return text;
}

static inline void cert_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (!ext)
        abort();
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
}

/* An authority when issuer is NULL. names as in "DNS:localhost,IP:127.0.0.1"; valid from days
 * before now for a year. */
static inline void cert_make(struct test_cert *c, const struct test_cert *issuer, const char *cn,
                             const char *names, int days_ago)
{
    static long serial = 1;
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    BIO *bio;

    c->key = EVP_EC_gen("P-256");
    c->x509 = x;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400L * days_ago);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400L * (365 - days_ago));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->x509) : name);
    X509_set_pubkey(x, c->key);
    if (!issuer)
        cert_extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
    if (names)
        cert_extend(x, issuer ? issuer->x509 : x, NID_subject_alt_name, names);
    X509_sign(x, issuer ? issuer->key : c->key, EVP_sha256());
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, x);
    c->pem = bio_text(bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL);
    c->key_pem = bio_text(bio);
}

static inline void cert_free(struct test_cert *c)
{
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
    free(c->pem);
    free(c->key_pem);
}

/* client_ca: certificates signed by it are asked for and required. */
static inline SSL_CTX *server_tls(const struct test_cert *cert, const struct test_cert *client_ca)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(ctx, cert->x509);
    SSL_CTX_use_PrivateKey(ctx, cert->key);
    if (client_ca) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), client_ca->x509);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return ctx;
}

#endif
