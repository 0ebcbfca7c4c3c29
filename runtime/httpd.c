#include "httpd_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <strings.h>
#include <unistd.h>

#include "loop.h"

#define BODY_MAX_DEFAULT ((size_t)16 << 20)
#define STREAM_MAX_DEFAULT ((size_t)64 << 20)
#define BODY_EXCESS_MAX ((size_t)64 << 20)
#define PEM_MAX ((size_t)1 << 20)
#define CONNECTIONS_MAX 4096
#define CONNECTION_MEMORY ((size_t)64 << 10)
#define STREAM_BLOCK ((size_t)32 << 10)

/* Watches a suspended client: libmicrohttpd does not look at its socket then. On a descriptor of
 * its own, because libmicrohttpd may close the socket while libuv still polls it. */
struct watch {
    uv_poll_t poll;
    int fd;
    struct httpd_request *req;
};

static void request_release(struct httpd_request *req)
{
    if (req->httpd || req->owned)
        return;
    if (req->response)
        MHD_destroy_response(req->response);
    for (size_t i = 0; i < req->header_count; i++) {
        free((char *)req->headers[i].name);
        free((char *)req->headers[i].value);
    }
    free(req->method);
    free(req->target);
    free(req->client_cn);
    free(req->client_groups);
    buf_release(&req->body);
    buf_release(&req->out);
    free(req);
}

static void watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;

    close(watch->fd);
    free(watch);
}

void httpd_watch_stop(struct httpd_request *req)
{
    if (!req->watch)
        return;
    req->watch->req = NULL;
    uv_close((uv_handle_t *)&req->watch->poll, watch_closed);
    req->watch = NULL;
}

/* Makes libmicrohttpd run soon: it has work that its epoll descriptor does not show. */
static void httpd_kick(struct httpd *httpd);

void httpd_request_resume(struct httpd_request *req)
{
    if (!req->suspended || !req->httpd)
        return;
    req->suspended = false;
    httpd_watch_stop(req);
    MHD_resume_connection(req->connection);
    if (!req->httpd->stopping)
        httpd_kick(req->httpd);
}

static void request_set_gone(struct httpd_request *req)
{
    httpd_gone_fn fn = req->gone_fn;

    if (req->gone)
        return;
    req->gone = true;
    buf_release(&req->out);
    req->gone_fn = NULL;
    if (fn && req->owned)
        fn(req->gone_arg, req);
}

static void watch_fired(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct httpd_request *req = watch->req;

    (void)events;
    (void)status;
    if (!req)
        return;
    /* Resuming makes libmicrohttpd meet the dead socket and end the request. */
    httpd_request_resume(req);
    request_set_gone(req);
}

/* Without a watch (no descriptors left) a vanished client is noticed at the next write. */
static void watch_start(struct httpd_request *req)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct watch *watch;

    if (!info || req->watch)
        return;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return;
    watch->fd = fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0);
    if (watch->fd < 0 || uv_poll_init(&req->httpd->loop->uv, &watch->poll, watch->fd) < 0) {
        if (watch->fd >= 0)
            close(watch->fd);
        free(watch);
        return;
    }
    watch->poll.data = watch;
    watch->req = req;
    req->watch = watch;
    uv_poll_start(&watch->poll, UV_DISCONNECT, watch_fired);
}

static void request_suspend(struct httpd_request *req)
{
    req->suspended = true;
    MHD_suspend_connection(req->connection);
    watch_start(req);
}

static enum MHD_Result header_copy(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct httpd_request *req = arg;
    struct httpd_header *h = &req->headers[req->header_count];

    (void)kind;
    if (req->header_count == HTTPD_HEADERS_MAX)
        return MHD_NO;
    h->name = strdup(name);
    h->value = strdup(value ? value : "");
    if (!h->name || !h->value) {
        free((char *)h->name);
        free((char *)h->value);
        return MHD_NO;
    }
    req->header_count++;
    return MHD_YES;
}

static void request_read_groups(struct httpd_request *req, gnutls_x509_crt_t cert)
{
    struct buf groups = BUF_INIT(8192);
    char name[256];
    size_t len = sizeof name;
    unsigned int i;

    buf_adds(&groups, "");
    for (i = 0; gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_ORGANIZATION_NAME, i, 0, name,
                                              &len) == 0;
         i++) {
        buf_addf(&groups, "%s\n", name);
        len = sizeof name;
    }
    req->client_groups = buf_detach(&groups, NULL);
}

/* The common name of the client's certificate, if it sent one; a certificate that does not verify
 * refuses the request. */
static void request_read_cn(struct httpd_request *req)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    const gnutls_datum_t *chain;
    gnutls_x509_crt_t cert;
    unsigned int count = 0, status = 0;
    char cn[256];
    size_t len = sizeof cn;

    if (!session)
        return;
    chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count == 0)
        return;
    if (gnutls_certificate_verify_peers2(session, &status) < 0 || status != 0) {
        req->refused = true;
        return;
    }
    if (gnutls_x509_crt_init(&cert) < 0)
        return;
    if (gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &len) == 0)
        req->client_cn = strdup(cn);
    if (req->client_cn)
        request_read_groups(req, cert);
    gnutls_x509_crt_deinit(cert);
}

static enum MHD_Result request_refuse(struct MHD_Connection *connection, int status,
                                      const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    rc = MHD_queue_response(connection, (unsigned int)status, response);
    MHD_destroy_response(response);
    return rc;
}

static void *request_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = calloc(1, sizeof *req);

    if (!req)
        return NULL;
    req->httpd = httpd;
    req->connection = connection;
    req->target = strdup(uri);
    buf_init(&req->body, httpd->body_max);
    buf_init(&req->out, httpd->stream_max);
    req->next = httpd->requests;
    if (req->next)
        req->next->prev = req;
    httpd->requests = req;
    return req;
}

/* libmicrohttpd forgets the request: answered, or its connection broke. */
static void request_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                              enum MHD_RequestTerminationCode code)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = *con_cls;

    (void)connection;
    if (!req)
        return;
    *con_cls = NULL;
    httpd_watch_stop(req);
    httpd_websocket_forget(req->websocket);
    req->websocket = NULL;
    if (req->prev)
        req->prev->next = req->next;
    else
        httpd->requests = req->next;
    if (req->next)
        req->next->prev = req->prev;
    req->httpd = NULL;
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        request_set_gone(req);
    request_release(req);
}

static enum MHD_Result request_dispatch(struct httpd *httpd, struct httpd_request *req,
                                        const char *method)
{
    req->dispatched = true;
    req->method = strdup(method);
    MHD_get_connection_values(req->connection, MHD_HEADER_KIND, header_copy, req);
    if (httpd->wants_cn)
        request_read_cn(req);
    if (req->refused)
        return request_refuse(req->connection, 401, "client certificate refused\n");
    if (req->excess)
        return request_refuse(req->connection, 413, "request body too large\n");
    if (!req->method || !req->target)
        return MHD_NO;
    req->owned = true;
    request_suspend(req);
    httpd->fn(httpd->arg, req);
    return MHD_YES;
}

static enum MHD_Result request_take_body(struct httpd_request *req, const char *bytes, size_t len)
{
    if (req->excess == 0 && buf_add(&req->body, bytes, len) == 0)
        return MHD_YES;
    req->excess += len;
    return req->excess <= BODY_EXCESS_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *upload,
                                      size_t *upload_len, void **con_cls)
{
    struct httpd *httpd = cls;
    struct httpd_request *req = *con_cls;
    enum MHD_Result rc;

    (void)url;
    (void)version;
    if (!req || httpd->stopping)
        return MHD_NO;
    if (!req->headers_seen) {
        /* The first call only says that the headers are in; the body, if any, follows. */
        req->headers_seen = true;
        return MHD_YES;
    }
    if (*upload_len > 0) {
        rc = request_take_body(req, upload, *upload_len);
        *upload_len = 0;
        return rc;
    }
    if (!req->dispatched)
        return request_dispatch(httpd, req, method);
    if (req->gone || !req->response)
        return MHD_NO;
    rc = MHD_queue_response(connection, (unsigned int)req->status, req->response);
    MHD_destroy_response(req->response);
    req->response = NULL;
    return rc;
}

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
    struct httpd_request *req = cls;
    size_t n = req->out.len < max ? req->out.len : max;

    (void)pos;
    if (req->gone || req->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n > 0) {
        memcpy(out, req->out.data, n);
        buf_consume(&req->out, n);
        return (ssize_t)n;
    }
    if (req->finished)
        return MHD_CONTENT_READER_END_OF_STREAM;
    request_suspend(req);
    return 0;
}

/* --- driving libmicrohttpd from the loop --- */

static void httpd_run(struct httpd *httpd);

static void httpd_timer_fired(uv_timer_t *timer)
{
    httpd_run(timer->data);
}

static void httpd_kick(struct httpd *httpd)
{
    uv_timer_start(&httpd->timer, httpd_timer_fired, 0, 0);
}

static void httpd_run(struct httpd *httpd)
{
    MHD_UNSIGNED_LONG_LONG ms;

    if (httpd->stopping)
        return;
    uv_timer_stop(&httpd->timer);
    MHD_run(httpd->daemon);
    if (!httpd->stopping && MHD_get_timeout(httpd->daemon, &ms) == MHD_YES)
        uv_timer_start(&httpd->timer, httpd_timer_fired, ms, 0);
}

static void httpd_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    httpd_run(poll->data);
}

static int pem_read(const char *path, const char *what, char **out, struct err *e)
{
    struct buf b = BUF_INIT(PEM_MAX);
    char chunk[4096];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the server's %s %s", what, path);
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        if (buf_add(&b, chunk, (size_t)n) < 0)
            break;
    }
    close(fd);
    if (n != 0) {
        buf_release(&b);
        return err_set(e, ERR_IO, "cannot read the server's %s %s", what, path);
    }
    *out = buf_detach(&b, NULL);
    return *out ? 0 : err_set(e, ERR_MEMORY, "out of memory reading %s", path);
}

struct pems {
    char *cert, *key, *ca;
};

static int pems_read(struct pems *pems, const struct httpd_options *o, struct err *e)
{
    if (!o->cert != !o->key)
        return err_set(e, ERR_USAGE, "TLS needs both a certificate and a key");
    if (o->client_ca && !o->cert)
        return err_set(e, ERR_USAGE, "a client CA needs TLS: give a certificate and a key");
    if (!o->cert)
        return 0;
    if (pem_read(o->cert, "certificate", &pems->cert, e) < 0 ||
        pem_read(o->key, "key", &pems->key, e) < 0)
        return -1;
    if (o->client_ca)
        return pem_read(o->client_ca, "client CA", &pems->ca, e);
    return 0;
}

static struct MHD_Daemon *daemon_start(struct httpd *httpd, const struct pems *pems,
                                       struct sockaddr *addr)
{
    struct MHD_OptionItem tls[4];
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    int n = 0;

    if (addr->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (pems->cert) {
        flags |= MHD_USE_TLS;
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, pems->cert};
        tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, pems->key};
        if (pems->ca)
            tls[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, pems->ca};
    }
    tls[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, NULL, NULL, request_handle, httpd, MHD_OPTION_SOCK_ADDR, addr,
                            MHD_OPTION_URI_LOG_CALLBACK, request_new, httpd,
                            MHD_OPTION_NOTIFY_COMPLETED, request_completed, httpd,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_ARRAY,
                            tls, MHD_OPTION_END);
}

static int daemon_address(const struct httpd_options *o, struct sockaddr_storage *ss, struct err *e)
{
    const char *address = o->address ? o->address : "127.0.0.1";
    struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

    memset(ss, 0, sizeof *ss);
    if (o->port < 0 || o->port > 65535)
        return err_set(e, ERR_USAGE, "no such port: %d", o->port);
    if (inet_pton(AF_INET, address, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons((uint16_t)o->port);
    } else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)o->port);
    } else {
        return err_set(e, ERR_USAGE, "not an IP address to listen on: %s", address);
    }
    return 0;
}

static void httpd_handle_closed(uv_handle_t *handle)
{
    struct httpd *httpd = handle->data;

    if (--httpd->open_handles == 0)
        free(httpd);
}

static int httpd_attach(struct httpd *httpd, struct err *e)
{
    const union MHD_DaemonInfo *epoll =
        MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const union MHD_DaemonInfo *port =
        MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_BIND_PORT);
    int rc;

    if (!epoll || !port)
        return err_set(e, ERR_INTERNAL, "libmicrohttpd gives no epoll descriptor or port");
    httpd->port = port->port;
    rc = uv_poll_init(&httpd->loop->uv, &httpd->poll, epoll->epoll_fd);
    if (rc < 0)
        return err_set(e, ERR_IO, "cannot watch the listening socket: %s", uv_strerror(rc));
    uv_timer_init(&httpd->loop->uv, &httpd->timer);
    httpd->poll.data = httpd->timer.data = httpd;
    httpd->open_handles = 2;
    uv_poll_start(&httpd->poll, UV_READABLE, httpd_readable);
    return 0;
}

int httpd_start(struct httpd **out, struct loop *loop, const struct httpd_options *options,
                httpd_request_fn fn, void *arg, struct err *e)
{
    struct sockaddr_storage ss;
    struct pems pems = {NULL, NULL, NULL};
    struct httpd *httpd;
    int rc = -1, saved;

    if (daemon_address(options, &ss, e) < 0)
        return -1;
    httpd = calloc(1, sizeof *httpd);
    if (!httpd)
        return err_set(e, ERR_MEMORY, "out of memory");
    httpd->loop = loop;
    httpd->fn = fn;
    httpd->arg = arg;
    httpd->body_max = options->body_max ? options->body_max : BODY_MAX_DEFAULT;
    httpd->stream_max = options->stream_max ? options->stream_max : STREAM_MAX_DEFAULT;
    httpd->wants_cn = options->client_ca != NULL;
    if (pems_read(&pems, options, e) < 0)
        goto out;
    errno = 0;
    httpd->daemon = daemon_start(httpd, &pems, (struct sockaddr *)&ss);
    saved = errno;
    if (!httpd->daemon) {
        err_set_errno(e, ERR_IO, saved ? saved : EINVAL, "cannot serve on %s port %d",
                      options->address ? options->address : "127.0.0.1", options->port);
        if (saved == EADDRINUSE)
            err_hint(e, "another program listens there; port 0 picks a free one");
        goto out;
    }
    rc = httpd_attach(httpd, e);
    if (rc < 0)
        MHD_stop_daemon(httpd->daemon);
out:
    free(pems.cert);
    free(pems.key);
    free(pems.ca);
    if (rc < 0)
        free(httpd);
    else
        *out = httpd;
    return rc;
}

int httpd_port(const struct httpd *httpd)
{
    return httpd->port;
}

void httpd_stop(struct httpd *httpd)
{
    struct httpd_request *req, *next;

    if (!httpd)
        return;
    httpd->stopping = true;
    httpd_websockets_end(httpd);
    /* libmicrohttpd aborts on a suspended connection at its end. */
    for (req = httpd->requests; req; req = next) {
        next = req->next;
        httpd_request_resume(req);
        request_set_gone(req);
    }
    uv_poll_stop(&httpd->poll);
    MHD_stop_daemon(httpd->daemon);
    uv_close((uv_handle_t *)&httpd->poll, httpd_handle_closed);
    uv_close((uv_handle_t *)&httpd->timer, httpd_handle_closed);
}

/* --- the owner's side of a request --- */

const char *httpd_request_method(const struct httpd_request *req)
{
    return req->method;
}

const char *httpd_request_target(const struct httpd_request *req)
{
    return req->target;
}

const struct httpd_header *httpd_request_headers(const struct httpd_request *req, size_t *count)
{
    *count = req->header_count;
    return req->headers;
}

const char *httpd_request_body(const struct httpd_request *req, size_t *len)
{
    *len = req->body.len;
    return buf_str(&req->body);
}

const char *httpd_request_client_cn(const struct httpd_request *req)
{
    return req->client_cn;
}

const char *httpd_request_client_groups(const struct httpd_request *req)
{
    return req->client_groups;
}

bool httpd_request_gone(const struct httpd_request *req)
{
    return req->gone;
}

bool httpd_request_answered(const struct httpd_request *req)
{
    return req->answer != ANSWER_NONE;
}

void httpd_request_on_gone(struct httpd_request *req, httpd_gone_fn fn, void *arg)
{
    req->gone_fn = fn;
    req->gone_arg = arg;
}

static int request_answer(struct httpd_request *req, struct MHD_Response *response, int status,
                          const struct httpd_header *headers, size_t count)
{
    if (!response)
        return -1;
    for (size_t i = 0; i < count; i++) {
        /* libmicrohttpd computes these two itself and refuses or doubles ours. */
        if (strcasecmp(headers[i].name, "content-length") != 0 &&
            strcasecmp(headers[i].name, "transfer-encoding") != 0)
            MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
    req->response = response;
    req->status = status;
    httpd_request_resume(req);
    return 0;
}

int httpd_request_send(struct httpd_request *req, int status, const struct httpd_header *headers,
                       size_t header_count, const void *body, size_t len)
{
    BUG_ON(req->answer != ANSWER_NONE);
    req->answer = ANSWER_WHOLE;
    if (req->gone || !req->httpd)
        return -1;
    return request_answer(req,
                          MHD_create_response_from_buffer(len, (void *)body, MHD_RESPMEM_MUST_COPY),
                          status, headers, header_count);
}

int httpd_request_start(struct httpd_request *req, int status, const struct httpd_header *headers,
                        size_t header_count)
{
    BUG_ON(req->answer != ANSWER_NONE);
    req->answer = ANSWER_STREAM;
    if (req->gone || !req->httpd)
        return -1;
    return request_answer(
        req,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, req, NULL),
        status, headers, header_count);
}

int httpd_request_write(struct httpd_request *req, const void *bytes, size_t len)
{
    BUG_ON(req->answer != ANSWER_STREAM);
    if (req->gone || !req->httpd || req->finished)
        return -1;
    if (buf_add(&req->out, bytes, len) < 0) {
        httpd_request_resume(req);
        request_set_gone(req);
        return -1;
    }
    httpd_request_resume(req);
    return 0;
}

int httpd_request_finish(struct httpd_request *req)
{
    BUG_ON(req->answer != ANSWER_STREAM);
    if (req->gone || !req->httpd || req->finished)
        return -1;
    req->finished = true;
    httpd_request_resume(req);
    return 0;
}

void httpd_request_free(struct httpd_request *req)
{
    static const char text[] = "no answer was given\n";

    if (!req)
        return;
    req->gone_fn = NULL;
    if (req->httpd && !req->gone) {
        if (req->answer == ANSWER_NONE)
            httpd_request_send(req, 500, NULL, 0, text, sizeof text - 1);
        if (req->answer == ANSWER_STREAM && !req->finished) {
            req->cut = true;
            httpd_request_resume(req);
        }
    }
    req->owned = false;
    request_release(req);
}
